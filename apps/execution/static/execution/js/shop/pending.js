/* The box of what waits and of what was refused; nothing in it goes away by itself. */
(() => {
  "use strict";
  const box = document.getElementById("waiting");
  if (!box) return;
  const head = box.querySelector("[data-part=head]"), list = box.querySelector("ol"), why = box.querySelector("[data-part=why]");

  function line(tap) {
    const row = document.createElement("li");
    row.className = tap.state;
    row.dataset.key = tap.key;
    const what = document.createElement("b");
    what.textContent = tap.words;
    const about = document.createElement("span");
    about.textContent = [Words.clock(tap.at), tap.about, tap.who].filter(Boolean).join(" · ");
    row.append(what, about);
    if (tap.state === "refused") {
      const reason = document.createElement("span");
      reason.className = "reason";
      reason.textContent = Words.of("refused", { reason: tap.said });
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet";
      button.textContent = Words.of("dismiss");
      button.addEventListener("click", () => TapStore.remove(tap.id).then(window.Pending.show));
      row.append(reason, button);
    }
    return row;
  }

  window.Pending = {
    async show() {
      const taps = await TapStore.all();
      const waiting = taps.filter((tap) => tap.state === "waiting"), refused = taps.filter((tap) => tap.state === "refused");
      box.hidden = !taps.length;
      box.classList.toggle("has-refused", refused.length > 0);
      const parts = [];
      if (waiting.length) parts.push(Words.of(waiting.length === 1 ? "one" : "many", { count: waiting.length }));
      if (refused.length) parts.push(Words.of("refusedCount", { count: refused.length }));
      head.textContent = parts.join(" · ");
      list.replaceChildren(...taps.map(line));
      Figures.show(taps);
    },
    why(text, link) {
      why.textContent = text;
      if (link) {
        const anchor = document.createElement("a");
        anchor.href = link;
        anchor.textContent = Words.of("signIn");
        why.append(" ", anchor);
      }
    },
  };
})();
