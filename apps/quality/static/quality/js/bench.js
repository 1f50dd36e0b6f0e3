/* The bench: it works without this; with it, entries can't be doubled and keys pass or fail. */
(() => {
  "use strict";
  const typing = (element) => element && /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  const armed = new WeakSet();
  for (const button of document.querySelectorAll("button[data-sure]")) {
    button.addEventListener("click", (event) => {
      if (armed.has(button)) return;
      event.preventDefault();
      armed.add(button);
      const label = button.textContent;
      button.textContent = button.dataset.sure;
      button.classList.add("armed");
      setTimeout(() => { armed.delete(button); button.textContent = label; button.classList.remove("armed"); }, 3000);
    });
  }

  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      // not disabled at once: a disabled button's value would not be sent
      setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { document.getElementById("scan").focus(); return; }
    if (typing(event.target)) return;
    const target = document.querySelector(`[data-hotkey="${CSS.escape(event.key.toLowerCase())}"]`);
    if (target) { event.preventDefault(); target.click(); }
  });
})();
