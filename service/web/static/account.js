// One's own account: language, keys of programs.
import { showKeys } from "/static/keys.js";

document.querySelector("#language").addEventListener("done", event => {
  location.assign(`/language/${event.target.elements.language.value}`); // this browser's choice, too
});
document.querySelector("#password").addEventListener("done", event => {
  event.target.reset();
  event.target.querySelector("[name=current]").closest("label").hidden = false;
});
showKeys("/api/v1/account/tokens");
