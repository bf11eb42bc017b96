// Filters, and the cards: each is filled when it comes near the screen and emptied when it leaves it.
const NEAR = "900px";
const chunks = all("script.thumbnails"), decoded = new Map();
const perChunk = chunks.length ? JSON.parse(chunks[0].textContent).length : 1;

function thumbnail(photo) {
  const chunk = Math.floor(photo.index / perChunk);
  if (!decoded.has(chunk)) {
    decoded.set(chunk, JSON.parse(chunks[chunk].textContent));
    if (decoded.size > 12) decoded.delete(decoded.keys().next().value); // memory stays small, however long the page is
  }
  const text = decoded.get(chunk)[photo.index % perChunk];
  return text && `data:image/webp;base64,${text}`;
}

const filters = { source: "", split: "", size: "", suspicion: "", kind: "", progress: "", text: "", sort: "suspicion" };
const defaults = { ...filters };
const chosen = new Set(); // categories; none chosen stands for all
let visible = photos;

const hasModel = data.model !== null;
const COCO = [["小", "small"], ["中", "medium"], ["大", "large"]];
function choices() {
  const { coco, relative } = data.bins, sides = coco.map(Math.sqrt), percent = relative.map(side => `${100 * side}%`);
  const ranges = (limits, unit) => [`< ${limits[0]}${unit}`, `${limits[0]}–${limits[1]}${unit}`, `≥ ${limits[1]}${unit}`];
  const absolute = ranges(sides.map(side => `${side}²`), ""), part = ranges(percent, "");
  return {
    source: [say("来源", "Source"), [["", say("全部", "All")], ...data.sources.map((source, i) => [String(i), source.name])]],
    split: [say("划分", "Split"), [["", say("全部", "All")], ...[...new Set(photos.map(photo => photo.split))].map(split => [split, split])]],
    size: [say("框的大小", "Box size"), [["", say("全部", "All")],
      ...COCO.map(([zh, en], i) => [`coco${i}`, `${say(zh, en)} ${absolute[i]}`]),
      ...COCO.map(([zh, en], i) => [`relative${i}`, say(`相对${zh} `, `relatively ${en} `) + part[i]])]],
    suspicion: [say("可疑度", "Suspicion"), [["", say("全部", "All")], ...[0.3, 0.5, 0.7].map(least => [String(least), `≥ ${100 * least}`])]],
    kind: [say("可疑类型", "Kind"), [["", say("全部", "All")], ...Object.entries(KINDS)
      .filter(([kind]) => photos.some(photo => photo.suspicions.some(found => found.kind === kind)))
      .map(([kind, names]) => [kind, say(...names)])]],
    progress: [say("进度", "Progress"), [["", say("全部", "All")], ["open", say("未查", "unchecked")], ["checked", say("已查", "checked")],
      ["corrected", say("已改", "corrected")], ["dropped", say("已移出", "dropped")]]],
    sort: [say("排序", "Order"), [["suspicion", say("可疑在前", "suspicious first")], ["name", say("文件名", "file name")],
      ["dark", say("暗的在前", "dark first")], ["bright", say("亮的在前", "bright first")],
      ["many", say("框多在前", "most boxes first")], ["few", say("框少在前", "fewest boxes first")]]],
  };
}

function counted(photo, { category, box }) {
  if (chosen.size && !chosen.has(category)) return false;
  if (!filters.size) return true;
  const number = Number(filters.size.slice(-1));
  return filters.size.startsWith("coco") ? sizeClass(area(box), data.bins.coco) === number
    : sizeClass(relativeSide(photo, box), data.bins.relative) === number;
}
function suspected(photo, { kind, score, label, prediction }) {
  if (filters.kind && kind !== filters.kind) return false;
  if (score < Number(filters.suspicion)) return false;
  if (!chosen.size) return true;
  return (label !== null && chosen.has(photo.labels[label][0])) || (prediction !== null && chosen.has(photo.predictions[prediction][0]));
}
function matches(photo) {
  const now = state(photo), { progress } = filters;
  if (filters.source && photo.source !== Number(filters.source)) return false;
  if (filters.split && photo.split !== filters.split) return false;
  if (filters.text && !photo.key.toLowerCase().includes(filters.text.toLowerCase())) return false;
  if (progress === "open" && (now.checked || now.dropped)) return false;
  if (progress === "checked" && !now.checked) return false;
  if (progress === "corrected" && !isCorrected(photo)) return false;
  if (progress === "dropped" && !now.dropped) return false;
  const doubts = photo.suspicions.some(found => suspected(photo, found));
  if ((filters.kind || filters.suspicion) && !doubts) return false;
  if (!chosen.size && !filters.size) return true;
  return now.boxes.some(box => counted(photo, box)) || (chosen.size > 0 && !filters.size && doubts);
}
const ORDERS = {
  suspicion: photo => [-Math.max(0, ...photo.suspicions.filter(found => suspected(photo, found)).map(found => found.score))],
  name: photo => [photo.key], dark: photo => [photo.brightness ?? 999], bright: photo => [-(photo.brightness ?? -1)],
  many: photo => [-state(photo).boxes.length], few: photo => [state(photo).boxes.length],
};

function rectangle(box, colour, kind) {
  const [x1, y1, x2, y2] = box;
  return draw("rect", { class: kind, x: x1, y: y1, width: x2 - x1, height: y2 - y1, colour });
}
function overlay(photo) {
  const svg = draw("svg", { class: "overlay", viewBox: `0 0 ${photo.width} ${photo.height}`, "aria-hidden": "true" });
  const about = new Set(photo.suspicions.map(found => found.prediction));
  const predicted = photo.predictions.map(([category, ...box], i) => ({ category, box, i })).filter(({ i }) => about.has(i) && !isAccepted(photo, i));
  for (const { box } of [...state(photo).boxes, ...predicted]) svg.append(rectangle(box, "", "rim"));
  for (const { category, box } of state(photo).boxes) svg.append(rectangle(box, categories[category].colour, "labelled"));
  for (const { category, box } of predicted) svg.append(rectangle(box, categories[category].colour, "predicted"));
  return svg;
}

const watcher = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting && !target.firstChild) fill(target);
    else if (!isIntersecting) target.replaceChildren();
  }
}, { rootMargin: NEAR });

function fill(card) {
  const photo = photos[card.dataset.index], now = state(photo), source = thumbnail(photo);
  card.className = ["card", now.checked && "checked", isCorrected(photo) && "changed", now.dropped && "dropped"].filter(Boolean).join(" ");
  const percent = Math.round(100 * photo.suspicion), name = photo.file.split("/").pop();
  const marks = [now.dropped && say("已移出", "dropped"), isCorrected(photo) && !now.dropped && say("已改", "corrected"), now.checked && say("已查", "checked")].filter(Boolean);
  const worst = photo.suspicions[0] && photo.suspicion >= 0.3 ? say(...KINDS[photo.suspicions[0].kind]) : "";
  card.replaceChildren(
    make("button", { type: "button", class: "shot", title: photo.key, onclick: () => openEditor(visible.indexOf(photo)) },
      source ? make("img", { src: source, alt: name, decoding: "async", draggable: "false" }) : make("span", { class: "none" }, photo.failure || name),
      overlay(photo),
      percent ? make("span", { class: percent >= 50 ? "score high" : "score" }, `${worst} ${percent}`) : null),
    make("div", { class: "facts" }, make("div", {}, [...marks, name].join(" · ")),
      make("div", { class: "muted" }, `${data.sources[photo.source].name} · ${photo.split} · ${say(`${now.boxes.length} 框`, `${now.boxes.length} boxes`)}`)));
}

function showCards() {
  watcher.disconnect();
  const cards = visible.map(photo => make("li", { class: "card", "data-index": photo.index }));
  one("#cards").replaceChildren(...cards);
  for (const card of cards) watcher.observe(card);
  one("#empty").hidden = visible.length > 0;
}
function refreshCard(photo) {
  const card = one(`#cards > [data-index="${photo.index}"]`);
  if (card && card.firstChild) fill(card);
}

function applyFilters() {
  const key = ORDERS[filters.sort];
  const keyed = photos.filter(matches).map(photo => [key(photo)[0], photo]);
  keyed.sort(([a, first], [b, second]) => a < b ? -1 : a > b ? 1 : first.index - second.index);
  visible = keyed.map(([, photo]) => photo);
  const set = Object.keys(filters).some(name => filters[name] !== defaults[name]) || chosen.size;
  one("#reset").disabled = !set;
  showFilters();
  showPanel();
}

function showFilters() {
  const numbers = categories.map(() => 0);
  for (const photo of photos) for (const { category } of state(photo).boxes) numbers[category]++;
  one("#categories").replaceChildren(...categories.map(({ colour }, i) => make("button", {
    type: "button", colour, "aria-pressed": String(chosen.has(i)), onclick: () => { if (!chosen.delete(i)) chosen.add(i); applyFilters(); },
  }, make("i"), categoryName(i), make("small", {}, String(numbers[i])))));
  const selects = Object.entries(choices()).map(([name, [title, options]]) => {
    const select = make("select", { name, class: filters[name] !== defaults[name] ? "set" : "", onchange: event => { filters[name] = event.target.value; applyFilters(); } },
      ...options.map(([value, text]) => make("option", { value }, text)));
    select.value = filters[name];
    return make("label", {}, title, select);
  });
  const held = one("#search");
  const search = held || make("input", { id: "search", type: "search", oninput: event => { filters.text = event.target.value; applyFilters(); } });
  if (!held) one("#selects").append(make("label", {}, make("span"), search));
  one("span", search.parentNode).textContent = say("文件名", "File name");
  for (const old of all("#selects > label")) if (old !== search.parentNode) old.remove();
  one("#selects").prepend(...selects);
  const boxes = visible.reduce((sum, photo) => sum + state(photo).boxes.filter(box => counted(photo, box)).length, 0);
  one("#shown").textContent = say(`${visible.length} / ${photos.length} 张照片，${boxes} 个框`, `${visible.length} of ${photos.length} photos, ${boxes} boxes`);
}
