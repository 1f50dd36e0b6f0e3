/* A board refreshes when the floor says so (server-sent events), else every five seconds. */
(() => {
  "use strict";
  const board = document.getElementById("board");
  const link = document.getElementById("link");
  const delay = document.getElementById("delay");
  const POLL = 5000, CALM = 15000, GATHER = 300, MINUTE = 60000;
  const seen = new Map();
  let delays = [];
  let asking = false, again = false, live = false, waiting = 0, last = 0, failed = false;

  const show = () => {
    const state = failed ? "lost" : live ? "live" : "polling";
    link.className = `link ${state}`;
    link.textContent = link.dataset[state];
  };

  // How old news are when they are on the screen, by the server's clock: at most that, as the time
  // since the question was asked is added in full.
  function measure(asked) {
    const head = board.querySelector("[data-at]");
    const at = head ? Date.parse(head.dataset.at) : NaN;
    const now = Date.now();
    for (const tile of board.querySelectorAll("[data-machine]")) {
      const { machine, event } = tile.dataset;
      if (asked && event && seen.has(machine) && seen.get(machine) !== event)
        delays.push({ now, took: Math.max(at - Date.parse(event), 0) + (now - asked) });
      seen.set(machine, event);
    }
    delays = delays.filter((one) => now - one.now < MINUTE);
    const sorted = delays.map((one) => one.took).sort((a, b) => a - b);
    delay.hidden = !sorted.length;
    if (sorted.length) {
      const p95 = sorted[Math.ceil(0.95 * sorted.length) - 1];
      delay.textContent = delay.dataset.text.replace("{s}", (p95 / 1000).toFixed(1));
    }
  }

  async function refresh() {
    if (asking) { again = true; return; }
    asking = true;
    const asked = Date.now();
    try {
      const answer = await fetch(board.dataset.tiles, { credentials: "same-origin" });
      if (answer.redirected) { location.reload(); return; }
      if (!answer.ok) throw new Error(answer.status);
      board.innerHTML = await answer.text();
      measure(asked);
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
  measure(0);
  show();
  const { rotate, next } = board.dataset;
  if (rotate) setTimeout(() => { location.search = next; }, 1000 * Number(rotate));
})();
