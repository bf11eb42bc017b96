// Keys of programs: a list with a button to revoke each, and a form that makes one, which is shown once.
import { request, tell } from "/static/app.js";

const list = document.querySelector("#tokens");
const form = document.querySelector("#token-form");
let address = "";

/** Shows what is seen only once, such as a key or a link. */
export function showOnce(text) {
  const box = document.querySelector("#once");
  box.hidden = false;
  box.querySelector("output").textContent = text;
  box.scrollIntoView({ block: "nearest" });
}

/** Lists the keys at an address of the API; new ones are made there, too. */
export async function showKeys(url) {
  address = url;
  try {
    const keys = await request("GET", url);
    list.replaceChildren(...keys.map(line));
    if (!keys.length) list.append(Object.assign(document.createElement("li"), { className: "muted", textContent: list.dataset.none }));
  } catch (error) { tell(error.message, true); }
}

function line(key) {
  const made = document.createElement("li");
  const revoke = Object.assign(document.createElement("button"), { type: "button", className: "small danger", textContent: list.dataset.revoke });
  revoke.setAttribute("aria-label", `${list.dataset.revoke} ${key.name}`);
  revoke.addEventListener("click", async () => {
    try {
      await request("DELETE", `${address}/${key.id}`);
      await showKeys(address);
    } catch (error) { tell(error.message, true); }
  });
  const until = key.expires ? ` · ${list.dataset.until} ${key.expires.slice(0, 10)}` : "";
  made.append(`${key.name} · ${key.created.slice(0, 10)}${until}`, revoke);
  return made;
}

form.addEventListener("submit", async event => {
  event.preventDefault();
  try {
    const made = await request("POST", address, { name: form.elements.name.value });
    form.reset();
    await showKeys(address);
    showOnce(made.token);
  } catch (error) { tell(error.message, true); }
});
