/* Taps in the browser's database, in the order they were made. Used by pages and by the worker. */
(() => {
  "use strict";
  const NAME = "mes-erp-terminal", STORE = "taps";
  let opening = null;

  const asked = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

  function open() {
    opening = opening || new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opening;
  }

  async function within(mode, act) {
    const transaction = (await open()).transaction(STORE, mode);
    const done = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
    const result = await act(transaction.objectStore(STORE));
    await done;
    return result;
  }

  const news = "BroadcastChannel" in self ? new BroadcastChannel(NAME) : null;
  const tell = (what) => { if (news) news.postMessage(what); };

  self.TapStore = {
    /* A tap: key, user, fields, words, about, who, at, state (waiting | refused), said, tries. */
    all: () => within("readonly", (store) => asked(store.getAll())),
    add: async (tap) => { const id = await within("readwrite", (store) => asked(store.add(tap))); tell("changed"); return id; },
    put: async (tap) => { await within("readwrite", (store) => asked(store.put(tap))); tell("changed"); },
    remove: async (id) => { await within("readwrite", (store) => asked(store.delete(id))); tell("changed"); },
    tell,
    listen: (act) => { if (news) news.addEventListener("message", (event) => act(event.data)); },
  };
})();
