// The review: one issue at a time or many at once, by keyboard, mouse or touch. A verdict is sent after five seconds.
import { request, tell } from "/static/app.js";
import { Boxes } from "/static/review-boxes.js";
import { Queue, bulk, single } from "/static/review-queue.js";
import { one, preload, say, showCards, showFacts, showMerge, showPicture, showStrip, words } from "/static/review-view.js";

const queue = new Queue(words.filter), boxes = new Boxes(one("#frame"), words);
const CATEGORIES = words.order;
let shown = null, photo = 0, zoom = 1, isMany = false, isBulkReject = false;

const evidence = () => shown?.evidence[photo];
function layOut() {
  const seen = evidence(), stage = one("#stage"), frame = one("#frame");
  if (!seen || !stage.clientWidth) return;
  const fit = Math.min(stage.clientWidth / seen.width, stage.clientHeight / seen.height) * zoom;
  [frame.style.width, frame.style.height] = [`${seen.width * fit}px`, `${seen.height * fit}px`];
  boxes.render();
}
function showPhoto(index = 0) {
  [photo, zoom] = [index, 1];
  showPicture(shown, evidence(), boxes.svg);
  if (evidence()) boxes.show(evidence());
  layOut();
}
function render() {
  const { current, left, chosen, undoable } = queue;
  one("#left").textContent = left;
  one("#empty").hidden = Boolean(current);
  one("#single").hidden = isMany || !current;
  one("#many").hidden = !isMany || !current;
  one("#bulk").hidden = !current || (!isMany && !chosen.size);
  one("#chosen").textContent = chosen.size;
  one("#bulk-confirm").disabled = one("#bulk-reject").disabled = !chosen.size;
  one("#undo").hidden = !undoable;
  if (undoable) one("#undo-text").textContent = undoable.text;
  if (current && !isMany) {
    if (current !== shown) {
      shown = current;
      one("#note").value = "";
      one("#stage").dataset.issue = current.id;
      showFacts(current);
      showPhoto();
      preload(queue.items, queue.index);
    }
    one("#select-button").ariaPressed = String(chosen.has(current.id));
    one("#previous").disabled = queue.index === 0;
    one("#next").disabled = queue.index >= queue.items.length - 1;
    showStrip(queue);
  }
  if (isMany) showCards(queue);
}
queue.addEventListener("change", render);
queue.addEventListener("failed", event => tell(event.detail, true));

const number = issues => issues.length === 1 ? `#${issues[0].id}` : say(`${issues.length} 件`, `${issues.length} issues`);
const chosenIssues = () => queue.items.filter(issue => queue.chosen.has(issue.id));
function confirmShown() {
  if (!shown || isMany) return;
  const severity = Number(one("#severity").value), note = one("#note").value;
  queue.decide([queue.current], say(`已确认 #${shown.id}`, `Confirmed #${shown.id}`), single("confirm", { severity, note }));
}
function confirmChosen() {
  const issues = chosenIssues();
  if (issues.length) queue.decide(issues, say(`已确认 ${number(issues)}`, `Confirmed ${number(issues)}`), bulk({ action: "confirm" }));
}
function askReason(isBulk) {
  isBulkReject = isBulk;
  if (isBulk ? !queue.chosen.size : !queue.current) return;
  one("#why").value = "";
  one("#reject-dialog").showModal();
}
function reject({ dataset: { choice, text } }) {
  const issues = isBulkReject ? chosenIssues() : [queue.current], why = one("#why").value;
  const post = isBulkReject ? bulk({ action: "reject", reason: choice, why }) : single("reject", { reason: choice, why });
  queue.decide(issues, say(`已驳回 ${number(issues)}：${text}`, `Rejected ${number(issues)}: ${text}`), post);
}
function mergeInto(into) {
  queue.decide([queue.current], say(`#${shown.id} 并入 #${into}`, `#${shown.id} merged into #${into}`), single("merge", { into }));
}
/** Sends a change of the issue itself; verdicts on it wait for the answer. */
function save(issue, method, path, body, apply) {
  issue.saving = (issue.saving ?? Promise.resolve()).then(() => request(method, `/api/v1/issues/${issue.id}/${path}`, body))
    .then(answer => { apply(answer); if (issue === queue.current) { showFacts(issue); if (!boxes.isEditing) showPhoto(photo); } })
    .catch(error => tell(`#${issue.id} ${error.message}`, true));
}
function changeCategory({ dataset: { choice } }) {
  const issue = queue.current;
  if (choice === (issue.named ?? issue.category)) return;
  issue.named = choice; // the answer may take longer than the next key
  one("#category").textContent = words.names[choice];
  save(issue, "PATCH", "category", { category: choice }, answer => {
    const before = issue.category, { category, code, code_name, standard } = answer;
    Object.assign(issue, { category, code, code_name, standard });
    for (const seen of issue.evidence) for (const box of seen.boxes) if (box.category === before) Object.assign(box, { category, score: 1 });
  });
}

function edit() {
  if (!evidence() || isMany) return;
  if (boxes.isEditing) return stopEditing();
  one("#frame").classList.remove("plain");
  boxes.edit(CATEGORIES.includes(shown.category) ? shown.category : CATEGORIES[0]);
}
function stopEditing() { boxes.show(evidence()); }
function saveBoxes() {
  const issue = shown, seen = evidence(), { drawn } = boxes;
  seen.boxes = drawn.map(box => ({ ...box, score: 1 }));
  stopEditing();
  save(issue, "PUT", `evidence/${seen.id}/boxes`, { boxes: drawn }, answer => { seen.boxes = answer.boxes; tell(say("框已保存", "Boxes saved")); });
}
boxes.addEventListener("change", () => {
  one("#edit-tools").hidden = !boxes.isEditing;
  one("#edit-button").ariaPressed = String(boxes.isEditing);
  one("#confirm-button").disabled = one("#reject-button").disabled = boxes.isEditing; // what was drawn would be lost
  one("#box-new").ariaPressed = String(boxes.isDrawing);
  one("#box-delete").disabled = boxes.selected < 0;
  if (boxes.isEditing) one("#box-category").value = boxes.category;
});

function zoomTo(value) {
  zoom = Math.min(8, Math.max(1, value));
  layOut();
  const stage = one("#stage");
  stage.scrollTo((stage.scrollWidth - stage.clientWidth) / 2, (stage.scrollHeight - stage.clientHeight) / 2);
}
function toggleBoxes() {
  const isPlain = one("#frame").classList.toggle("plain");
  one("#boxes-button").ariaPressed = String(!isPlain);
}
function switchView(toMany) {
  isMany = toMany;
  shown = null;
  one("#single-view").ariaPressed = String(!toMany);
  one("#grid-view").ariaPressed = String(toMany);
  render();
}
function toggleChosen() {
  const { current, chosen } = queue;
  if (!current) return;
  queue.choose([current.id], !chosen.has(current.id));
  queue.go(queue.index + 1);
}
const chooseAll = isChosen => queue.choose(queue.items.map(({ id }) => id), isChosen);
function openMerge() {
  if (!queue.current?.duplicates.length) return tell(say("附近没有可并入的案件", "No issue nearby to merge into"));
  showMerge(queue.current);
  one("#merge-dialog").showModal();
}
const failed = error => tell(error.message, true);

const BUTTONS = {
  "#confirm-button": confirmShown, "#reject-button": () => askReason(false), "#category-button": () => one("#category-dialog").showModal(), "#merge-button": openMerge,
  "#select-button": toggleChosen, "#previous": () => queue.go(queue.index - 1), "#next": () => queue.go(queue.index + 1), "#boxes-button": toggleBoxes,
  "#edit-button": edit, "#box-new": event => boxes.add(event.detail === 0), "#box-delete": () => boxes.remove(), "#box-cancel": stopEditing, "#box-save": saveBoxes,
  "#zoom-in": () => zoomTo(zoom * 1.5), "#zoom-out": () => zoomTo(zoom / 1.5), "#single-view": () => switchView(false), "#grid-view": () => switchView(true),
  "#all-button": () => chooseAll(true), "#none-button": () => chooseAll(false), "#bulk-confirm": confirmChosen, "#bulk-reject": () => askReason(true),
  "#undo-button": () => queue.undo(), "#help-button": () => one("#help-dialog").showModal(), "#more": () => queue.more().catch(failed), "#reload": () => queue.start().catch(failed),
};
for (const [selector, action] of Object.entries(BUTTONS)) one(selector).addEventListener("click", event => {
  if (event.detail) event.currentTarget.blur(); // after a click, Enter shall mean "confirm" again
  action(event);
});
one("#box-category").addEventListener("change", event => { boxes.setCategory(event.target.value); event.target.blur(); });
one("#photos").addEventListener("click", event => { if (event.target.value) showPhoto(Number(event.target.value)); });
one("#strip").addEventListener("click", event => {
  const id = Number(event.target.closest("button")?.value);
  if (id) queue.go(queue.items.findIndex(issue => issue.id === id));
});
one("#cards").addEventListener("change", event => queue.choose([Number(event.target.value)], event.target.checked));
one("#cards").addEventListener("click", event => {
  const opened = event.target.closest(".open");
  if (!opened) return;
  queue.go(queue.items.findIndex(issue => issue.id === Number(opened.value)));
  switchView(false);
});
one("#filter").addEventListener("submit", event => { for (const field of event.target.elements) field.disabled = field.value === "" && Boolean(field.name); });
one("#stage").addEventListener("dblclick", () => { if (!boxes.isEditing) zoomTo(zoom > 1 ? 1 : 2.5); });
addEventListener("resize", layOut);

const PICKS = { "reject-dialog": reject, "category-dialog": changeCategory, "merge-dialog": ({ value }) => mergeInto(Number(value)) };
function pick(dialog, button) {
  dialog.close();
  document.activeElement.blur(); // else the hidden button has the focus until the next frame, and takes the next key
  PICKS[dialog.id](button);
}
for (const dialog of document.querySelectorAll("dialog")) dialog.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button?.classList.contains("close")) dialog.close();
  else if (button && PICKS[dialog.id]) pick(dialog, button);
});

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KEYS = {
  Enter: () => isMany ? confirmChosen() : confirmShown(), j: confirmShown, r: () => askReason(isMany), c: () => { if (queue.current && !isMany) one("#category-dialog").showModal(); },
  e: edit, m: () => { if (!isMany) openMerge(); }, b: toggleBoxes, " ": () => { if (!isMany) toggleChosen(); }, a: () => chooseAll(true), g: () => switchView(!isMany), z: () => queue.undo(),
  ArrowLeft: () => queue.go(queue.index - 1), ArrowRight: () => queue.go(queue.index + 1), "?": () => one("#help-dialog").showModal(),
  ArrowUp: () => { if (photo > 0) showPhoto(photo - 1); }, ArrowDown: () => { if (photo < (shown?.evidence.length ?? 0) - 1) showPhoto(photo + 1); },
  "+": () => zoomTo(zoom * 1.5), "=": () => zoomTo(zoom * 1.5), "-": () => zoomTo(zoom / 1.5), 0: () => zoomTo(1), Escape: () => { if (isMany) switchView(false); },
};
const EDITING = {
  Enter: saveBoxes, Escape: stopEditing, e: stopEditing, n: () => boxes.add(true), Delete: () => boxes.remove(), Backspace: () => boxes.remove(), b: toggleBoxes, Tab: () => boxes.selectNext(),
};
function actionOf(event, dialog) {
  const { key } = event, lower = key.length === 1 ? key.toLowerCase() : key;
  if (dialog) {
    const button = dialog.querySelectorAll(".choices button, .target")[Number(key) - 1];
    return button && PICKS[dialog.id] ? () => pick(dialog, button) : null;
  }
  if (!boxes.isEditing) return Object.hasOwn(KEYS, lower) ? KEYS[lower] : null;
  if (ARROWS[key]) return () => boxes.nudge(...ARROWS[key], event.shiftKey);
  if (CATEGORIES[Number(key) - 1]) return () => boxes.setCategory(CATEGORIES[Number(key) - 1]);
  return lower === "Tab" && event.shiftKey ? null : EDITING[lower];
}
document.addEventListener("keydown", event => {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const dialog = document.querySelector("dialog[open]"), isTyping = target.matches("textarea, select, input:not([type=checkbox])");
  if (isTyping) { if (key === "Escape" && !dialog) target.blur(); return; }
  if ((key === "Enter" || key === " ") && target.closest("button, a, summary, input")) return; // it acts by itself
  const action = actionOf(event, dialog);
  if (!action) return;
  event.preventDefault();
  action();
});

queue.start().catch(failed);
