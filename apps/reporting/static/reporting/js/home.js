// Draws the charts of the home page, and keeps its figures fresh while somebody looks.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const place = document.querySelector(".home");
  if (!place) return;
  const drawn = new Map();
  const isDark = () => document.documentElement.classList.contains("dark");
  let home = JSON.parse(document.getElementById("home-data").textContent);

  const all = (name) => home.sections.flatMap((section) => section[name]);

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function draw(chart) {
    const figure = place.querySelector(`[data-chart="${chart.code}"]`);
    if (!figure) return;
    const drawing = figure.querySelector(".home-drawing");
    const isEmpty = chart.series.length === 0;
    drawing.hidden = isEmpty;
    figure.querySelector(".home-empty").hidden = !isEmpty;
    if (isEmpty) return;
    if (!drawn.has(chart.code)) drawn.set(chart.code, echarts.init(drawing, null, { renderer: "svg" }));
    drawn.get(chart.code).setOption(chartOptions(chart, isDark(), drawing.clientWidth < 420), true);
  }

  function fillTile(measure) {
    const tile = place.querySelector(`[data-measure="${measure.code}"]`);
    if (!tile) return;
    tile.classList.toggle("is-alarm", measure.is_alarm);
    if (measure.url) tile.setAttribute("href", measure.url);
    tile.querySelector(".home-tile-note").textContent = measure.note;
    tile.querySelector(".home-tile-values").replaceChildren(
      ...measure.values.map((value) => {
        const line = element("span", value.text, "home-tile-value");
        if (value.currency) line.append(" ", element("small", value.currency));
        return line;
      }),
    );
  }

  function fillWorklist(worklist) {
    const panel = place.querySelector(`[data-worklist="${worklist.code}"]`);
    if (!panel) return;
    panel.querySelector(".home-empty").hidden = worklist.entries.length > 0;
    panel.querySelector("ul").replaceChildren(
      ...worklist.entries.map((entry) => {
        const row = element("li", "", entry.is_late ? "is-late" : entry.due ? "" : "is-plain");
        const title = element(entry.url ? "a" : "span", entry.title, entry.url ? "" : "home-entry");
        if (entry.url) title.href = entry.url;
        const share = element(entry.percent === null ? "span" : "progress");
        if (entry.percent !== null) {
          share.max = 100;
          share.value = entry.percent;
        }
        row.append(title, element("span", entry.note, "home-entry-note"), share, element("time", entry.due));
        return row;
      }),
    );
  }

  function show() {
    all("measures").forEach(fillTile);
    all("worklists").forEach(fillWorklist);
    all("charts").forEach(draw);
  }

  const shape = (data) => JSON.stringify([
    data.steps.map((step) => step.code),
    data.sections.map((s) => [s.code, ...s.measures.map((m) => m.code), ...s.charts.map((c) => c.code)]),
  ]);

  async function look() {
    if (document.hidden) return;
    const stale = place.querySelector("[data-home-stale]");
    try {
      const answer = await fetch(place.dataset.url, { credentials: "same-origin", headers: { Accept: "application/json" } });
      if (answer.status === 401 || answer.status === 403) {
        location.reload();
        return;
      }
      if (!answer.ok) throw new Error(answer.status);
      const fresh = await answer.json();
      if (shape(fresh) !== shape(home)) {
        location.reload();
        return;
      }
      home = fresh;
      stale.hidden = true;
      place.dataset.at = home.at;
      show();
    } catch {
      stale.hidden = false;
    }
  }

  all("charts").forEach(draw);
  setInterval(look, 1000 * Number(place.dataset.seconds));
  document.addEventListener("visibilitychange", look);
  new MutationObserver(() => all("charts").forEach(draw)).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["class"],
  });
  new ResizeObserver(() => drawn.forEach((chart) => chart.resize())).observe(place);
});
