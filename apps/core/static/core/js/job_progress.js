// Moves the progress bars of running jobs; reloads once when a job has ended.
"use strict";

function follow(place) {
  const bar = place.querySelector("progress");
  const text = place.querySelector("output");
  const ask = async () => {
    let job;
    try {
      const answer = await fetch(place.dataset.url, { credentials: "same-origin" });
      if (!answer.ok) return;
      job = await answer.json();
    } catch {
      setTimeout(ask, 5000);
      return;
    }
    bar.value = job.percent;
    text.textContent = `${job.percent} % ${job.message}`;
    if (job.status === "queued" || job.status === "running") {
      setTimeout(ask, 1000);
    } else {
      location.reload();
    }
  };
  setTimeout(ask, 500);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const place of document.querySelectorAll(".job-progress[data-url]")) {
    if (place.dataset.url) follow(place);
  }
});
