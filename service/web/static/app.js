// What every page has: requests with the session's token, forms that are sent as JSON, and short notices.
const token = document.querySelector('meta[name="csrf-token"]').content;
const notice = document.querySelector("#notice");
let hiding;

// On a phone the bar of pages scrolls: the present one shall be seen.
document.querySelector("header nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

/** Shows a sentence for some seconds. */
export function tell(text, isBad = false) {
  notice.textContent = text;
  notice.classList.toggle("bad", isBad);
  notice.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { notice.hidden = true; }, isBad ? 9000 : 4000);
}

/** Sends a request; returns the answer's JSON, or throws an Error with the sentence that the service answered. */
export async function request(method, url, body) {
  const isForm = body instanceof FormData;
  const headers = { "X-CSRF-Token": token, Accept: "application/json" };
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, { method, headers, body: body === undefined || isForm ? body : JSON.stringify(body) });
  } catch {
    throw new Error(document.documentElement.lang === "en" ? "No connection; try again." : "无法连接服务器，请重试。");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    const error = new Error(answer.message || `HTTP ${response.status}`);
    error.code = answer.code;
    throw error;
  }
  return answer;
}

/** Returns a form's fields as an object: numbers and check boxes as such, empty fields as null, `a[]` as arrays. */
export function fields(form) {
  const values = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || field.type === "submit" || (field.type === "radio" && !field.checked)) continue;
    if (field.name.endsWith("[]")) {
      const list = (values[field.name.slice(0, -2)] ??= []);
      if (field.type !== "checkbox" || field.checked) list.push(field.value);
    } else if (field.type === "checkbox") values[field.name] = field.checked;
    else if (field.value === "") values[field.name] = null;
    else if (field.type === "number" || field.dataset.type === "number") values[field.name] = Number(field.value);
    else values[field.name] = field.value;
  }
  return values;
}

// <form data-api="POST /api/v1/…" data-done="sentence" data-go="/page">: sent as JSON, or as it is with enctype
// multipart/form-data; then the sentence is shown, or another page ("." for this one, anew).
document.addEventListener("submit", async event => {
  const form = event.target;
  if (!form.dataset.api) return;
  event.preventDefault();
  const [method, url] = form.dataset.api.split(" ");
  const buttons = [...form.querySelectorAll("button")];
  if (event.submitter?.dataset.confirm && !confirm(event.submitter.dataset.confirm)) return;
  buttons.forEach(button => { button.disabled = true; });
  try {
    const answer = await request(method, url, form.enctype === "multipart/form-data" ? new FormData(form) : fields(form));
    form.dispatchEvent(new CustomEvent("done", { detail: answer, bubbles: true }));
    if (form.dataset.go === ".") location.reload();
    else if (form.dataset.go) location.assign(form.dataset.go);
    else tell(form.dataset.done || "✓");
  } catch (error) {
    tell(error.message, true);
  }
  buttons.forEach(button => { button.disabled = false; });
});

// <button data-copy="selector">: copies what the element shows; without HTTPS it is selected, for Ctrl-C.
document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const shown = document.querySelector(button.dataset.copy);
  const isEnglish = document.documentElement.lang === "en";
  try {
    await navigator.clipboard.writeText(shown.textContent);
    button.textContent = isEnglish ? "Copied" : "已复制";
  } catch {
    getSelection().selectAllChildren(shown);
    tell(isEnglish ? "Selected; press Ctrl-C." : "已选中，请按 Ctrl-C 复制。");
  }
});
