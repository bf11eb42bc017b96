// Tabs, export and language; then everything starts.
const panels = ["photos", "statistics", "corrections"];
let panel = "photos";

function showPanel() {
  for (const name of panels) {
    one(`#${name}`).hidden = name !== panel;
    one(`#tab-${name}`).setAttribute("aria-selected", String(name === panel));
  }
  one("#filters").hidden = panel === "corrections";
  if (panel === "photos") showCards();
  if (panel === "statistics") showStatistics(statistics(visible, counted));
  if (panel === "corrections") showCorrections();
  showChanged();
}
function showChanged() {
  const badge = one("#changed");
  badge.textContent = edits.size;
  badge.classList.toggle("some", edits.size > 0);
}
function showCorrections() {
  const changed = photos.filter(photo => edits.has(photo.key));
  one("#text").value = JSON.stringify(corrections(), null, 1);
  for (const name of ["download", "copy", "discard"]) one(`#${name}`).disabled = !changed.length;
  one("#changes").replaceChildren(...changed.map(item => make("li", {}, make("button", {
    type: "button", onclick: () => { visible = changed; openEditor(changed.indexOf(item)); },
  }, item.key), ` ${summary(item)}`)));
}
function summary(item) {
  const { boxes, dropped, checked } = state(item), { original } = item;
  const added = boxes.filter(box => box.was === null).length, removed = original.boxes.length - (boxes.length - added);
  const altered = boxes.filter(box => box.was !== null && !sameBox(box, original.boxes[box.was])).length;
  return [added && `+${added}`, removed && `−${removed}`, altered && say(`改 ${altered}`, `${altered} changed`),
    dropped && say("移出", "dropped"), checked && say("已查", "checked")].filter(Boolean).join(" · ");
}

for (const name of panels) one(`#tab-${name}`).addEventListener("click", () => { panel = name; applyFilters(); });
one("#reset").addEventListener("click", () => { Object.assign(filters, defaults); chosen.clear(); one("#search").value = ""; applyFilters(); });
one("#download").addEventListener("click", () => {
  const address = URL.createObjectURL(new Blob([JSON.stringify(corrections(), null, 1)], { type: "application/json" }));
  make("a", { href: address, download: "corrections.json" }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
});
one("#copy").addEventListener("click", async () => {
  one("#text").select();
  try { await navigator.clipboard.writeText(one("#text").value); } catch { document.execCommand("copy"); }
});
one("#discard").addEventListener("click", () => {
  if (!confirm(say(`放弃 ${edits.size} 张照片的修改？`, `Discard the corrections of ${edits.size} photos?`))) return;
  edits.clear();
  undoable.length = 0;
  keep();
  applyFilters();
});
function setLanguage(toEnglish) {
  english = toEnglish;
  document.documentElement.lang = english ? "en" : "zh-CN";
}
one("#language").addEventListener("click", () => {
  setLanguage(!english);
  remembered.set("cleanlane-language", english ? "en" : "zh-CN");
  applyFilters();
});

restore();
setLanguage(english);
applyFilters();
