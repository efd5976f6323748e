// Keeps the pages as they last were. With a connection every page comes from the server; without one it is shown as it was,
// with its day, and a sentence that says so. What the browser keeps goes when the log-in ends.
const FILES = "files-1";
const PAGES = "pages-1";
const HERE = new URL("./", self.location).pathname;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(FILES).then((kept) => kept.addAll([HERE + "style.css", HERE + "offline", HERE + "icon.svg"]))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((n) => n !== FILES && n !== PAGES).map((n) => caches.delete(n))))
      .then(() => self.clients.claim()),
  );
});

async function page(request) {
  try {
    const fresh = await fetch(request);
    const kept = await caches.open(PAGES);
    if (fresh.ok && fresh.headers.has("x-as-of")) {
      const url = new URL(request.url);
      url.searchParams.delete("lang");
      await kept.put(url.href, fresh.clone());
    } else if (fresh.type === "opaqueredirect") {
      await caches.delete(PAGES);
    }
    return fresh;
  } catch (gone) {
    const url = new URL(request.url);
    url.searchParams.delete("lang");
    const last = await caches.match(url.href);
    if (!last) {
      return (await caches.match(HERE + "offline")) || Response.error();
    }
    const text = (await last.text()).replace('id="offline" hidden', 'id="offline"');
    return new Response(text, { status: 200, headers: last.headers });
  }
}

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate") {
    event.respondWith(page(request));
  } else if (request.destination === "style" || request.destination === "image") {
    event.respondWith(fetch(request).catch(async () => (await caches.match(request)) || Response.error()));
  }
});
