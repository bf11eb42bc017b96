const cards = all(".card").map(element => ({ element, ...element.dataset }));
const marks = new Map(cards.map(card => [card.number, []])); // what stands for an event in time lines and maps
for (const mark of all("[data-event]")) marks.get(mark.dataset.event).push(mark);
const picked = { state: "", camera: "", zone: "" }; // "" stands for all
const chosen = new Set();                           // categories; none chosen stands for all
const peek = one("#peek"), view = one("#view"), play = one("#play");
let opener = ".shot"; // what kind of thing opened the dialog, and gets the focus back

function agreeing(...facets) {
  return cards.filter(card => facets.every(facet => !picked[facet] || card[facet] === picked[facet]));
}

function filter() {
  const anyState = agreeing("camera", "zone");
  for (const button of all(".tiles button")) {
    const state = button.dataset.state;
    button.setAttribute("aria-pressed", state === picked.state);
    one("b", button).textContent = anyState.filter(card => !state || card.state === state).length;
  }
  const anyCategory = agreeing("state", "camera", "zone");
  for (const button of all(".filters button")) {
    const category = button.dataset.category;
    const count = anyCategory.filter(card => card.category === category).length;
    if (!count) chosen.delete(category); // a choice that leaves nothing would be a dead end
    button.disabled = !count;
    button.setAttribute("aria-pressed", chosen.has(category));
    one(".count", button).textContent = count;
  }
  const kept = new Set(anyCategory.filter(card => !chosen.size || chosen.has(card.category)));
  for (const card of cards)
    for (const element of [card.element, ...marks.get(card.number)]) element.hidden = !kept.has(card);
  for (const lane of all(".lane")) lane.hidden = picked.camera && lane.dataset.camera !== picked.camera;
  for (const group of all(".roving")) tabTo(reachable(group)[0], group);
  visible = [...kept].map(card => card.element);
  one("#shown").textContent = `${visible.length} / ${cards.length}`;
  one(".empty").hidden = visible.length > 0;
}

// Many buttons in a row are one stop of the Tab key; arrows go from one to the next.
function reachable(group) {
  return all("button", group).filter(button => !button.closest("[hidden]"));
}
function tabTo(button, group) {
  for (const other of all("button", group)) other.tabIndex = other === button ? 0 : -1;
}
function rove(event) {
  const buttons = reachable(event.currentTarget), place = buttons.indexOf(event.target);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step || place < 0) return;
  event.preventDefault();
  buttons[place + step]?.focus();
}

function show(index) {
  if (index < 0 || index >= visible.length) return;
  current = index;
  const card = visible[index];
  view.replaceChildren(...all("img, svg.boxes", one(".shot", card)).map(node => node.cloneNode(true)));
  const facts = one(".facts", card).cloneNode(true);
  one(".more", facts).hidden = false;
  one(".caption").replaceChildren(facts);
  one("#place").textContent = `${index + 1} / ${visible.length}`;
  const camera = document.createElement("bdi");
  camera.textContent = one(".name bdi", card).textContent;
  one("#path").replaceChildren(one(".no", card).cloneNode(true), " ", one(".kind", card).cloneNode(true), " ", camera);
  one("#previous").disabled = index === 0;
  one("#next").disabled = index === visible.length - 1;
  play.hidden = !card.dataset.clip;
  play.setAttribute("aria-pressed", false);
  const picture = new Image(); // the thumbnail stays where the frame can't be loaded
  picture.alt = one("img", card).alt;
  picture.draggable = false;
  picture.onload = () => { if (visible[current] === card) one("img", view)?.replaceWith(picture); };
  picture.src = card.dataset.picture;
}

function open(card, kind) {
  opener = kind;
  peek.hidden = true;
  show(visible.indexOf(card));
  dialog.showModal();
}

function playClip() {
  const { clip, picture } = visible[current].dataset, video = document.createElement("video");
  Object.assign(video, { controls: true, muted: true, playsInline: true, preload: "none", poster: picture, src: clip });
  video.addEventListener("error", () => view.replaceChildren(one("#unplayable").content.cloneNode(true)));
  view.replaceChildren(video);
  play.setAttribute("aria-pressed", true);
  video.play().catch(() => {}); // the error event tells
}

// The event under the pointer or with the focus is marked in time lines, maps and cards.
function point(event) {
  for (const lit of all(".lit")) lit.classList.remove("lit");
  peek.hidden = true;
  const mark = event.target.closest?.("[data-event]"), card = event.target.closest?.(".card");
  const number = mark?.dataset.event ?? card?.dataset.number;
  if (!number || event.type === "pointerout" || event.type === "focusout") return;
  for (const other of marks.get(number)) other.classList.toggle("lit", other !== mark);
  if (!mark) return;
  const target = cards[number - 1].element;
  target.classList.add("lit");
  const precise = event.type === "focusin" ? mark.matches(":focus-visible") : event.pointerType === "mouse";
  if (precise && mark.matches(".stay, .marker")) peekAt(mark, target);
}
function peekAt(mark, card) {
  const facts = document.createElement("div");
  facts.className = "facts";
  facts.append(...[".line", ".when"].map(part => one(part, card).cloneNode(true)));
  const shot = document.createElement("div");
  shot.className = "shot";
  shot.append(...all("img, svg.boxes", card).map(node => node.cloneNode(true)));
  peek.replaceChildren(shot, facts);
  peek.hidden = false;
  const at = mark.getBoundingClientRect();
  const left = Math.min(Math.max(8, at.left), innerWidth - peek.offsetWidth - 8);
  const above = at.top - peek.offsetHeight - 8;
  peek.style.left = `${left}px`;
  peek.style.top = `${above > 0 ? above : at.bottom + 8}px`;
}

function zoom(button) {
  const plan = button.closest(".plan"), sheet = one(".sheet", plan);
  const before = Number(sheet.style.getPropertyValue("--zoom") || 1);
  const after = Math.min(8, Math.max(1, before * button.dataset.zoom)), ratio = after / before;
  const across = sheet.scrollLeft + sheet.clientWidth / 2, down = sheet.scrollTop + sheet.clientHeight / 2;
  sheet.style.height = `${sheet.getBoundingClientRect().height}px`; // only what lies on it grows
  sheet.style.setProperty("--zoom", after);
  sheet.scrollTo(across * ratio - sheet.clientWidth / 2, down * ratio - sheet.clientHeight / 2);
  one("[data-zoom='2']", plan).disabled = after === 8;
  one("[data-zoom='0.5']", plan).disabled = after === 1;
}

function copy(button) {
  getSelection().selectAllChildren(one(".coordinates", button.parentElement));
  const copied = document.execCommand("copy"); // old, but works in every page that was opened as a file
  getSelection().removeAllRanges();
  button.classList.toggle("copied", copied);
  setTimeout(() => button.classList.remove("copied"), 1500);
}

function toggleBoxes() {
  const shown = !document.documentElement.classList.toggle("no-boxes");
  for (const button of all("[data-boxes]"))
    button.setAttribute(button.hasAttribute("aria-checked") ? "aria-checked" : "aria-pressed", shown);
}

function nameOptions() { // an option can't hold two languages
  for (const option of all("option[value='']")) option.textContent = option.dataset[document.documentElement.lang.slice(0, 2)];
}

document.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (button?.matches("[data-copy]")) copy(button);
  if (button?.matches("[data-boxes]")) toggleBoxes();
  if (button?.matches("[data-zoom]")) zoom(button);
});
one("#language").addEventListener("click", nameOptions);
nameOptions();
play.addEventListener("click", () => { if (one("video", view)) show(current); else playClip(); });
dialog.addEventListener("close", () => {
  view.replaceChildren(); // a clip stops
  const card = visible[current], mark = marks.get(card.dataset.number).find(mark => mark.matches(opener));
  const target = mark ?? one(".shot", card);
  target.focus();
  target.scrollIntoView({ block: "nearest", inline: "nearest" });
});

if (cards.length) {
  one(".tiles").addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    picked.state = button.dataset.state === picked.state ? "" : button.dataset.state;
    filter();
  });
  for (const select of all("select")) select.addEventListener("change", () => {
    picked[select.id] = select.value;
    filter();
  });
  one(".filters").addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    if (!chosen.delete(button.dataset.category)) chosen.add(button.dataset.category);
    filter();
    button.scrollIntoView({ inline: "center", block: "nearest" });
  });
  one("#reset").addEventListener("click", () => {
    for (const facet of Object.keys(picked)) picked[facet] = "";
    for (const select of all("select")) select.value = "";
    chosen.clear();
    filter();
  });
  one("main").addEventListener("click", event => {
    const mark = event.target.closest("[data-event]"), card = event.target.closest(".card");
    const selecting = !getSelection().isCollapsed; // someone copies an address
    if (!(mark || card) || selecting || event.target.closest("a, .copy")) return;
    if (mark) open(cards[mark.dataset.event - 1].element, mark.matches(".stay") ? ".stay" : ".marker");
    else open(card, ".shot");
  });
  for (const type of ["pointerover", "pointerout", "focusin", "focusout"]) one("main").addEventListener(type, point);
  for (const group of all(".roving")) {
    group.addEventListener("keydown", rove);
    group.addEventListener("focusin", event => tabTo(event.target, group));
  }
  addEventListener("scroll", () => { peek.hidden = true; }, { capture: true, passive: true });
  filter();
}
