"use strict";
// The data, the corrections made so far, and undo. What a person changed is kept in the browser after every change.
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const SVG = "http://www.w3.org/2000/svg";

const remembered = { // file pages may be denied storage
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); return true; } catch { return false; } },
};
let english = remembered.get("cleanlane-language") === "en";
const say = (zh, en) => english ? en : zh;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "colour") node.style.setProperty("--c", value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child !== null));
  return node;
}

function draw(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "colour") node.style.setProperty("--c", value);
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const data = JSON.parse(one("#data").textContent);
const categories = data.categories;
const categoryName = index => say(categories[index].zh, categories[index].en);
const KINDS = {
  missing: ["漏标", "Missing label"], doubtful: ["疑似多标", "Doubtful label"], category: ["类别可疑", "Wrong category"],
  loose: ["框位不准", "Loose box"], outside: ["超出照片", "Outside the photo"], tiny: ["框过小", "Tiny box"],
  duplicate: ["重复标注", "Duplicate label"], unreadable: ["无法读取", "Unreadable"],
};

const photos = data.photos.map((photo, index) => ({
  ...photo, index, key: `${data.sources[photo.source].name}/${photo.file}`,
  suspicions: photo.suspicions.map(([kind, score, label, prediction]) => ({ kind, score, label, prediction })),
  suspicion: Math.max(0, ...photo.suspicions.map(([, score]) => score)),
  original: {
    boxes: photo.labels.map(([category, ...box], was) => ({ category, box, was })), dropped: false, checked: photo.checked,
  },
}));
const photoByKey = new Map(photos.map(photo => [photo.key, photo]));

const storageKey = `cleanlane-corrections-${data.sha256}`;
const edits = new Map(); // key of a photo -> { boxes, dropped, checked }, only where something differs
const undoable = [];
let stored = true;

function restore() {
  try {
    for (const [key, edit] of Object.entries(JSON.parse(remembered.get(storageKey) || "{}")))
      if (photoByKey.has(key)) edits.set(key, edit);
  } catch { /* what isn't ours is left alone */ }
}
function keep() { stored = remembered.set(storageKey, JSON.stringify(Object.fromEntries(edits))); }

const state = photo => edits.get(photo.key) || photo.original;
const sameBox = (a, b) => a.category === b.category && a.was === b.was && a.box.every((side, i) => Math.abs(side - b.box[i]) < 0.05);
const sameBoxes = (a, b) => a.length === b.length && a.every((box, i) => sameBox(box, b[i]));
const isCorrected = photo => edits.has(photo.key) && (state(photo).dropped || !sameBoxes(state(photo).boxes, photo.original.boxes));

function change(photo, mutate) {
  undoable.push({ photo, before: edits.get(photo.key) || null });
  const next = structuredClone(state(photo));
  mutate(next);
  put(photo, next);
}
function put(photo, next) {
  const { original } = photo;
  const same = next === null || (sameBoxes(next.boxes, original.boxes) && !next.dropped && next.checked === original.checked);
  if (same) edits.delete(photo.key); else edits.set(photo.key, next);
  keep();
}
function undo() {
  const last = undoable.pop();
  if (last) put(last.photo, last.before);
  return last ? last.photo : null;
}

const labelOf = (photo, was) => state(photo).boxes.find(box => box.was === was);
const isAccepted = (photo, prediction) => state(photo).boxes.some(box => box.from === prediction);
function isSettled(photo, { label, prediction }) {
  if (state(photo).dropped || state(photo).checked) return true;
  if (prediction !== null && isAccepted(photo, prediction)) return true;
  if (label === null) return false;
  const now = labelOf(photo, label);
  return !now || !sameBox(now, photo.original.boxes[label]);
}

// Accepting a prediction does what it is about: it renames or moves the label it contradicts, or becomes a new one.
function accept(photo, prediction) {
  if (isAccepted(photo, prediction)) return;
  const [category, x1, y1, x2, y2] = photo.predictions[prediction];
  const about = photo.suspicions.find(s => s.prediction === prediction && s.label !== null);
  change(photo, next => {
    const label = about && next.boxes.find(box => box.was === about.label);
    if (!label) { next.boxes.push({ category, box: [x1, y1, x2, y2], was: null, from: prediction }); return; }
    if (about.kind === "category") label.category = category; else label.box = [x1, y1, x2, y2];
    label.from = prediction;
  });
}

function corrections() {
  const changed = photos.filter(photo => edits.has(photo.key));
  const renamed = {};
  for (const { source } of changed) {
    const { name, renamed: mapping } = data.sources[source];
    if (Object.keys(mapping).length) renamed[name] = mapping;
  }
  return {
    format: "cleanlane-corrections", version: 1, data_sha256: data.sha256, categories: renamed,
    photos: changed.map(photo => {
      const { boxes, dropped, checked } = state(photo);
      return {
        source: data.sources[photo.source].name, file: photo.file, labels_sha256: photo.sha256,
        boxes: boxes.map(({ category, box, was }) => ({ category: categories[category].name, box: box.map(side => Math.round(side * 10) / 10), was })),
        dropped, checked,
      };
    }),
  };
}
