// Choosing a model; it is read before it is accepted, which takes a second.
import { request, tell } from "/static/app.js";

const form = document.querySelector("#model");
form.addEventListener("submit", async event => {
  event.preventDefault();
  form.querySelector("button").disabled = true;
  try {
    await request("PUT", "/api/v1/model", { path: form.elements.path.value });
    location.reload();
  } catch (error) { tell(error.message, true); }
  form.querySelector("button").disabled = false;
});
