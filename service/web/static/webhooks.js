// Webhooks: test, turn on and off, delete; a new one's secret is shown once.
import { request, tell } from "/static/app.js";

async function act(button, action) {
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    tell(error.message, true);
  }
  button.disabled = false;
}

for (const hook of document.querySelectorAll(".hook")) {
  const url = `/api/v1/webhooks/${hook.dataset.id}`;
  const result = hook.querySelector(".result");
  hook.querySelector(".test").addEventListener("click", event => act(event.target, async () => {
    const answer = await request("POST", `${url}/test`);
    result.textContent = answer.is_sent ? result.dataset.good : result.dataset.bad + answer.error;
    result.classList.toggle("error", !answer.is_sent);
    result.hidden = false;
  }));
  hook.querySelector(".toggle").addEventListener("click", event => act(event.target, async () => {
    await request("PATCH", url, { is_active: event.target.dataset.active === "true" });
    location.reload();
  }));
  hook.querySelector(".delete").addEventListener("click", event => act(event.target, async () => {
    if (!confirm(event.target.dataset.ask)) return;
    await request("DELETE", url);
    location.assign("/admin/webhooks");
  }));
}

const made = document.querySelector("#made");
document.querySelector("#new").addEventListener("done", event => {
  if (event.detail.kind !== "generic") return location.reload();
  document.querySelector("#secret").textContent = event.detail.secret;
  made.showModal();
});
made.addEventListener("close", () => location.reload());
