/* The terminal: it works without this; with it, taps can't be doubled and scans find their box. */
(() => {
  "use strict";
  const scan = document.getElementById("scan");
  const typing = (element) => element && /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);

  // A page from the browser's memory has spent keys: get a fresh one.
  window.addEventListener("pageshow", (event) => { if (event.persisted && navigator.onLine) location.reload(); });

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
      if (form.dataset.tap !== undefined && window.Pending) return; // taps.js sends it
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "1";
      // not disabled at once: a disabled button's value would not be sent
      setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }), 0);
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inScan = event.target === scan;
    if (event.key === "Escape") { scan.value = ""; scan.focus(); return; }
    if (typing(event.target) && !(inScan && scan.value === "" && event.shiftKey)) return;
    const hotkey = event.shiftKey ? event.code.replace(/^(Key|Digit)/, "").toLowerCase() : null;
    const targets = hotkey ? [...document.querySelectorAll(`[data-hotkey="${CSS.escape(hotkey)}"]`)] : [];
    const target = targets.find((one) => !one.closest("[hidden]"));
    if (target) {
      event.preventDefault();
      if (target.tagName === "INPUT") { target.focus(); target.select(); } else { target.click(); }
    } else if (!inScan && event.key.length === 1 && !typing(event.target)) {
      scan.focus();
    }
  });

  const now = document.querySelector("[data-now]");
  if (now) {
    setInterval(async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(now.dataset.now, { credentials: "same-origin" });
        if (answer.ok && !answer.redirected) {
          now.innerHTML = await answer.text();
          if (window.Pending) window.Pending.show();
        }
        document.body.classList.toggle("offline", !answer.ok);
      } catch { document.body.classList.add("offline"); }
    }, 5000);
  }
})();
