/** What keys do: by `event.key`, letters in capitals. */
export type KeyMap = Record<string, (() => void) | undefined>;

/** Whether the key belongs to a field that is being typed in. */
function isTyping({ target }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/**
 * Does what a key means. Keys with Ctrl, Alt or Meta are the browser's; those of a field in use are the field's, but for
 * those that are named; Enter on a button or a link presses it, and any other key leaves it; a window over the page has the keys to itself.
 */
export function pressKey(event: KeyboardEvent, keys: KeyMap, evenWhileTyping: readonly string[] = []): void {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.defaultPrevented) return;
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const action = keys[key];
  if (!action || document.querySelector('[role=dialog]') !== null) return;
  if (isTyping(event) && !evenWhileTyping.includes(key)) return;
  const pressed = event.target instanceof Element && event.target.closest('button, a, summary') !== null;
  if (key === 'Enter' && pressed) return;
  event.preventDefault();
  // Else the next Enter would press the button that had the focus from before.
  if (pressed) document.querySelector<HTMLElement>('#main')?.focus();
  action();
}
