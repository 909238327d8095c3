/**
 * What the tab keeps across a reload and the back button. A browser that refuses storage (private
 * mode, a full disk) loses only that comfort, so faults are swallowed here and nowhere else.
 */
export function keep(key: string, value: unknown, store: Storage = sessionStorage): void {
  try {
    store.setItem(key, JSON.stringify(value));
  } catch {
    // The page goes on without it.
  }
}

export function kept<T>(key: string, store: Storage = sessionStorage): T | null {
  try {
    const text = store.getItem(key);
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

export function drop(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept, so nothing is left to drop.
  }
}
