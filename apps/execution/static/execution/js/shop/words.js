/* Texts of the page, translated by the server; and moments as people read them. */
(() => {
  "use strict";
  const box = document.getElementById("waiting");
  window.Words = {
    of: (name, values = {}) => Object.entries(values).reduce(
      (text, [key, value]) => text.replaceAll(`{${key}}`, value), box ? box.dataset[name] || "" : ""),
    clock: (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    ago: (at) => {
      const minutes = Math.max(0, Math.round((Date.now() - new Date(at)) / 60000));
      if (minutes < 1) return Words.of("justNow");
      return minutes < 120 ? Words.of("minutesAgo", { count: minutes }) : Words.of("hoursAgo", { count: Math.round(minutes / 60) });
    },
  };
})();
