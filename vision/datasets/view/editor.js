// The large view, where labels are judged and changed. Coordinates are pixels of the upright photo.
const dialog = one("#editor"), frame = one("#frame");
let place = 0, photo = null, selected = null, drawing = false, zoom = 1, drag = null, brush = 0;
// selected: { label: position in state(photo).boxes } or { prediction: index } or null

const isSelected = other => selected && other.label === selected.label && other.prediction === selected.prediction;

function openEditor(index) {
  show(index);
  if (photo && !dialog.open) dialog.showModal();
  layOut();
}
function show(index) {
  if (index < 0 || index >= visible.length) return;
  [place, photo, drawing, zoom] = [index, visible[index], false, 1];
  loadPicture();
  selectOpen();
}
function loadPicture() {
  const shown = photo, small = thumbnail(photo), folder = data.folders[photo.folder];
  const picture = make("img", { alt: photo.file, draggable: "false" });
  if (small) picture.src = small; else picture.hidden = true;
  frame.replaceChildren(picture, draw("svg"));
  if (folder === null || photo.failure) return;
  const full = new Image(); // the thumbnail stays where the full photo can't be loaded
  full.onload = () => { if (photo === shown) { picture.src = full.src; picture.hidden = false; frame.dataset.full = "yes"; } };
  delete frame.dataset.full;
  full.src = folder + photo.url;
}
function selectOpen() { // what is most suspicious and not yet settled
  const next = photo.suspicions.find(found => found.score >= 0.2 && !isSettled(photo, found));
  selected = null;
  if (next) selectFinding(next); else render();
}
function selectFinding({ label, prediction }) {
  const position = state(photo).boxes.findIndex(box => box.was === label);
  if (prediction !== null && !isAccepted(photo, prediction)) selected = { prediction };
  else if (label !== null && position >= 0) selected = { label: position };
  render();
}

function layOut() {
  if (!dialog.open || !photo) return;
  const stage = one("#stage"), fit = Math.min((stage.clientWidth - 24) / photo.width, (stage.clientHeight - 24) / photo.height);
  frame.style.width = `${photo.width * fit * zoom}px`;
  frame.style.height = `${photo.height * fit * zoom}px`;
  drawBoxes();
}
function render() {
  const now = state(photo);
  one("#place").textContent = `${place + 1} / ${visible.length}`;
  one("#path").textContent = photo.key;
  frame.classList.toggle("dropped", now.dropped);
  layOut();
  showTools(now);
  showFindings();
  showBoxes(now);
  const brightness = photo.brightness === null ? "" : ` · ${say("亮度", "brightness")} ${Math.round(photo.brightness)}`;
  one("#facts").textContent = `${photo.width} × ${photo.height} px · ${photo.split}${brightness}` + (photo.failure ? ` · ${photo.failure}` : "")
    + (stored ? "" : say(" · 浏览器不允许保存，离开前请导出", " · this browser stores nothing: export before you leave"));
}

function drawBoxes() {
  const now = state(photo), svg = one("svg", frame), unit = photo.width / (frame.clientWidth || photo.width);
  svg.setAttribute("class", ["overlay", drawing && "drawing", selected && "editing"].filter(Boolean).join(" "));
  svg.setAttribute("viewBox", `0 0 ${photo.width} ${photo.height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  const items = [
    ...photo.predictions.map(([category, ...box], prediction) => ({ category, box, prediction })).filter(({ prediction }) => !isAccepted(photo, prediction)),
    ...now.boxes.map(({ category, box }, label) => ({ category, box, label })),
  ];
  if (drag && drag.box) items.push({ category: brush, box: drag.box, label: -1 });
  for (const item of items) if (drag && isSelected(item) && drag.moved) item.box = drag.moved;
  items.sort((a, b) => isSelected(a) ? 1 : isSelected(b) ? -1 : area(b.box) - area(a.box)); // small ones stay reachable
  svg.replaceChildren();
  for (const item of items) {
    const { colour } = categories[item.category], mark = isSelected(item) ? " selected" : "";
    const kind = item.prediction === undefined ? "labelled" : "predicted";
    const hit = rectangle(item.box, colour, `hit${mark && kind === "labelled" ? " movable" : ""}`);
    hit.dataset[item.prediction === undefined ? "label" : "prediction"] = item.prediction ?? item.label;
    svg.append(rectangle(item.box, "", `rim${mark}`), rectangle(item.box, colour, kind + mark), hit);
  }
  const active = items.find(item => isSelected(item) && item.prediction === undefined);
  if (!active) return;
  const [x1, y1, x2, y2] = active.box;
  [[x1, y1], [x2, y1], [x1, y2], [x2, y2]].forEach(([cx, cy], corner) => {
    svg.append(draw("circle", { cx, cy, r: 7 * unit, "data-corner": corner, colour: categories[active.category].colour }));
  });
}

function tool(text, key, action, options = {}) {
  const pressed = options.pressed === undefined ? null : String(options.pressed);
  return make("button", { type: "button", onclick: action, disabled: Boolean(options.disabled), "aria-pressed": pressed, title: text, "data-key": key },
    text, make("br"), make("kbd", {}, key));
}
function showTools(now) {
  one("#tools").replaceChildren(
    tool(say("上一张", "Prev."), "k", () => show(place - 1), { disabled: place === 0 }),
    tool(say("下一张", "Next"), "j", () => show(place + 1), { disabled: place === visible.length - 1 }),
    tool(say("已查", "Checked"), "c", toggleChecked, { pressed: now.checked }),
    tool(say("撤销", "Undo"), "u", undoLast, { disabled: !undoable.length }),
    tool(say("放大", "Zoom"), "z", toggleZoom, { pressed: zoom > 1 }),
    tool(say("采纳", "Accept"), "a", acceptSelected, { disabled: selected?.prediction === undefined }),
    tool(say("删除", "Delete"), "d", deleteSelected, { disabled: selected?.label === undefined }),
    tool(say("画框", "Draw"), "n", toggleDrawing, { pressed: drawing }),
    tool(say("移出", "Drop"), "x", toggleDropped, { pressed: now.dropped }),
  );
  const active = selected?.label !== undefined ? now.boxes[selected.label].category : drawing ? brush : null;
  const { annotated } = data.sources[photo.source];
  one("#names").replaceChildren(...categories.map(({ colour }, i) => make("button", {
    type: "button", colour, "aria-pressed": String(active === i), class: annotated[i] ? "" : "unknown",
    title: annotated[i] ? "" : say("此来源不标注这一类", "this source doesn't annotate this category"), onclick: () => setCategory(i),
  }, make("kbd", {}, String(i + 1)), categoryName(i))));
}
function showFindings() {
  const rows = photo.suspicions.map(found => make("button", {
    type: "button", class: isSettled(photo, found) ? "box done" : "box", onclick: () => selectFinding(found),
  }, make("b", { class: found.score >= 0.5 ? "meter high" : "meter" }, String(Math.round(100 * found.score))),
  make("span", {}, say(...KINDS[found.kind])), make("small", {}, describe(found))));
  one("#findings").replaceChildren(...rows.length ? [make("h2", {}, say("可疑之处", "Suspicions")), ...rows] : []);
}
function describe({ label, prediction }) {
  const before = label === null ? null : categoryName(photo.labels[label][0]);
  const after = prediction === null ? null : categoryName(photo.predictions[prediction][0]);
  return before && after && before !== after ? `${before} → ${after}` : after || before || "";
}
function showBoxes(now) {
  const row = (item, category, box, kind, note) => make("button", {
    type: "button", class: `box ${kind}${isSelected(item) ? " selected" : ""}`, colour: categories[category].colour,
    onclick: () => { selected = item; render(); },
  }, make("i"), make("span", {}, categoryName(category)), make("small", {}, `${note}${Math.round(box[2] - box[0])}×${Math.round(box[3] - box[1])}`));
  const note = ({ was, box, category }, original) => was === null ? say("新 ", "new ") : sameBox({ was, box, category }, original[was]) ? "" : say("改 ", "changed ");
  const labels = now.boxes.map((box, label) => row({ label }, box.category, box.box, "labelled", note(box, photo.original.boxes)));
  const predictions = photo.predictions.map(([category, ...rest], prediction) => isAccepted(photo, prediction) ? null
    : row({ prediction }, category, rest, "predicted", `${Math.round(100 * rest[4])}% · `)).filter(Boolean);
  one("#boxes").replaceChildren(make("h2", {}, say(`标注 ${labels.length}`, `Labels ${labels.length}`)), ...labels,
    ...predictions.length ? [make("h2", {}, say(`模型预测 ${predictions.length}`, `Predictions ${predictions.length}`)), ...predictions] : []);
}

function afterChange() { render(); refreshCard(photo); showChanged(); }
function acceptSelected() {
  if (selected?.prediction === undefined) return;
  accept(photo, selected.prediction);
  selectOpen();
  afterChange();
}
function deleteSelected() {
  if (selected?.label === undefined) return;
  const { label } = selected;
  change(photo, next => next.boxes.splice(label, 1));
  selectOpen();
  afterChange();
}
function setCategory(category) {
  brush = category;
  if (selected?.label !== undefined && state(photo).boxes[selected.label].category !== category)
    change(photo, next => { next.boxes[selected.label].category = category; });
  afterChange();
}
function toggleDrawing() { drawing = !drawing; selected = null; render(); }
function toggleDropped() { change(photo, next => { next.dropped = !next.dropped; }); afterChange(); }
function toggleChecked() {
  const checked = !state(photo).checked;
  change(photo, next => { next.checked = checked; });
  afterChange();
  if (checked) show(place + 1);
}
function undoLast() {
  const changed = undo();
  if (!changed) return;
  refreshCard(changed);
  const index = visible.indexOf(changed);
  if (changed !== photo && index >= 0) show(index);
  selected = null;
  afterChange();
}
function toggleZoom() {
  zoom = zoom >= 4 ? 1 : zoom * 2;
  render();
  one("svg .selected", frame)?.scrollIntoView({ block: "center", inline: "center" });
}
function selectNext() {
  const items = [...state(photo).boxes.map((_, label) => ({ label })), ...photo.predictions.map((_, prediction) => ({ prediction })).filter(item => !isAccepted(photo, item.prediction))];
  if (items.length) selected = items[(items.findIndex(item => isSelected(item)) + 1) % items.length];
  render();
}

function pointOf(event) {
  const { left, top, width, height } = frame.getBoundingClientRect();
  const within = (value, most) => Math.min(most, Math.max(0, value));
  return [within((event.clientX - left) / width * photo.width, photo.width), within((event.clientY - top) / height * photo.height, photo.height)];
}
const ordered = ([x1, y1, x2, y2]) => [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];

frame.addEventListener("pointerdown", event => {
  if (!event.isPrimary || event.button) return;
  const { corner, label, prediction } = event.target.dataset, start = pointOf(event);
  if (drawing) drag = { start, box: [...start, ...start] };
  else if (corner !== undefined) drag = { start, corner: Number(corner), from: state(photo).boxes[selected.label].box };
  else if (label !== undefined && isSelected({ label: Number(label) })) drag = { start, from: state(photo).boxes[selected.label].box };
  else {
    selected = label !== undefined ? { label: Number(label) } : prediction !== undefined ? { prediction: Number(prediction) } : null;
    return render();
  }
  frame.setPointerCapture(event.pointerId);
  event.preventDefault();
});
frame.addEventListener("pointermove", event => {
  if (!drag) return;
  const [x, y] = pointOf(event), [startX, startY] = drag.start;
  if (drag.box) drag.box = ordered([startX, startY, x, y]);
  else if (drag.corner !== undefined) {
    const box = [...drag.from];
    box[drag.corner % 2 ? 2 : 0] = x;
    box[drag.corner < 2 ? 1 : 3] = y;
    drag.moved = ordered(box);
  } else {
    const [x1, y1, x2, y2] = drag.from;
    const across = Math.min(photo.width - x2, Math.max(-x1, x - startX)), down = Math.min(photo.height - y2, Math.max(-y1, y - startY));
    drag.moved = [x1 + across, y1 + down, x2 + across, y2 + down];
  }
  drawBoxes();
});
frame.addEventListener("pointerup", () => {
  if (!drag) return;
  const { box, moved } = drag, enough = ([x1, y1, x2, y2]) => x2 - x1 >= 2 && y2 - y1 >= 2;
  drag = null;
  if (box && enough(box)) {
    change(photo, next => next.boxes.push({ category: brush, box, was: null }));
    selected = { label: state(photo).boxes.length - 1 };
    drawing = false;
  } else if (moved && enough(moved)) change(photo, next => { next.boxes[selected.label].box = moved; });
  afterChange();
});
frame.addEventListener("pointercancel", () => { drag = null; drawBoxes(); });

const KEYS = {
  j: () => show(place + 1), ArrowRight: () => show(place + 1), k: () => show(place - 1), ArrowLeft: () => show(place - 1),
  a: acceptSelected, d: deleteSelected, Delete: deleteSelected, u: undoLast, c: toggleChecked, x: toggleDropped, n: toggleDrawing, z: toggleZoom, Tab: selectNext,
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  if (!dialog.open) { if (event.key === "j" && visible.length && !one("#photos").hidden) openEditor(0); return; }
  const number = Number(event.key);
  const action = number >= 1 && number <= categories.length ? () => setCategory(number - 1) : KEYS[event.key];
  if (!action || (event.key === "Tab" && event.shiftKey)) return;
  event.preventDefault();
  action();
});
dialog.addEventListener("close", () => {
  applyFilters();
  const card = photo && one(`#cards > [data-index="${photo.index}"]`);
  if (!card) return;
  card.scrollIntoView({ block: "nearest" });
  if (!card.firstChild) fill(card);
  one(".shot", card).focus({ preventScroll: true });
});
one("#close").addEventListener("click", () => dialog.close());
new ResizeObserver(layOut).observe(one("#stage"));
