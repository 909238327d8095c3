// Keeps ticket pages for when there is no connection. What the network answers goes first; it only serves what a page
// under /tickets/ asks for, which is its scope.
const cacheName = 'tickets-1';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

const keep = async (request, response) => {
  if (response.ok) await (await caches.open(cacheName)).put(request, response.clone());
  return response;
};

self.addEventListener('message', (event) => {
  const fetchAll = event.data.map((url) => {
    // The same address gives pages and data by what is asked for.
    const accept = url.includes('/sales/') ? 'application/json' : '*/*';
    const isPage = new URL(url).pathname.startsWith('/tickets/');
    const request = new Request(url, { headers: { accept: isPage ? 'text/html' : accept } });
    return fetch(request).then((response) => keep(url, response));
  });
  event.waitUntil(Promise.allSettled(fetchAll));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET') return;
  event.respondWith(
    fetch(request).then(
      (response) => (/\/tickets\?/.test(request.url) ? keep(request.url, response) : response),
      async (error) => {
        const kept = await caches.match(request.url);
        if (kept) return kept;
        throw error;
      },
    ),
  );
});
