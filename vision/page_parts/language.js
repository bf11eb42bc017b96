"use strict";
const remembered = { // file pages may be denied storage
  get() { try { return localStorage.getItem("cleanlane-language"); } catch { return null; } },
  set(value) { try { localStorage.setItem("cleanlane-language", value); } catch { /* not remembered */ } },
};
if (remembered.get() === "en") document.documentElement.lang = "en";
