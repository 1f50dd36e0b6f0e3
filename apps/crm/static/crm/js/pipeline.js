// The board: cards move by drag and by arrow keys; the server decides, and says no in words.
"use strict";
(() => {
  const board = document.querySelector(".board");
  if (!board) return;
  const said = document.getElementById("said");
  const stages = [...board.querySelectorAll(".stage")];
  let dragged = null;

  const say = (text, failed) => {
    said.textContent = text;
    said.classList.toggle("failed", Boolean(failed));
  };

  const move = async (card, stage) => {
    if (!stage || card.closest(".stage") === stage) return;
    const from = card.parentNode, next = card.nextSibling;
    stage.querySelector(".cards").prepend(card);
    const body = new URLSearchParams({ stage: stage.dataset.stage, version: card.dataset.version });
    try {
      const answer = await fetch(card.dataset.url, {
        method: "POST", body, credentials: "same-origin",
        headers: { "X-CSRFToken": board.dataset.token, "X-Company": board.dataset.company, "X-Requested-With": "XMLHttpRequest" },
      });
      if (!answer.ok) {
        const why = await answer.json().catch(() => ({ detail: answer.statusText }));
        throw new Error(why.detail);
      }
      sessionStorage.setItem("crm-moved", `${board.dataset.moved} ${stage.dataset.name}`);
      sessionStorage.setItem("crm-focus", card.dataset.url);
      location.reload(); // sums and versions are the server's
    } catch (error) {
      from.insertBefore(card, next);
      card.focus();
      say(`${board.dataset.failed} ${error.message}`, true);
    }
  };

  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".card");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.url);
    dragged.classList.add("dragged");
  });
  board.addEventListener("dragend", () => {
    if (dragged) dragged.classList.remove("dragged");
    stages.forEach((stage) => stage.classList.remove("over"));
    dragged = null;
  });
  stages.forEach((stage) => {
    stage.addEventListener("dragover", (event) => {
      if (!dragged) return;
      event.preventDefault();
      stages.forEach((one) => one.classList.toggle("over", one === stage));
    });
    stage.addEventListener("drop", (event) => {
      event.preventDefault();
      if (dragged) move(dragged, stage);
    });
  });
  board.addEventListener("keydown", (event) => {
    const card = event.target;
    if (!card.classList.contains("card") || !card.draggable) return;
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    move(card, stages[stages.indexOf(card.closest(".stage")) + step]);
  });

  const told = sessionStorage.getItem("crm-moved");
  if (told) {
    say(told);
    const url = sessionStorage.getItem("crm-focus");
    const card = [...board.querySelectorAll(".card")].find((one) => one.dataset.url === url);
    if (card) card.focus();
    sessionStorage.removeItem("crm-moved");
    sessionStorage.removeItem("crm-focus");
  }
})();
