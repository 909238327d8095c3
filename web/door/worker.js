// Keeps the door's own files, so that it opens without a connection. The build writes in which, and a mark of their content.
const cacheName = 'door-__MARK__';
const files = __FILES__;

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(files)));
});

self.addEventListener('activate', (event) => {
  const isOld = (name) => name.startsWith('door-') && name !== cacheName;
  const forget = async () => {
    for (const name of await caches.keys()) if (isOld(name)) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(forget());
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  // What the API answers is never kept here.
  if (request.method !== 'GET' || origin !== location.origin || !pathname.startsWith('/door/')) return;
  const wanted = request.mode === 'navigate' ? '/door/' : request;
  event.respondWith(
    caches
      .open(cacheName)
      .then((cache) => cache.match(wanted))
      .then((kept) => kept ?? fetch(request)),
  );
});
