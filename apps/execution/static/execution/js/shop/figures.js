/* What the page will say once the waiting taps have arrived: beside the figures, marked as waiting. */
(() => {
  "use strict";
  const sum = (taps, act) => taps.filter((tap) => tap.fields.act === act)
    .reduce((total, tap) => total + (Number(String(tap.fields.quantity).replace(",", ".")) || 0), 0);
  const shown = (number) => String(Math.round(number * 1e6) / 1e6);

  function mark(figure, quantity, sign) {
    let note = figure.querySelector(".not-yet");
    if (!quantity) { if (note) note.remove(); return; }
    if (!note) { note = document.createElement("span"); note.className = "not-yet"; figure.append(note); }
    note.textContent = Words.of("figure", { quantity: `${sign}${shown(quantity)}` });
  }

  /* Whether the operation runs here, as the last waiting tap leaves it; null when none says so. */
  function runs(taps) {
    const last = taps.filter((tap) => ["start", "pause", "finish"].includes(tap.fields.act)).pop();
    return last ? last.fields.act === "start" : null;
  }

  window.Figures = {
    show(taps) {
      const card = document.querySelector("[data-operation]");
      if (!card) return;
      const own = taps.filter((tap) => tap.state === "waiting" && tap.fields.operation === card.dataset.operation);
      const good = sum(own, "good"), scrap = sum(own, "scrap");
      for (const figure of card.querySelectorAll("[data-figure=good]")) mark(figure, good, "+");
      for (const figure of card.querySelectorAll("[data-figure=left]")) mark(figure, good, "−");
      for (const figure of card.querySelectorAll("[data-figure=scrap]")) mark(figure, scrap, "+");
      const now = runs(own);
      const running = now === null ? card.dataset.runs === "yes" : now;
      for (const part of document.querySelectorAll("[data-when]")) part.hidden = (part.dataset.when === "running") !== running;
    },
  };
})();
