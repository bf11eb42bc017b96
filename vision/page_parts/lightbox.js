"use strict";
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const dialog = one("dialog");
let visible = [], current = 0; // the cards that the filters leave, and the place of the one that is shown
// The page's own script has show(index), and what happens as the dialog closes.

one("#language").addEventListener("click", () => {
  const language = document.documentElement.lang === "en" ? "zh-CN" : "en";
  document.documentElement.lang = language;
  remembered.set(language);
});
one("#previous").addEventListener("click", () => show(current - 1));
one("#next").addEventListener("click", () => show(current + 1));
one("#close").addEventListener("click", () => dialog.close());
document.addEventListener("keydown", event => { // not the dialog's: a button that gets disabled loses the focus
  if (!dialog.open || event.target.tagName === "VIDEO") return; // there, arrows seek
  if (event.key === "ArrowLeft") show(current - 1);
  if (event.key === "ArrowRight") show(current + 1);
});
let start = null;
one(".stage").addEventListener("pointerdown", event => {
  start = event.isPrimary && event.target.tagName !== "VIDEO" ? event : null; // there, swipes seek
});
one(".stage").addEventListener("pointercancel", () => { start = null; });
one(".stage").addEventListener("pointerup", event => {
  if (!start) return;
  const across = event.clientX - start.clientX, down = event.clientY - start.clientY;
  start = null;
  if (Math.abs(across) > 50 && Math.abs(across) > 1.5 * Math.abs(down)) show(current + (across < 0 ? 1 : -1));
});
