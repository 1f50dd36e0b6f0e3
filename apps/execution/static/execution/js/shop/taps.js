/* A tap is first written down here, with its key and its moment, and then sent: an answer that got
   lost, or a network that is gone, neither loses nor doubles it. */
(() => {
  "use strict";
  const box = document.getElementById("waiting");
  if (!box || !("indexedDB" in window)) return;
  const urls = { session: box.dataset.session, act: box.dataset.act };
  const AGAIN = 15000, SAID = "mes-erp-said", OFFSET = "mes-erp-clock";

  function newKey() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /* How far the clock of the server is ahead of this one, as the last page from it told. */
  function learnClock() {
    if (document.body.dataset.keptAt) return;
    const seen = Date.parse(box.dataset.serverTime) - Date.now();
    const known = Number(localStorage.getItem(OFFSET) || NaN);
    // the way takes time, so the larger one is nearer; a clock that was set counts at once
    if (!(Math.abs(seen - known) < 30000 && seen < known)) localStorage.setItem(OFFSET, String(seen));
  }
  const moment = () => new Date(Date.now() + Number(localStorage.getItem(OFFSET) || 0)).toISOString();

  function fieldsOf(form, button) {
    const fields = {};
    for (const [name, value] of new FormData(form)) if (typeof value === "string") fields[name] = value;
    if (button && button.name) fields[button.name] = button.value;
    delete fields.csrfmiddlewaretoken;
    delete fields.key;
    return fields;
  }

  function wordsOf(form, button, fields) {
    const label = (button ? button.dataset.label || button.textContent : "").trim();
    const text = (button && button.dataset.words) || form.dataset.words || "{label}";
    return text.replaceAll("{label}", label).replaceAll("{quantity}", fields.quantity || "");
  }

  let busy = 0;

  async function tap(form, button) {
    busy += 1;
    try { return await tapped(form, button); } finally { busy -= 1; look(); }
  }

  async function tapped(form, button) {
    const fields = fieldsOf(form, button), at = moment();
    const made = {
      key: newKey(), user: box.dataset.user, words: wordsOf(form, button, fields),
      about: form.dataset.about || box.dataset.about, who: box.dataset.employeeName, at, state: "waiting",
      fields: { ...fields, tapped_at: at, user: box.dataset.user, employee: box.dataset.employee },
    };
    const isAlone = !(await TapStore.all()).some((one) => one.state === "waiting");
    const id = await TapStore.add(made);
    await Pending.show();
    const result = await replay();
    const own = result.answers.find((one) => one.id === id);
    if (!own) {
      // the worker was faster with it
      if ((await TapStore.all()).some((one) => one.key === made.key)) return false;
      location.reload();
      return true;
    }
    if (own.how === "refused") {
      // said on the spot, as without a script: it need not stay in the list
      if (isAlone) { await TapStore.remove(id); say(own.body.said, "error"); await Pending.show(); }
      return false;
    }
    sessionStorage.setItem(SAID, own.body.said);
    if (own.body.next === location.pathname) location.reload(); else location.assign(own.body.next);
    return true;
  }

  async function replay() {
    let result;
    try { result = await window.replayTaps(urls); } catch { result = { how: "no network", answers: [] }; }
    const lost = result.how === "no network" || result.how === "later";
    document.body.classList.toggle("offline", lost);
    if (result.how === "signed out") Pending.why(Words.of("signedOut"), box.dataset.login);
    else if (result.how === "other user") Pending.why(Words.of("otherUser"));
    else if (result.how === "later") Pending.why(Words.of("later"));
    else Pending.why(lost ? Words.of("noNetwork") : "");
    if (lost) wakeLater();
    await Pending.show();
    return result;
  }

  /* Which waiting taps this page knows of: the worker, or another page, may send them too. */
  let known = new Map();

  async function look() {
    const taps = await TapStore.all(), kept = new Set(taps.map((one) => one.key));
    const done = [...known.keys()].filter((key) => !kept.has(key)).length;
    known = new Map(taps.filter((one) => one.state === "waiting").map((one) => [one.key, one]));
    await Pending.show();
    return { done, waiting: known.size };
  }

  /* What waited has arrived: the page is made anew, unless somebody is typing into it. */
  let arrived = 0;

  async function follow() {
    if (busy) return;
    const { done, waiting } = await look();
    arrived += done;
    if (!arrived || waiting) return;
    document.body.classList.remove("offline");
    sessionStorage.setItem(SAID, Words.of("arrived", { count: arrived }));
    arrived = 0;
    await freshen();
  }

  async function replayWaiting() {
    const { waiting } = await look();
    if (waiting) await replay();
    else if (document.body.dataset.keptAt && navigator.onLine) await freshen();
    await follow();
  }

  async function freshen() {
    const box = document.activeElement;
    if (box && box.tagName === "INPUT" && box.value && box.value !== box.defaultValue) return;
    try { if (!(await fetch(urls.session, { credentials: "same-origin", cache: "no-store" })).ok) return; } catch { return; }
    location.reload();
  }

  function wakeLater() {
    if (!navigator.serviceWorker) return;
    navigator.serviceWorker.ready.then((worker) => worker.sync && worker.sync.register("taps")).catch(() => {});
  }

  function say(text, kind) {
    let messages = document.querySelector(".messages");
    if (!messages) { messages = document.createElement("div"); messages.className = "messages"; document.querySelector("main").before(messages); }
    const line = document.createElement("p");
    line.className = `message ${kind}`;
    line.setAttribute("role", kind === "error" ? "alert" : "status");
    line.textContent = text;
    messages.replaceChildren(line);
  }

  const said = sessionStorage.getItem(SAID);
  if (said) { sessionStorage.removeItem(SAID); say(said, "success"); }
  learnClock();

  for (const form of document.querySelectorAll("form[data-tap]")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (form.dataset.busy) return;
      form.dataset.busy = "1";
      try {
        const leaves = await tap(form, event.submitter);
        if (!leaves) delete form.dataset.busy;
      } catch {
        // no database here (private window): as without a script
        const button = event.submitter, field = document.createElement("input");
        if (button && button.name) { field.type = "hidden"; field.name = button.name; field.value = button.value; form.append(field); }
        form.submit();
      }
    });
  }

  window.addEventListener("online", replayWaiting);
  window.addEventListener("offline", () => { document.body.classList.add("offline"); Pending.why(Words.of("noNetwork")); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) replayWaiting(); });
  setInterval(replayWaiting, AGAIN);
  TapStore.listen(follow);
  look().then(replayWaiting);
})();
