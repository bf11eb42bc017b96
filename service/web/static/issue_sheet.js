// The sheet of an issue: its button prints it.
document.querySelector("[data-print]").addEventListener("click", () => print());
