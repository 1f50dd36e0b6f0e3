/* Bars are moved by pointer or by keys; the server checks each move and says why it can't be. */
(() => {
  "use strict";
  const board = document.getElementById("gantt");
  const say = document.getElementById("say");
  if (!board || !("mayMove" in board.dataset)) return;
  const perHour = Number(board.dataset.perHour), row = Number(board.dataset.row), bar = Number(board.dataset.bar);
  const origin = new Date(board.dataset.origin).getTime();
  const lanes = [...board.querySelectorAll("line[data-lane]")].map((line) => ({
    y: Number(line.dataset.lane), machine: line.dataset.machine, label: line.dataset.label,
  }));
  const STEP = perHour / 4;

  const tell = (text, kind) => { say.textContent = text; say.className = `say ${kind || ""}`; };
  const place = (op, x, y) => op.setAttribute("transform", `translate(${x} ${y})`);
  const home = (op) => { op.at = null; op.classList.remove("moving"); place(op, op.dataset.x, op.dataset.y); };
  const where = (op) => op.at || (op.at = { x: Number(op.dataset.x), y: Number(op.dataset.y) });
  const laneOf = (y) => lanes.reduce((best, lane) => (Math.abs(lane.y + (row - bar) / 2 - y) < Math.abs(best.y + (row - bar) / 2 - y) ? lane : best), lanes[0]);
  const time = (x) => new Date(origin + (x / perHour) * 3600000);
  const text = (moment, lane) => `${lane.label} · ${moment.toLocaleString(document.documentElement.lang, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" })}`;

  async function put(op) {
    const at = where(op), lane = laneOf(at.y);
    const moved = Math.abs(at.x - Number(op.dataset.x)) > 0.5 || lane.machine !== op.dataset.machine;
    if (!moved) { home(op); return; }
    const body = new URLSearchParams({ starts_at: time(at.x).toISOString() });
    if (lane.machine !== "0" && lane.machine !== op.dataset.machine) body.set("machine", lane.machine);
    tell(board.dataset.busy);
    try {
      const answer = await fetch(op.dataset.url, { method: "POST", body, credentials: "same-origin", headers: { "X-CSRFToken": board.dataset.csrf, "X-Company": board.dataset.company } });
      if (answer.redirected) { location.reload(); return; }
      const said = await answer.json();
      if (!answer.ok) { home(op); tell(said.detail, "bad"); return; }
      const x = ((new Date(said.starts_at).getTime() - origin) / 3600000) * perHour;
      const width = ((new Date(said.ends_at) - new Date(said.starts_at)) / 3600000) * perHour;
      const y = lane.y + (row - bar) / 2;
      Object.assign(op.dataset, { x, y, machine: said.machine || 0 });
      op.querySelector("rect").setAttribute("width", Math.max(width, 3));
      op.classList.add("pinned");
      home(op);
      tell(`${said.detail} ${text(time(x), lane)}`, "good");
    } catch (error) {
      home(op);
      tell(board.dataset.lost, "bad");
    }
  }

  for (const op of board.querySelectorAll(".op")) {
    let from = null;
    op.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY, ...where(op), left: event.clientX, top: event.clientY };
      from.atX = where(op).x; from.atY = where(op).y;
      op.setPointerCapture(event.pointerId);
      op.classList.add("moving");
    });
    op.addEventListener("pointermove", (event) => {
      if (!from) return;
      const x = Math.max(0, from.atX + Math.round((event.clientX - from.left) / STEP) * STEP);
      const lane = laneOf(from.atY + event.clientY - from.top);
      op.at = { x, y: lane.y + (row - bar) / 2 };
      place(op, op.at.x, op.at.y);
      tell(text(time(x), lane));
    });
    op.addEventListener("pointerup", () => { if (from) { from = null; put(op); } });
    op.addEventListener("pointercancel", () => { from = null; home(op); });
    op.addEventListener("keydown", (event) => {
      const at = where(op), lane = laneOf(at.y), number = lanes.indexOf(lane);
      const act = {
        ArrowLeft: () => { at.x = Math.max(0, at.x - STEP); },
        ArrowRight: () => { at.x += STEP; },
        ArrowUp: () => { at.y = lanes[Math.max(0, number - 1)].y + (row - bar) / 2; },
        ArrowDown: () => { at.y = lanes[Math.min(lanes.length - 1, number + 1)].y + (row - bar) / 2; },
      }[event.key];
      if (act) {
        event.preventDefault();
        act();
        op.classList.add("moving");
        place(op, at.x, at.y);
        tell(text(time(at.x), laneOf(at.y)));
      } else if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        put(op);
      } else if (event.key === "Escape") {
        home(op);
        tell("");
      }
    });
  }
})();
