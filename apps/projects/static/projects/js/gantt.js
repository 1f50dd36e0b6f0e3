/* A bar that is chosen shows what it waits for and what waits for it; arrow keys walk the rows. */
(() => {
  "use strict";
  const chart = document.getElementById("gantt");
  const say = document.getElementById("say");
  if (!chart) return;
  const tasks = [...chart.querySelectorAll(".task")];
  const wires = [...chart.querySelectorAll(".wire")];
  const byKey = new Map(tasks.map((task) => [task.dataset.task, task]));
  const first = say.textContent;

  const walk = (key, from, to) => {
    const found = new Set(), waiting = [key];
    while (waiting.length) {
      const now = waiting.pop();
      for (const wire of wires) {
        if (wire.dataset[from] !== now) continue;
        wire.classList.add("chosen");
        if (!found.has(wire.dataset[to])) { found.add(wire.dataset[to]); waiting.push(wire.dataset[to]); }
      }
    }
    return found;
  };
  const clear = () => {
    chart.classList.remove("faded");
    for (const one of [...tasks, ...wires]) one.classList.remove("chosen");
    say.textContent = first;
  };
  const choose = (task) => {
    clear();
    const key = task.dataset.task;
    for (const other of [...walk(key, "to", "from"), ...walk(key, "from", "to")]) byKey.get(other)?.classList.add("chosen");
    task.classList.add("chosen");
    chart.classList.add("faded");
    say.textContent = task.getAttribute("aria-label");
    const select = document.getElementById("progress-task");
    if (select) select.value = key;
  };

  tasks.forEach((task, place) => {
    task.addEventListener("focus", () => choose(task));
    task.addEventListener("click", () => { task.focus(); choose(task); });
    task.addEventListener("keydown", (event) => {
      const next = { ArrowDown: place + 1, ArrowUp: place - 1 }[event.key];
      if (next !== undefined && tasks[next]) { event.preventDefault(); tasks[next].focus(); }
      if (event.key === "Escape") { task.blur(); clear(); }
      if (event.key === "Enter" && task.dataset.url) location.href = task.dataset.url;
    });
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".task, form")) clear(); });
})();
