/* The worker that keeps the pages; how old a kept page is; what needs the network says so. */
(() => {
  "use strict";
  const box = document.getElementById("waiting");
  if (!box) return;
  if (navigator.serviceWorker) navigator.serviceWorker.register(box.dataset.worker, { scope: box.dataset.scope }).catch(() => {});

  const keptAt = document.body.dataset.keptAt, note = document.getElementById("kept");
  if (keptAt && note) {
    const show = () => { note.textContent = Words.of("kept", { ago: Words.ago(keptAt), time: Words.clock(keptAt) }); };
    show();
    note.hidden = false;
    setInterval(show, 30000);
    document.body.classList.add("offline");
  }

  for (const form of document.querySelectorAll("form[data-online]")) {
    form.addEventListener("submit", (event) => {
      if (navigator.onLine) return;
      event.preventDefault();
      if (note) { note.textContent = Words.of("needsNetwork"); note.hidden = false; }
    });
  }
})();
