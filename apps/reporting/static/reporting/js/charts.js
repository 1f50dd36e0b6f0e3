// From a chart's plain data (labels, series, kind, unit) to the options of ECharts.
"use strict";

const chartOptions = (() => {
  const LIGHT = ["#7c3aed", "#0e9384", "#dd6b20", "#2563eb", "#be185d", "#4d7c0f"];
  const DARK = ["#a78bfa", "#2dd4bf", "#fb923c", "#60a5fa", "#f472b6", "#a3e635"];
  const language = document.documentElement.lang || "en";

  function written(value, unit) {
    if (value === null || value === undefined || value === "-") return "–";
    const digits = unit === "money" ? 2 : unit === "percent" ? 1 : 0;
    const text = new Intl.NumberFormat(language, {
      minimumFractionDigits: unit === "money" ? 2 : 0,
      maximumFractionDigits: unit === "quantity" ? 3 : digits,
    }).format(value);
    return unit === "percent" ? `${text} %` : text;
  }

  function short(value, unit) {
    const text = new Intl.NumberFormat(language, {
      notation: "compact",
      maximumFractionDigits: 1,
    }).format(value);
    return unit === "percent" ? `${text} %` : text;
  }

  function tooltip(chart, colours) {
    return {
      trigger: "axis",
      axisPointer: { type: "shadow" },
      confine: true,
      renderMode: "richText", // text of users is never read as markup
      backgroundColor: colours.paper,
      borderColor: colours.line,
      textStyle: { color: colours.ink, fontSize: 12 },
      valueFormatter: (value) => written(value, chart.unit),
    };
  }

  function series(chart, isDark) {
    return chart.series.map((one) => ({
      name: one.name,
      type: "bar",
      stack: chart.kind === "stack" && !one.is_apart ? "all" : undefined,
      itemStyle: one.is_apart ? { opacity: 0.35 } : undefined,
      data: one.values,
      barMaxWidth: 28,
      emphasis: { disabled: true },
      label: {
        show: chart.kind === "rank" && chart.series.length === 1,
        position: "right",
        color: isDark ? "#d1d5db" : "#374151",
        formatter: (point) => (Math.abs(point.value) < 10000 ? written : short)(point.value, chart.unit),
      },
    }));
  }

  return (chart, isDark, isNarrow) => {
    const colours = isDark
      ? { ink: "#e5e7eb", soft: "#9ca3af", line: "#374151", paper: "#111827" }
      : { ink: "#111827", soft: "#6b7280", line: "#e5e7eb", paper: "#ffffff" };
    const isAcross = chart.kind === "rank";
    const labels = {
      type: "category",
      data: chart.labels,
      inverse: isAcross,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colours.line } },
      axisLabel: {
        color: colours.soft,
        width: isAcross ? (isNarrow ? 90 : 150) : undefined,
        overflow: "truncate",
        hideOverlap: true,
      },
    };
    const values = {
      type: "value",
      minInterval: chart.unit === "count" ? 1 : undefined,
      splitLine: { lineStyle: { color: colours.line } },
      axisLabel: { color: colours.soft, formatter: (value) => short(value, chart.unit) },
      splitNumber: 4,
    };
    return {
      animation: false,
      textStyle: { fontFamily: 'Inter, "DejaVu Sans", sans-serif' },
      aria: { enabled: true },
      color: isDark ? DARK : LIGHT,
      grid: { left: 4, right: isAcross ? 64 : 8, top: chart.series.length > 1 ? 34 : 12, bottom: 4, containLabel: true },
      legend: { show: chart.series.length > 1, top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: colours.soft } },
      tooltip: tooltip(chart, colours),
      xAxis: isAcross ? { ...values, show: false } : labels,
      yAxis: isAcross ? labels : values,
      series: series(chart, isDark),
    };
  };
})();
