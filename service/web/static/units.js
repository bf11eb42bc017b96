// Units and cells: search, the map, dialogs, and the import with its report.
import { request, tell } from "/static/app.js";

const words = JSON.parse(document.querySelector("#words").dataset.words);
const $ = selector => document.querySelector(selector);

// Search: what fits stays, with everything above it.
const items = [...document.querySelectorAll("[data-text]")];
const firstOpen = new Set(document.querySelectorAll("details[open]"));
$("#search").addEventListener("input", event => {
  const wanted = event.target.value.trim().toLowerCase();
  const fits = new Set(items.filter(item => item.dataset.text.toLowerCase().includes(wanted)));
  const shown = new Set(fits);
  for (const item of fits) for (let above = item.parentElement.closest("[data-text]"); above; above = above.parentElement.closest("[data-text]")) shown.add(above);
  for (const item of items) {
    item.hidden = !shown.has(item);
    const inner = item.querySelector(":scope > details");
    if (inner) inner.open = wanted ? shown.has(item) && !fits.has(item) : firstOpen.has(inner);
  }
  // below a fitting one everything stays visible, so that it can be opened
  if (wanted) for (const item of fits) item.querySelectorAll("[data-text]").forEach(below => { below.hidden = false; });
  $("#found").hidden = !wanted;
  $("#found").textContent = `${fits.size} ${words.found}`;
});

// The map and the tree show the same cell.
function choose(id, scroll) {
  document.querySelector(".is-chosen")?.classList.remove("is-chosen");
  const item = document.getElementById(`grid-${id}`);
  const path = document.querySelector(`path[data-grid="${id}"]`);
  item.classList.add("is-chosen");
  if ($("#chosen")) {
    $("#chosen").setAttribute("d", path ? path.getAttribute("d") : "");
    $("#chosen-name").textContent = item.querySelector("summary, .leaf").textContent.replace(/\s+/g, " ").trim();
  }
  if (!scroll) return;
  for (let above = item.parentElement.closest("details"); above; above = above.parentElement.closest("details")) above.open = true;
  const list = item.closest(".tree > ul");
  list.scrollTop += item.getBoundingClientRect().top - list.getBoundingClientRect().top - 60;
}
document.addEventListener("click", event => {
  const cell = event.target.closest("path.cell");
  const line = event.target.closest("[data-grid] > .leaf, [data-grid] > details > summary");
  if (cell) choose(cell.dataset.grid, true);
  else if (line) choose(line.closest("[data-grid]").dataset.grid, false);
  if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
});

// Dialogs of a unit or a site.
function edit(kind, id, values) {
  const dialog = $(`#${kind}`);
  const form = dialog.querySelector("form");
  form.reset();
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value ?? "";
  form.dataset.api = id ? `PATCH /api/v1/${kind}s/${id}` : `POST /api/v1/${kind}s`;
  dialog.querySelector("h2").textContent = words[`${id ? "edit" : "add"}_${kind}`];
  dialog.querySelector("[data-delete]").hidden = !id;
  dialog.querySelector("[data-delete]").onclick = async event => {
    if (!confirm(event.target.dataset.sure)) return;
    try {
      await request("DELETE", `/api/v1/${kind}s/${id}`);
      location.reload();
    } catch (error) { tell(error.message, true); }
  };
  dialog.showModal();
}
for (const kind of ["unit", "site"]) {
  $(`#add-${kind}`).addEventListener("click", () => edit(kind, null, {}));
  document.querySelectorAll(`[data-${kind}]`).forEach(button => button.addEventListener("click", event => {
    event.preventDefault();
    edit(kind, button.dataset[kind], JSON.parse(button.dataset.values));
  }));
  // an empty text is an empty text; only numbers may be missing
  $(`#${kind} form`).addEventListener("submit", event => {
    event.preventDefault();
    event.stopImmediatePropagation();
    save(event.target);
  }, { capture: true });
}
async function save(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name) continue;
    const isNumber = field.type === "number" || field.dataset.type === "number";
    values[field.name] = isNumber ? (field.value === "" ? null : Number(field.value)) : field.value;
  }
  try {
    await request(...form.dataset.api.split(" "), values);
    location.reload();
  } catch (error) { tell(error.message, true); }
}

// The import: first a dry run, then in earnest.
const form = $("#import-form");
$("#open-import").addEventListener("click", () => $("#import").showModal());
form.addEventListener("change", () => { $("#apply").disabled = true; });
form.addEventListener("submit", event => { event.preventDefault(); run(true); });
$("#apply").addEventListener("click", () => run(false));

async function run(isDry) {
  const body = new FormData();
  for (const file of form.elements.files.files) body.append("files", file);
  const query = new URLSearchParams({ dry_run: isDry, datum: form.elements.datum.value });
  const buttons = form.querySelectorAll("button");
  const wasApply = $("#apply").disabled;
  buttons.forEach(button => { button.disabled = true; });
  let report;
  try {
    report = await request("POST", `/api/v1/town/import?${query}`, body);
    show(report);
  } catch (error) { tell(error.message, true); }
  buttons.forEach(button => { button.disabled = false; });
  $("#apply").disabled = report ? !isDry || report.errors > 0 : wasApply;
}

function element(tag, text = "", className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  made.className = className;
  return made;
}

function show(report) {
  const isEnglish = document.documentElement.lang === "en";
  const place = $("#report");
  place.replaceChildren(element("h2", report.applied ? words.done : `${report.errors} ${words.errors} · ${report.warnings} ${words.warnings}`));
  if (!report.errors && !report.applied) place.append(element("p", words.none));
  const counts = element("ul");
  for (const [kind, count] of Object.entries(report.counts)) {
    const parts = ["added", "changed", "unchanged"].map(name => `${words[name]} ${count[name]}`);
    counts.append(element("li", `${words[kind]}: ${parts.join(" · ")}`));
  }
  place.append(counts);
  if (report.links.length) place.append(...linksOf(report.links));
  if (report.applied) {
    const again = element("button", words.reload);
    again.addEventListener("click", () => location.reload());
    place.append(element("p"), again);
  }
  if (!report.problems.length) return;
  const table = element("table");
  for (const problem of report.problems) {
    const row = table.insertRow();
    row.append(element("td", words[problem.severity], `is-${problem.severity}`));
    const where = [problem.file, problem.sheet, problem.row && `${words.row} ${problem.row}`, problem.column];
    row.append(element("td", where.filter(Boolean).join(" · "), "muted"));
    row.append(element("td", isEnglish ? problem.message_en : problem.message));
  }
  const scroll = element("div", "", "scroll");
  scroll.tabIndex = 0;
  scroll.append(table);
  place.append(scroll);
}

function linksOf(links) {
  const cell = value => `"${value.replaceAll('"', '""').replace(/^[=+\-@]/, "'$&")}"`;
  const lines = [[words.name, words.username, words.link], ...links.map(link => [link.name, link.username, link.url])];
  const text = "\ufeff" + lines.map(line => line.map(cell).join(",")).join("\r\n");
  const download = element("a", `${words.download} (${links.length})`, "button primary");
  download.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  download.download = "login-links.csv";
  return [element("p", words.links), download];
}
