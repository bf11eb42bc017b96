// What the review page shows of an issue: the large photo (loaded ahead), facts, the strip, cards, and the merge's pairs.
export const words = JSON.parse(document.querySelector("#words").textContent);
export const one = selector => document.querySelector(selector);
const english = document.documentElement.lang === "en";
export const say = (zh, en) => english ? en : zh;

const AHEAD = 5, STRIP = 12, KEPT = 30;
const pictures = new Map(); // loaded <img> by photo id, so that the next issue's is there when it is needed
const format = new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", { timeZone: words.zone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const moment = text => format.format(new Date(text));
export const thumbnail = photo => `/api/v1/photos/${photo}/thumbnail`;

export function make(name, attributes = {}, ...children) {
  const element = Object.assign(document.createElement(name), attributes);
  element.append(...children);
  return element;
}
function picture(photo) {
  let found = pictures.get(photo);
  if (!found) {
    found = make("img", { alt: "", draggable: false, decoding: "sync", src: `/api/v1/photos/${photo}/picture?side=1600&boxes=0` });
    found.decode().catch(() => { found.dataset.failed = "yes"; found.dispatchEvent(new Event("unshowable")); });
  }
  pictures.delete(photo);
  pictures.set(photo, found);
  for (const old of pictures.keys()) if (pictures.size > KEPT) pictures.delete(old);
  return found;
}
/** Loads the pictures of what comes next. */
export function preload(items, index) {
  for (const issue of items.slice(index + 1, index + 1 + AHEAD)) if (issue.evidence.length) picture(issue.evidence[0].photo_id);
}

export function showPicture(issue, evidence, svg) {
  const frame = one("#frame"), missing = one("#no-picture");
  if (!evidence) { frame.replaceChildren(); missing.hidden = false; return; }
  const image = picture(evidence.photo_id);
  image.alt = `${words.names[issue.category] ?? issue.category} #${issue.id}`;
  if (image.parentNode !== frame) frame.replaceChildren(image, svg);
  const tell = () => { image.hidden = missing.hidden = image.dataset.failed !== "yes"; image.hidden = !missing.hidden; };
  tell();
  image.addEventListener("unshowable", tell, { once: true });
  one("#photos").replaceChildren(...issue.evidence.length < 2 ? [] : issue.evidence.map((other, i) =>
    make("button", { type: "button", textContent: i + 1, ariaPressed: String(other === evidence), ariaLabel: say(`照片 ${i + 1}`, `Photo ${i + 1}`), value: i })));
}

const PRESENCE = { there: ["仍在", "still there"], gone: ["已消失", "gone"] };
export function showFacts(issue) {
  const category = one("#category");
  category.textContent = words.names[issue.category] ?? issue.category;
  category.style.setProperty("--c", `light-dark(${words.colours[issue.category] ?? "#455a64"}, #fff)`);
  one("#code").textContent = [issue.code, issue.code_name, issue.standard].filter(Boolean).join(" · ");
  one("#severity").value = String(issue.severity);
  const named = [issue.site, issue.grid].filter(Boolean); // an address made of them says it again
  const place = [...named, named.some(name => issue.address.includes(name)) ? "" : issue.address].filter(Boolean).join(" · ");
  const times = issue.found === issue.last_seen ? moment(issue.found) : `${moment(issue.found)} → ${moment(issue.last_seen)}`;
  const rows = [
    [say("编号", "Number"), `#${issue.id}`], [say("地点", "Place"), place || say("未定位", "not located")], [say("单位", "Unit"), issue.unit || "–"],
    [say("时间", "Time"), times], [say("现状", "Now"), say(...PRESENCE[issue.presence])],
    [say("置信度", "Confidence"), `${Math.round(100 * issue.confidence)}%`], [say("上报", "Reported by"), issue.reporter || "–"],
    ...issue.description ? [[say("说明", "Told"), issue.description]] : [],
  ];
  one("#facts").replaceChildren(...rows.flatMap(([name, value]) => [make("dt", { textContent: name }), make("dd", { textContent: value })]));
  const warnings = [];
  const [likeliest] = issue.duplicates;
  if (likeliest?.is_hinted) warnings.push(say(`可能与 #${likeliest.id} 重复（M、1 并案）`, `may be the same as #${likeliest.id} (M, 1 merges)`));
  else if (likeliest) warnings.push(say(`附近有 ${issue.duplicates.length} 件可能重复（M 并案）`, `${issue.duplicates.length} possible duplicates nearby (M merges)`));
  if (issue.recurrence_of_id) warnings.push(say(`曾结案 #${issue.recurrence_of_id}，再次出现`, `back again after #${issue.recurrence_of_id}`));
  one("#warning").textContent = warnings.join("；");
  one("#warning").hidden = !warnings.length;
}

const small = issue => issue.evidence.length ? make("img", { src: thumbnail(issue.evidence[0].photo_id), alt: "", loading: "lazy", decoding: "async" }) : "";
const tag = issue => {
  const badge = make("span", { className: "tag", textContent: words.names[issue.category] ?? issue.category });
  badge.style.background = words.colours[issue.category] ?? "#455a64";
  return badge;
};
/** Fills the strip; elements that stay are kept, so that their thumbnails aren't loaded anew. */
export function showStrip({ items, index, chosen }) {
  const strip = one("#strip"), held = new Map([...strip.children].map(element => [element.value, element]));
  const start = Math.max(0, index - 2);
  strip.replaceChildren(...items.slice(start, start + STRIP).map(issue => {
    const element = held.get(String(issue.id)) ?? make("button", { type: "button", value: issue.id, ariaLabel: `#${issue.id}` }, small(issue), tag(issue));
    element.setAttribute("aria-current", String(issue === items[index]));
    element.classList.toggle("chosen", chosen.has(issue.id));
    return element;
  }));
}
export function showCards({ items, chosen, hasMore }) {
  const cards = one("#cards"), held = new Map([...cards.children].map(element => [element.dataset.id, element]));
  const wanted = items.map(issue => held.get(String(issue.id)) ?? card(issue));
  if (wanted.length !== cards.children.length || wanted.some((element, i) => element !== cards.children[i])) cards.replaceChildren(...wanted);
  for (const element of cards.children) {
    const isChosen = chosen.has(Number(element.dataset.id));
    element.classList.toggle("chosen", isChosen);
    element.querySelector("input").checked = isChosen;
  }
  one("#more").hidden = !hasMore;
}
function card(issue) {
  const about = `${Math.round(100 * issue.confidence)}% · ${issue.site || issue.grid || say("未定位", "not located")} · ${moment(issue.found)}`;
  const element = make("article", { className: "card" },
    make("label", { className: "pick" }, make("input", { type: "checkbox", value: issue.id, ariaLabel: `#${issue.id} ${words.names[issue.category] ?? ""}` }), make("span", { className: "shot" }, small(issue), tag(issue))),
    make("p", { className: "muted", textContent: about }),
    make("button", { type: "button", className: "open", value: issue.id, textContent: say("查看", "Open") }));
  element.dataset.id = issue.id;
  return element;
}

const placeOf = other => other.is_hinted ? say("照片比对提示", "named by comparing photos") : other.is_same_site ? say("同一点位", "same site") : say("同一网格", "same cell");
export function showMerge(issue) {
  const side = (title, photo, lines) => [make("h3", { textContent: title }), make("span", { className: "shot" }, photo ? make("img", { src: thumbnail(photo), alt: "" }) : ""), ...lines.map(text => make("p", { className: "muted", textContent: text }))];
  const own = make("div", { className: "mine" }, ...side(say(`本件 #${issue.id}`, `This one #${issue.id}`), issue.evidence[0]?.photo_id, [words.names[issue.category] ?? issue.category, moment(issue.found)]));
  const others = issue.duplicates.map((other, i) => make("button", { type: "button", className: "target", value: other.id },
    ...side(`${i + 1}. #${other.id} ${words.states[other.state]}`, other.photo_id,
      [words.names[other.category] ?? other.category, `${placeOf(other)} · ${moment(other.last_seen)}`])));
  one("#merge-body").replaceChildren(own, make("div", { className: "targets" }, ...others));
}
