// Deadlines: rules and calendar are edited in place; each rule shows at once what it would mean.
import { request, tell } from "/static/app.js";

const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);
const rules = document.querySelector("#rules");
const calendar = document.querySelector("#calendar");
const refused = document.querySelector("#refused");
const body = rules.querySelector("tbody");
const shown = new Intl.DateTimeFormat(english ? "en-GB" : "zh-CN", {
  timeZone: rules.dataset.zone, year: "numeric", month: "2-digit", day: "2-digit", weekday: "short", hour: "2-digit", minute: "2-digit", hour12: false,
});

function ruleOf(row) {
  const field = name => row.querySelector(`[name="${name}"]`).value;
  return {
    category: field("category"),
    severity: field("severity") ? Number(field("severity")) : null,
    amount: Number(field("amount")),
    clock: field("clock"),
    for_department: Boolean(field("for_department")),
  };
}

/** Returns the spans of a day; throws if the text isn't like 08:30-12:00, 13:30-17:30. */
function spansOf(text) {
  return text.split(/[,，;；\s]+/).filter(Boolean).map(span => {
    const found = /^(\d{1,2})[:：](\d\d)\s*[-–—~至]\s*(\d{1,2})[:：](\d\d)$/.exec(span);
    if (!found) throw new Error(say(`工作时间“${span}”须写作 08:30-12:00`, `expected working hours such as 08:30-12:00, got ${span}`));
    const [, a, b, c, d] = found;
    return [`${a.padStart(2, "0")}:${b}`, `${c.padStart(2, "0")}:${d}`];
  });
}

const daysOf = text => text.split(/[,，;；\s]+/).filter(Boolean).map(day => day.replaceAll("/", "-"));

function calendarOf() {
  return {
    hours: [...calendar.querySelectorAll('[name="hours[]"]')].map(field => spansOf(field.value)),
    follows_china: calendar.elements.follows_china.checked,
    days_off: daysOf(calendar.elements.days_off.value),
    days_on: daysOf(calendar.elements.days_on.value),
  };
}

async function preview() {
  const rows = [...body.rows];
  try {
    const start = `${document.querySelector("#start").value}:00${rules.dataset.offset}`;
    const answer = await request("POST", "/api/v1/deadline-preview", { rules: rows.map(ruleOf), calendar: calendarOf(), start });
    answer.lines.forEach((line, i) => {
      const note = line.is_estimated ? say("（节假日未公布）", " (holidays unknown)") : "";
      rows[i].querySelector("output").textContent = shown.format(new Date(line.deadline)) + note;
    });
    refused.hidden = true;
  } catch (error) {
    refused.textContent = error.message;
    refused.hidden = false;
    rows.forEach(row => { row.querySelector("output").textContent = "–"; });
  }
}

let later;
for (const form of [rules, calendar]) {
  form.addEventListener("input", () => { clearTimeout(later); later = setTimeout(preview, 250); });
}
document.querySelector("#add").addEventListener("click", () => {
  body.append(document.querySelector("#blank").content.cloneNode(true));
  body.lastElementChild.querySelector("select").focus();
  preview();
});
body.addEventListener("click", event => {
  if (!("remove" in event.target.dataset)) return;
  event.target.closest("tr").remove();
  preview();
});

/** Sends what a form holds, and says so. */
async function save(event, url, content, done) {
  event.preventDefault();
  try {
    await request("PUT", url, content());
    tell(done);
  } catch (error) {
    tell(error.message, true);
  }
}
rules.addEventListener("submit", event => save(event, "/api/v1/deadline-rules", () => ({ rules: [...body.rows].map(ruleOf) }), say("规则已保存", "The rules were saved")));
calendar.addEventListener("submit", event => save(event, "/api/v1/work-calendar", calendarOf, say("日历已保存", "The calendar was saved")));
preview();
