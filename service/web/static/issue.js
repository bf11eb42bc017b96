// The page of an issue: forms of its steps, photos of the place afterwards, and the time that is left.
import { request, tell, fields } from "/static/app.js";

const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);
const wait = seconds => new Promise(resolve => setTimeout(resolve, seconds * 1000));

/** Returns a form's values as the API takes them: without empty fields; with data-changed, only what was changed. */
function values(form) {
  const found = fields(form);
  for (const field of form.elements) {
    if (!field.name || field.type === "file") { delete found[field.name]; continue; }
    const isSame = field.tagName === "SELECT" ? [...field.options].every(o => o.selected === o.defaultSelected) : field.value === field.defaultValue;
    if (form.hasAttribute("data-changed") ? isSame : found[field.name] === null) delete found[field.name];
    else if (found[field.name] === null && field.tagName !== "SELECT" && field.type !== "datetime-local") found[field.name] = "";
    else if (found[field.name] && field.type === "datetime-local") found[field.name] += `:00${document.querySelector("[data-offset]").dataset.offset}`;
  }
  return found;
}

/** Uploads photos of the place afterwards, and waits until the detector has looked at them. */
async function upload(form, issue) {
  const chosen = form.elements.photos.files;
  const progress = form.querySelector("[data-progress]");
  let sent = [];
  if (chosen.length) {
    const body = new FormData();
    body.append("purpose", "after");
    body.append("issue_id", issue);
    for (const file of chosen) body.append("files", file);
    progress.textContent = say(`正在上传 ${chosen.length} 张照片…`, `Uploading ${chosen.length} photos…`);
    sent = (await request("POST", "/api/v1/photos", body)).files;
    form.elements.photos.value = "";
    const refused = sent.find(file => file.outcome === "refused");
    if (refused) throw new Error(`${refused.name}: ${refused.message}`);
  }
  for (;;) {
    const { waiting_photos: waiting } = await request("GET", `/api/v1/issues/${issue}`);
    if (!waiting) break;
    progress.textContent = say(`照片正在识别，还有 ${waiting} 张…`, `Being looked at: ${waiting} to go…`);
    await wait(0.7);
  }
  for (const { id, name } of sent) {
    const photo = await request("GET", `/api/v1/photos/${id}`);
    if (photo.state === "parked") throw new Error(`${name}: ${photo.error}`);
  }
  progress.textContent = say("照片已识别。", "The photos were looked at.");
}

document.addEventListener("submit", async event => {
  const form = event.target;
  if (!form.dataset.step) return;
  event.preventDefault();
  const [method, url] = form.dataset.step.split(" ");
  const buttons = [...form.querySelectorAll("button")];
  buttons.forEach(button => { button.disabled = true; });
  try {
    if (form.hasAttribute("data-photos")) await upload(form, form.closest("[data-issue]").dataset.issue);
    await request(method, url, values(form));
    location.reload();
    return;
  } catch (error) {
    tell(error.message, true);
  }
  buttons.forEach(button => { button.disabled = false; });
});

for (const button of document.querySelectorAll("[data-open]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.open).showModal());
}
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

// Only the handlers of the chosen unit can be chosen.
for (const people of document.querySelectorAll("select[data-of]")) {
  const unit = people.form.elements[people.dataset.of];
  const narrow = () => {
    for (const option of people.options) option.hidden = option.disabled = Boolean(option.value) && option.dataset.unit !== unit.value;
    if (people.selectedOptions[0]?.disabled) people.value = "";
  };
  unit.addEventListener("change", narrow);
  narrow();
}

/** Returns a length of time in its two largest units. */
function length(minutes) {
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days) return say(`${days} 天 ${hours} 小时`, `${days} d ${hours} h`);
  return hours ? say(`${hours} 小时 ${minutes % 60} 分`, `${hours} h ${minutes % 60} min`) : say(`${minutes} 分钟`, `${minutes} min`);
}

function countDown() {
  for (const place of document.querySelectorAll("[data-until]")) {
    const minutes = Math.floor((new Date(place.dataset.until) - Date.now()) / 60000);
    const isOver = minutes < 0;
    place.textContent = isOver ? say(`已超期 ${length(-minutes)}`, `overdue by ${length(-minutes)}`) : say(`剩余 ${length(minutes)}`, `${length(minutes)} left`);
    place.classList.toggle("error", isOver);
  }
}
countDown();
setInterval(countDown, 30000);
