const codeCharsMin = 6;
const typedCharsMax = 400;
// Much longer than a scanner pauses: what is older was pressed by somebody.
const staleMilliseconds = 5_000;
const fields = 'input, textarea, select, [contenteditable]';

/**
 * Hears hand scanners, which type a code and press Enter wherever the focus is, but for fields that people type into.
 * @returns how to stop.
 */
export function listenToHandScanner(onCode: (code: string) => void): () => void {
  let typed = '';
  let lastAt = 0;
  const onKey = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.matches(fields)) return;
    if (event.timeStamp - lastAt > staleMilliseconds) typed = '';
    lastAt = event.timeStamp;
    if (event.key === 'Enter') {
      if (typed.length < codeCharsMin) return;
      // A button that has the focus is not what the scanner meant to press.
      event.preventDefault();
      // What was pressed before a ticket's code, by accident, is no part of it.
      onCode(typed.slice(Math.max(0, typed.search(/TQ[^A-Z0-9][^-]*$/i))));
      typed = '';
    } else if (event.key === ' ') {
      // Within a code it presses no button; by itself it does.
      if (typed.length < codeCharsMin) return;
      event.preventDefault();
      typed += event.key;
    } else if (event.key.length === 1) {
      typed = (typed + event.key).slice(-typedCharsMax);
    }
  };
  document.addEventListener('keydown', onKey, true);
  return () => document.removeEventListener('keydown', onKey, true);
}
