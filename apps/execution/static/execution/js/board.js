/* A board refreshes when the floor says so (server-sent events), else every five seconds. */
(() => {
  "use strict";
  const board = document.getElementById("board");
  const link = document.getElementById("link");
  const POLL = 5000, CALM = 15000, GATHER = 700;
  let asking = false, again = false, live = false, waiting = 0, last = 0, failed = false;

  const show = () => {
    const state = failed ? "lost" : live ? "live" : "polling";
    link.className = `link ${state}`;
    link.textContent = link.dataset[state];
  };

  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(board.dataset.tiles, { credentials: "same-origin" });
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) throw new Error(answer.status);
      board.innerHTML = await answer.text();
      failed = false;
    } catch { failed = true; }
    last = Date.now();
    asking = false;
    show();
    if (again) { again = false; soon(); }
  }

  // Many events come at once: gather them, but never wait longer than GATHER.
  function soon() {
    if (waiting) return;
    waiting = setTimeout(() => { waiting = 0; refresh(); }, GATHER);
  }

  if (window.EventSource) {
    const stream = new EventSource(board.dataset.stream);
    stream.addEventListener("hello", () => { live = true; show(); soon(); });
    stream.addEventListener("floor", soon);
    stream.addEventListener("error", () => { live = false; show(); });
  }
  setInterval(() => {
    if (!document.hidden && Date.now() - last >= (live ? CALM : POLL)) refresh();
  }, 1000);
  show();
})();
