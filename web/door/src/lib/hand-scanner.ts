const gapMilliseconds = 500;
const codeCharsMin = 6;
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
    if (event.timeStamp - lastAt > gapMilliseconds) typed = '';
    lastAt = event.timeStamp;
    if (event.key === 'Enter') {
      if (typed.length < codeCharsMin) return;
      // A button that has the focus is not what the scanner meant to press.
      event.preventDefault();
      onCode(typed);
      typed = '';
    } else if (event.key.length === 1) {
      if (typed !== '' && event.key === ' ') event.preventDefault();
      typed += event.key;
    }
  };
  document.addEventListener('keydown', onKey, true);
  return () => document.removeEventListener('keydown', onKey, true);
}
