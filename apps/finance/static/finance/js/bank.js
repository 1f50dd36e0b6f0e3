// j and k walk along the lines, 1 to 5 take a suggestion; everything works without it too.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) return;
  const lines = [...document.querySelectorAll(".lines a")];
  const here = lines.findIndex((line) => line.hasAttribute("aria-current"));
  if (event.key === "j" && here + 1 < lines.length) lines[here + 1].click();
  else if (event.key === "k" && here > 0) lines[here - 1].click();
  else if (/^[1-5]$/.test(event.key)) document.querySelector(`button[data-key="${event.key}"]`)?.click();
});
