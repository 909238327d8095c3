export type Route =
  | { page: 'events' }
  | { page: 'hall'; eventId: string }
  | { page: 'checkout'; holdToken: string }
  | { page: 'order'; saleId: string; token: string }
  | { page: 'missing' };

function match(url: URL): Route {
  const [first, second, ...rest] = url.pathname.split('/').filter((part) => part !== '');
  if (first === undefined || (first === 'events' && second === undefined)) {
    return { page: 'events' };
  }
  if (second === undefined || rest.length > 0) return { page: 'missing' };
  const id = decodeURIComponent(second);
  switch (first) {
    case 'events':
      return { page: 'hall', eventId: id };
    case 'checkout':
      return { page: 'checkout', holdToken: id };
    case 'orders':
      return { page: 'order', saleId: id, token: url.searchParams.get('token') ?? '' };
    default:
      return { page: 'missing' };
  }
}

class Router {
  route: Route = $state.raw(match(new URL(location.href)));
  /** How many times the page changed: 0 is the page that the browser loaded itself. */
  moves = $state(0);

  start(): void {
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#followLink(event));
  }

  go(path: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') history.pushState(null, '', path);
    else history.replaceState(null, '', path);
    this.#read();
    scrollTo(0, 0);
  }

  #read(): void {
    this.route = match(new URL(location.href));
    this.moves += 1;
  }

  #followLink(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest('a');
    if (link === null || link.target !== '' || link.hasAttribute('download')) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin) return;
    if (url.pathname === location.pathname && url.hash !== '') return; // The skip link.
    if (match(url).page === 'missing') return; // The server's own, such as the PDF.
    event.preventDefault();
    this.go(url.pathname + url.search);
  }
}

export const router = new Router();

export const paths = {
  events: '/',
  hall: (eventId: string) => `/events/${encodeURIComponent(eventId)}`,
  checkout: (holdToken: string) => `/checkout/${encodeURIComponent(holdToken)}`,
};
