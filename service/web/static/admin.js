// People: a dialog to add or change one, links and keys that are shown once.
import { request, tell } from "/static/app.js";
import { showKeys, showOnce } from "/static/keys.js";

const $ = selector => document.querySelector(selector);
const words = JSON.parse($("#words").dataset.words);
const dialog = $("#person");
const form = $("#person-form");
let person = null;
let isChanged = false;

function open(of) {
  person = of;
  form.reset();
  $("#once").hidden = true;
  $("#person-title").textContent = of ? `${of.name} (${of.username})` : words.add;
  dialog.querySelectorAll(".new-only").forEach(part => { part.hidden = Boolean(of); });
  dialog.querySelectorAll(".old-only").forEach(part => { part.hidden = !of; });
  form.elements.username.disabled = Boolean(of);
  form.elements.role.value = of?.role ?? "reporter";
  for (const name of ["name", "phone", "unit_id"]) form.elements[name].value = of?.[name] ?? "";
  form.elements.is_active.checked = of?.is_active ?? true;
  if (of) showKeys(`/api/v1/users/${of.id}/tokens`);
  if (!dialog.open) dialog.showModal();
}

async function attempt(work) {
  try { await work(); } catch (error) { tell(error.message, true); }
}

form.addEventListener("submit", event => {
  event.preventDefault();
  const values = { name: form.elements.name.value, role: form.elements.role.value, phone: form.elements.phone.value };
  values.unit_id = Number(form.elements.unit_id.value) || null;
  attempt(async () => {
    isChanged = true;
    if (person) {
      open(await request("PATCH", `/api/v1/users/${person.id}`, { ...values, is_active: form.elements.is_active.checked }));
      tell(words.saved);
    } else {
      const made = await request("POST", "/api/v1/users", { ...values, username: form.elements.username.value });
      open(made);
      showOnce(made.link);
    }
  });
});

dialog.addEventListener("click", event => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("close" in button.dataset) dialog.close();
  const what = button.dataset.do;
  if (!what || (button.dataset.sure && !confirm(button.dataset.sure))) return;
  attempt(async () => {
    if (what === "link") return showOnce((await request("POST", `/api/v1/users/${person.id}/link`)).link);
    await request("DELETE", `/api/v1/users/${person.id}/${what}`);
    isChanged ||= what === "password";
    tell(button.dataset.done || words.done);
  });
});
dialog.addEventListener("close", () => { if (isChanged) location.reload(); });

document.querySelectorAll("[data-person]").forEach(button => button.addEventListener("click", () => open(JSON.parse(button.dataset.person))));
$("#add").addEventListener("click", () => open(null));
