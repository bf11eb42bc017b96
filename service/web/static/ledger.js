// The import dialog: the file is checked first, then imported.
import { request, tell } from "/static/app.js";

const dialog = document.querySelector("#import");
const form = document.querySelector("#import-form");
const result = document.querySelector("#import-result");
const apply = document.querySelector("#import-apply");
const check = document.querySelector("#import-check");

document.querySelector("#import-open").addEventListener("click", () => dialog.showModal());
document.querySelector("#import-close").addEventListener("click", () => dialog.close());
form.file.addEventListener("change", () => { result.replaceChildren(); apply.hidden = true; });
form.addEventListener("submit", event => { event.preventDefault(); send(true); });
apply.addEventListener("click", () => send(false));

async function send(isTrial) {
  check.disabled = apply.disabled = true;
  try {
    const answer = await request("POST", `/api/v1/ledger/import?dry_run=${isTrial ? 1 : 0}`, new FormData(form));
    show(answer);
    if (answer.is_applied) {
      tell(result.dataset.done);
      setTimeout(() => location.reload(), 800);
    }
  } catch (error) {
    result.replaceChildren(element("p", error.message, "error"));
    apply.hidden = true;
  }
  check.disabled = apply.disabled = false;
}

function show({ changed, added, unchanged, problems, is_applied: isApplied }) {
  const words = result.dataset;
  const counts = `${words.changed} ${changed.length} · ${words.added} ${added} · ${words.unchanged} ${unchanged}`;
  result.replaceChildren(element("p", counts));
  if (problems.length) {
    result.append(element("p", `${problems.length} ${words.problems}`, "error"));
    const list = document.createElement("ul");
    list.append(...problems.map(problem => element("li", problem.message)));
    result.append(list);
  } else if (!changed.length && !added) result.append(element("p", words.nothing));
  apply.hidden = isApplied || problems.length > 0 || !(changed.length || added);
}

function element(name, text, kind = "") {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = kind;
  return made;
}
