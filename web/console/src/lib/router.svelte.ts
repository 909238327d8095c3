import type { Page } from './page.ts';

/** Where somebody is: a seller's page, or one of their own. */
export type Place =
  | { at: 'page'; sellerId: number; page: Page; params: Record<string, string> }
  | { at: 'account' }
  /** No seller was named: the one that was last looked at, or a choice. */
  | { at: 'start'; rest: string }
  | { at: 'missing'; sellerId: number | null };

const base = '/console';

function matchPath(pattern: string, parts: readonly string[]): Record<string, string> | null {
  const names = pattern.split('/').filter((part) => part !== '');
  if (names.length !== parts.length) return null;
  const params: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const part = parts[index]!;
    if (name.startsWith(':')) params[name.slice(1)] = part;
    else if (name !== part) return null;
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What an address below /console means. */
function placeOf(url: URL, pages: readonly Page[]): Place {
  const [first, ...rest] = url.pathname
    .slice(base.length)
    .split('/')
    .filter((part) => part !== '')
    .map(decoded);
  if (first === undefined) return { at: 'start', rest: '' };
  if (first === 'account' && rest.length === 0) return { at: 'account' };
  if (!/^[1-9]\d{0,9}$/.test(first)) {
    const isPage = pages.some((page) => matchPath(page.path, [first, ...rest]));
    return isPage ? { at: 'start', rest: [first, ...rest].join('/') } : { at: 'missing', sellerId: null };
  }
  const sellerId = Number(first);
  for (const page of pages) {
    const params = matchPath(page.path, rest);
    if (params) return { at: 'page', sellerId, page, params };
  }
  return { at: 'missing', sellerId };
}

class Router {
  url: URL = $state.raw(new URL(location.href));
  /** All pages that there are; given, not imported, since every page uses the router. */
  pages: readonly Page[] = $state.raw([]);
  place: Place = $derived(placeOf(this.url, this.pages));
  /** How many times the page changed: 0 is the page that the browser loaded itself. */
  moves = $state(0);

  /** The seller that the address names, or null. */
  sellerId: number | null = $derived('sellerId' in this.place ? this.place.sellerId : null);

  start(pages: readonly Page[]): void {
    this.pages = pages;
    addEventListener('popstate', () => this.#read());
    document.addEventListener('click', (event) => this.#followLink(event));
  }

  /** Goes to an address of the console, such as what `paths` gives. */
  go(path: string, how: 'push' | 'replace' = 'push'): void {
    if (how === 'push') history.pushState(null, '', path);
    else history.replaceState(null, '', path);
    this.#read();
    scrollTo(0, 0);
  }

  /** Changes the query of the address alone, which is no move: filters and searches are deep links, too. */
  setQuery(changes: Record<string, string | undefined>): void {
    const url = new URL(location.href);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined || value === '') url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    history.replaceState(null, '', url);
    this.url = url;
  }

  #read(): void {
    this.url = new URL(location.href);
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
    const isOurs = url.pathname === base || url.pathname.startsWith(`${base}/`);
    if (!isOurs || placeOf(url, this.pages).at === 'missing') return; // The server's own, such as a PDF.
    event.preventDefault();
    this.go(url.pathname + url.search);
  }
}

export const router = new Router();

export const paths = {
  start: base,
  account: `${base}/account`,
  /** The address of a seller's page, such as `paths.page(1, 'staff')`. */
  page: (sellerId: number, ...parts: (string | number)[]): string =>
    [base, sellerId, ...parts.flatMap((part) => String(part).split('/')).map(encodeURIComponent)].join('/'),
};
