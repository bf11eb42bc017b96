// Before and after: one photo on top of the other with a handle to drag, or both side by side.
const box = document.querySelector(".compare");
const handle = box?.querySelector(".handle");
const KEYS = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -20, PageUp: 20, Home: -100, End: 100 };

function move(share) {
  const value = Math.round(Math.min(100, Math.max(0, share)));
  handle.setAttribute("aria-valuenow", value);
  box.style.setProperty("--at", `${value}%`);
}

function follow(event) {
  const { left, width } = box.getBoundingClientRect();
  move(((event.clientX - left) / width) * 100);
}

if (box) {
  move(50);
  handle.addEventListener("keydown", event => {
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    move(Number(handle.getAttribute("aria-valuenow")) + KEYS[event.key]);
  });
  box.addEventListener("pointerdown", event => {
    if (!box.classList.contains("slide") || event.button) return;
    box.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    follow(event);
  });
  box.addEventListener("pointermove", event => { if (box.hasPointerCapture(event.pointerId)) follow(event); });
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => {
      for (const view of ["slide", "beside"]) box.classList.toggle(view, view === button.dataset.view);
      for (const other of document.querySelectorAll("[data-view]")) other.setAttribute("aria-pressed", other === button);
    });
  }
}
