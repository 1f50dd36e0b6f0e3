/* Looks after /shop/: keeps the pages that were opened and shows them without a network, marked
   with when they were kept; sends waiting taps when the browser says that the network is back. */
"use strict";
importScripts({% for part in parts %}"{{ part|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %});

const SHELL = [{% for file in shell %}"{{ file|escapejs }}"{% if not forloop.last %}, {% endif %}{% endfor %}];
const URLS = { session: "{% url 'shop-session' %}", act: "{% url 'shop-act' %}" };
const STATIC = SHELL[0].slice(0, SHELL[0].indexOf("execution/"));
const HOME = "{% url 'shop' %}", OFFLINE = "{% url 'shop-offline' %}";
const KEPT = /^\/shop\/(machines\/(\d+\/)?|operations\/\d+\/|orders\/\d+\/|andon\/)$/;
const SHELLS = "mes-erp-shell-1", PAGES = "mes-erp-pages-1", LAST = "/shop/last-page";
const PATIENCE = 4000, MOST_PAGES = 60, AT = "X-Kept-At", OF = "X-Kept-For";

self.addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(SHELLS);
  await cache.addAll(SHELL.map((url) => new Request(url, { cache: "reload" })));
  await keepOffline();
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("mes-erp-") && name !== SHELLS && name !== PAGES) await caches.delete(name);
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith(STATIC)) event.respondWith(shell(event, url));
  else if (event.request.mode === "navigate" && url.pathname.startsWith(HOME)) event.respondWith(page(event, url));
});

/* Files of the terminal: what is kept at once, and anew behind it. Those of an earlier release stay
   for the pages that were kept with them. */
async function shell(event, url) {
  const kept = await caches.match(event.request, { cacheName: SHELLS, ignoreSearch: true });
  const asking = fetch(event.request).then(async (answer) => {
    if (answer.ok && (kept || SHELL.includes(url.pathname))) await (await caches.open(SHELLS)).put(event.request, answer.clone());
    return answer;
  });
  if (!kept) return asking;
  event.waitUntil(asking.catch(() => {}));
  return kept;
}

/* The network first; what is kept when it says nothing for a while. */
async function page(event, url) {
  const asking = fetch(event.request);
  const kept = await keptPage(url);
  try {
    const answer = await (kept ? Promise.race([asking, late()]) : asking);
    if (KEPT.test(url.pathname) && answer.ok && !answer.redirected) event.waitUntil(keep(url, answer.clone()));
    return answer;
  } catch {
    asking.catch(() => {});
    return kept || elsewhere(url);
  }
}

const late = () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error("late")), PATIENCE));

/* The page for what was never opened; when nobody is signed in yet, with the first page kept. */
async function keepOffline() {
  const cache = await caches.open(SHELLS);
  if (await cache.match(OFFLINE)) return;
  try {
    const answer = await fetch(OFFLINE, { credentials: "same-origin" });
    if (answer.ok && !answer.redirected) await cache.put(OFFLINE, answer);
  } catch { /* no network: another time */ }
}

async function keep(url, answer) {
  await keepOffline();
  const text = await answer.text();
  const found = text.match(/data-user="(\d+)"/);
  const cache = await caches.open(PAGES);
  const user = found ? found[1] : "";
  // another person signed in here: what the one before saw is not theirs
  const last = await cache.match(LAST);
  if (last && last.headers.get(OF) !== user) for (const old of await cache.keys()) await cache.delete(old);
  const headers = { "Content-Type": answer.headers.get("Content-Type"), [AT]: new Date().toISOString(), [OF]: user };
  for (const name of ["Content-Security-Policy", "X-Frame-Options", "X-Content-Type-Options", "Referrer-Policy"]) {
    if (answer.headers.get(name)) headers[name] = answer.headers.get(name);
  }
  await cache.put(url.pathname, new Response(text, { headers }));
  await cache.put(LAST, new Response(url.pathname, { headers: { [OF]: user } }));
  const keys = await cache.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - MOST_PAGES))) await cache.delete(old);
}

async function keptPage(url) {
  const answer = await (await caches.open(PAGES)).match(url.pathname);
  if (!answer) return null;
  const text = (await answer.text()).replace("<body ", `<body data-kept-at="${answer.headers.get(AT)}" `);
  return new Response(text, { headers: answer.headers });
}

async function elsewhere(url) {
  const last = await (await caches.open(PAGES)).match(LAST);
  if (url.pathname === HOME && !url.search && last) return Response.redirect(await last.text(), 302);
  return (await caches.match(OFFLINE, { cacheName: SHELLS })) || Response.error();
}

self.addEventListener("sync", (event) => {
  if (event.tag !== "taps") return;
  event.waitUntil((async () => {
    const result = await self.replayTaps(URLS);
    TapStore.tell("changed");
    if (result.how === "no network" || result.how === "later") throw new Error(result.how); // the browser tries again
  })());
});
