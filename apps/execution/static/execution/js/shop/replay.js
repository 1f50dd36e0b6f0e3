/* Sends what waits, in order, one after the other, each with its own key. Of all pages and the
   worker only one does it at a time. What the server refuses stays, marked; the others go on. */
(() => {
  "use strict";
  const PATIENCE = 8000;
  // Not refusals of the tap: the same request is being worked on, or too many came at once.
  const LATER = new Set(["request_in_flight", "other_user"]);

  async function ask(url, options) {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), PATIENCE);
    try {
      return await fetch(url, { credentials: "same-origin", redirect: "manual", cache: "no-store", signal: control.signal, ...options });
    } finally { clearTimeout(timer); }
  }

  /* {user, token, now}, or null when nobody is signed in; throws without a network. */
  async function session(urls) {
    const answer = await ask(urls.session, { headers: { Accept: "application/json" } });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) return null;
    if (!answer.ok) throw new Error(`session ${answer.status}`);
    return answer.json();
  }

  function send(urls, tap, token) {
    const body = new URLSearchParams({ ...tap.fields, key: tap.key });
    return ask(urls.act, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token } });
  }

  async function read(answer) {
    const kind = answer.headers.get("Content-Type") || "";
    return kind.startsWith("application/json") ? answer.json() : null;
  }

  /* One tap: "done", "refused", "signed out" or "later"; with what the server said. */
  async function settle(urls, tap, token) {
    const answer = await send(urls, tap, token);
    const body = answer.type === "opaqueredirect" ? null : await read(answer);
    if (answer.ok && body) return { how: "done", body };
    if (answer.type === "opaqueredirect" || answer.status === 401 || (answer.status === 403 && !body)) return { how: "signed out" };
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429 && body && !LATER.has(body.code)) return { how: "refused", body };
    return { how: "later", status: answer.status };
  }

  async function run(urls) {
    const answers = [];
    if (!(await TapStore.all()).some((tap) => tap.state === "waiting")) return { how: "empty", answers };
    let who;
    try { who = await session(urls); } catch { return { how: "no network", answers }; }
    if (!who) return { how: "signed out", answers };
    const passed = new Set();
    for (;;) {
      // read anew each time: a tap may have been made meanwhile
      const tap = (await TapStore.all()).find((one) => one.state === "waiting" && String(one.user) === String(who.user) && !passed.has(one.id));
      if (!tap) break;
      passed.add(tap.id);
      let result;
      try { result = await settle(urls, tap, who.token); } catch { return { how: "no network", answers }; }
      if (result.how === "signed out" || result.how === "later") return { how: result.how, status: result.status, answers };
      answers.push({ id: tap.id, ...result });
      if (result.how === "done") await TapStore.remove(tap.id);
      else await TapStore.put({ ...tap, state: "refused", code: result.body.code, said: result.body.said });
    }
    const others = (await TapStore.all()).some((tap) => tap.state === "waiting");
    return { how: others ? "other user" : "empty", answers };
  }

  self.replayTaps = (urls) => {
    const locks = self.navigator && self.navigator.locks;
    return locks ? locks.request("mes-erp-taps", () => run(urls)) : run(urls);
  };
})();
