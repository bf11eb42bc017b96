const wholes = JSON.parse(one("#wholes").textContent); // whole photos, each once
const near = one("#near"), view = one("#view");
visible = all(".card");

function show(index) {
  if (index < 0 || index >= visible.length) return;
  current = index;
  const card = visible[index];
  view.replaceChildren(...all("img, svg.boxes, .none", card).map(node => node.cloneNode(true)));
  near.hidden = !card.dataset.whole || card.dataset.size === one("svg.boxes", card).getAttribute("viewBox");
  if (card.dataset.whole && near.getAttribute("aria-pressed") === "false") {
    one("img", view).src = wholes[card.dataset.whole];
    one("svg.boxes", view).setAttribute("viewBox", card.dataset.size);
  }
  one(".caption").replaceChildren(one(".facts", card).cloneNode(true));
  one("#place").textContent = `${index + 1} / ${visible.length}`;
  one("#path").textContent = card.dataset.path;
  one("#previous").disabled = index === 0;
  one("#next").disabled = index === visible.length - 1;
}

near.addEventListener("click", () => {
  near.setAttribute("aria-pressed", near.getAttribute("aria-pressed") === "false");
  show(current);
});
one("#gallery").addEventListener("click", event => {
  const card = event.target.closest(".card");
  if (!card || !getSelection().isCollapsed) return; // someone copies a file name
  show(visible.indexOf(card));
  dialog.showModal();
});
dialog.addEventListener("close", () => {
  one(".shot", visible[current]).focus();
  visible[current].scrollIntoView({ block: "nearest" });
});

// The chip of the section that one reads is marked, and stays in sight.
const chips = new Map(all("nav a").map(chip => [chip.hash.slice(1), chip]));
let reading = null;
function mark() {
  const line = one("nav").offsetHeight + 40;
  const passed = [...chips.keys()].filter(id => document.getElementById(id).getBoundingClientRect().top <= line);
  const chip = chips.get(passed.at(-1)) ?? null;
  if (chip === reading) return;
  reading?.removeAttribute("aria-current");
  chip?.setAttribute("aria-current", "true");
  reading = chip;
  const row = one("nav .page");
  if (chip) row.scrollTo({ left: chip.offsetLeft - (row.clientWidth - chip.offsetWidth) / 2 });
}
addEventListener("scroll", mark, { passive: true });
mark();
