/**
 * What the tab keeps across a reload and the back button. A browser that refuses storage (private
 * mode, a full disk) loses only that comfort, so faults are swallowed here and nowhere else; even
 * to name the storage may be refused, which is why it is named in here.
 */
type Store = 'sessionStorage' | 'localStorage';

export function keep(key: string, value: unknown, store: Store = 'sessionStorage'): void {
  try {
    window[store].setItem(key, JSON.stringify(value));
  } catch {
    // The page goes on without it.
  }
}

export function kept<T>(key: string, store: Store = 'sessionStorage'): T | null {
  try {
    return JSON.parse(window[store].getItem(key) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

export function drop(key: string): void {
  keep(key, null);
}
