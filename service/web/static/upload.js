// Sends photos one by one with a bar for each, and shows what becomes of them as the service tells it.
import { request, tell } from "/static/app.js";

const isEnglish = document.documentElement.lang === "en";
const t = (zh, en) => isEnglish ? en : zh;
const $ = selector => document.querySelector(selector);
const token = $('meta[name="csrf-token"]').content;
const STATES = {
  waiting: t("等待上传", "Waiting"), sending: t("上传中", "Sending"), queued: t("排队中", "Queued"),
  working: t("识别中", "Being looked at"), done: t("已完成", "Done"), parked: t("无法识别", "Can't be read"),
  duplicate: t("此前已上传", "Was here already"), refused: t("未接收", "Refused"), lost: t("连接中断", "Connection lost"),
};
const AT_ONCE = 2;
const TRIES = 5;
const sentAs = new Map(); // id of the photo → its entries
const known = new Map(); // id of the photo → what the service told last
const waiting = [];
let running = 0;
let position = null;
let place = null;

// --- Photos

function choose(files) {
  for (const file of files) {
    const item = $("#item").content.cloneNode(true).firstElementChild;
    const key = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, "0")).join("");
    const entry = { file, item, key, said: circumstances(), tries: 0 };
    item.querySelector(".name").textContent = file.name;
    showFile(entry);
    item.querySelector(".retry").addEventListener("click", () => { entry.tries = 0; enqueue(entry); });
    $("#queue").prepend(item);
    if (file.size > Number($("#drop").dataset.maxBytes)) {
      set(entry, "refused", t("文件过大", "The file is too large"));
    } else enqueue(entry);
  }
  $("#nothing").hidden = true;
}

function circumstances() {
  const said = { note: $("#note").value.trim() };
  if (place) said[`${place.kind}_id`] = place.id;
  if (position) Object.assign(said, position, { datum: "WGS-84" });
  return said;
}

function showFile(entry) {
  const image = entry.item.querySelector("img");
  const url = URL.createObjectURL(entry.file);
  image.addEventListener("error", () => { image.hidden = true; });
  image.addEventListener("load", () => { image.hidden = false; URL.revokeObjectURL(url); }, { once: true });
  image.src = url;
}

function enqueue(entry) {
  set(entry, "waiting");
  waiting.push(entry);
  next();
}

async function next() {
  if (running >= AT_ONCE || !waiting.length) return;
  running += 1;
  await send(waiting.shift());
  running -= 1;
  next();
}

// The key stays the same over all tries: a photo whose answer was lost isn't taken twice.
async function send(entry) {
  while (entry.tries < TRIES) {
    entry.tries += 1;
    set(entry, "sending");
    const { status, answer, after } = await post(entry);
    if (status === 429 || status === 0 || status >= 500) {
      set(entry, "lost", status === 429 ? answer.message : t("正在重试…", "Trying again…"));
      if (entry.tries < TRIES) await new Promise(resolve => setTimeout(resolve, 1000 * (after || 2 ** entry.tries)));
      continue;
    }
    settle(entry, answer);
    return;
  }
  set(entry, "lost", t("请检查网络后重试", "Check the connection, and try again"));
  entry.item.querySelector(".retry").hidden = false;
}

function post(entry) {
  const form = new FormData();
  for (const [name, value] of Object.entries(entry.said)) form.append(name, value);
  form.append("files", entry.file, entry.file.name);
  return new Promise(resolve => {
    const sending = new XMLHttpRequest(); // fetch tells nothing of what was sent so far
    sending.open("POST", "/api/v1/photos");
    sending.responseType = "json";
    sending.setRequestHeader("X-CSRF-Token", token);
    sending.setRequestHeader("Idempotency-Key", entry.key);
    sending.upload.onprogress = event => {
      if (event.lengthComputable) entry.item.querySelector("progress").value = event.loaded / event.total;
    };
    sending.onload = () => resolve({
      status: sending.status, answer: sending.response || {}, after: Number(sending.getResponseHeader("Retry-After")),
    });
    sending.onerror = sending.ontimeout = sending.onabort = () => resolve({ status: 0, answer: {} });
    sending.timeout = 300000;
    sending.send(form);
  });
}

function settle(entry, answer) {
  const file = answer.files?.[0];
  if (!file?.id) {
    set(entry, "refused", file?.message || answer.message || "");
    return;
  }
  entry.isDuplicate = file.duplicate;
  if (!sentAs.has(file.id)) sentAs.set(file.id, []);
  sentAs.get(file.id).push(entry);
  if (known.has(file.id)) show(known.get(file.id));
  else set(entry, file.duplicate ? "duplicate" : file.state);
}

function set(entry, state, problem = "", found = "") {
  const badge = entry.item.querySelector(".badge");
  badge.className = `badge ${state}`;
  badge.textContent = STATES[state];
  entry.item.querySelector(".error").textContent = problem;
  entry.item.querySelector(".found").textContent = found;
  entry.item.querySelector("progress").hidden = !["waiting", "sending", "lost"].includes(state);
  entry.item.querySelector(".retry").hidden = true;
}

// --- What becomes of them

function show(photo) {
  known.set(photo.id, photo);
  for (const entry of sentAs.get(photo.id) || []) {
    const found = photo.found.map(thing => `${t(thing.zh, thing.en)} ×${thing.count}`).join(t("、", ", "));
    const told = photo.state !== "done" ? "" : found || t("未发现问题", "Nothing found");
    set(entry, photo.state, photo.state === "parked" ? photo.error || photo.error_code : "",
      entry.isDuplicate ? [STATES.duplicate, told].filter(Boolean).join(" · ") : told);
    if (photo.state === "done") {
      const image = entry.item.querySelector("img");
      image.src = `/api/v1/photos/${photo.id}/picture?side=400&boxes=1`;
    }
  }
}

const progress = new EventSource("/api/v1/photos/progress");
progress.addEventListener("progress", event => {
  const { counts, photos } = JSON.parse(event.data);
  photos.forEach(show);
  $("#counts").textContent = t("今日：", "Today: ") + ["queued", "working", "done", "parked"]
    .filter(state => counts[state]).map(state => `${STATES[state]} ${counts[state]}`).join(" · ");
  if (!Object.values(counts).some(Boolean)) $("#counts").textContent = "";
});
addEventListener("pagehide", () => progress.close());

// --- Choosing

for (const id of ["#camera", "#gallery"]) {
  $(id).addEventListener("change", event => { choose([...event.target.files]); event.target.value = ""; });
}
const drop = $("#drop");
for (const kind of ["dragenter", "dragover"]) {
  drop.addEventListener(kind, event => { event.preventDefault(); drop.classList.add("over"); });
}
drop.addEventListener("dragleave", event => { if (!drop.contains(event.relatedTarget)) drop.classList.remove("over"); });
drop.addEventListener("drop", event => {
  event.preventDefault();
  drop.classList.remove("over");
  choose([...event.dataTransfer.files]);
});

$("#locate").addEventListener("click", () => {
  const said = $("#position");
  said.textContent = t("正在定位…", "Locating…");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      position = { latitude: coords.latitude, longitude: coords.longitude };
      said.textContent = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)} ± ${Math.round(coords.accuracy)} m`;
    },
    () => { position = null; said.textContent = t("无法获取位置，请允许定位或选择点位", "No position; allow it, or choose a site"); },
    { enableHighAccuracy: true, timeout: 15000 },
  );
});

// --- Sites and grid cells

const box = $("#place");
const list = $("#places");
let asked = 0;
let timer;

box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => find(1), 200); });
box.addEventListener("focus", () => find(1));
box.addEventListener("blur", () => setTimeout(close, 200));
box.addEventListener("keydown", event => {
  const options = [...list.children];
  const at = options.findIndex(option => option.ariaSelected === "true");
  if (event.key === "Escape") close();
  if (event.key === "Enter" && at >= 0) { event.preventDefault(); options[at].click(); }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const to = options[(at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length];
    options.forEach(option => { option.ariaSelected = String(option === to); });
    if (to) { to.scrollIntoView({ block: "nearest" }); box.setAttribute("aria-activedescendant", to.id); }
  }
});

async function find(page) {
  const mine = ++asked;
  try {
    const answer = await request("GET", `/api/v1/places?q=${encodeURIComponent(box.value.trim())}&page=${page}`);
    if (mine !== asked || document.activeElement !== box) return;
    if (page === 1) list.replaceChildren();
    list.querySelector(".more")?.remove();
    answer.places.forEach(found => list.append(option(found)));
    if (!list.children.length) list.append(plain(t("没有匹配的点位或网格", "None matches")));
    if (answer.next_page) list.append(more(answer.next_page));
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
  } catch (error) { tell(error.message, true); }
}

function plain(text) {
  const line = document.createElement("li");
  line.role = "option";
  line.id = `place-${list.children.length}`;
  line.textContent = text;
  line.addEventListener("mousedown", event => event.preventDefault()); // the box keeps the focus
  return line;
}

function option(found) {
  const line = plain(`${found.name} `);
  const kind = document.createElement("small");
  kind.textContent = found.kind === "site" ? t("点位", "Site") : `${t("网格", "Grid cell")} ${found.code}`;
  line.append(kind);
  line.addEventListener("click", () => {
    place = found;
    $("#chosen span").textContent = found.name;
    $("#chosen").hidden = false;
    box.value = "";
    close();
  });
  return line;
}

function more(page) {
  const line = plain(t("更多…", "More…"));
  line.className = "more";
  line.addEventListener("click", () => find(page));
  return line;
}

function close() {
  list.hidden = true;
  box.setAttribute("aria-expanded", "false");
  box.removeAttribute("aria-activedescendant");
}

$("#unchoose").addEventListener("click", () => { place = null; $("#chosen").hidden = true; box.focus(); });
