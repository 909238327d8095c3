/** A cell as spreadsheets read it; what would begin a formula is made a text. */
function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Rows as a CSV file (RFC 4180, UTF-8 with its mark, which spreadsheets ask for). */
export function toCsv(rows: readonly (readonly (string | number)[])[]): string {
  return `\ufeff${rows.map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** Gives the reader a file that the page made. */
export function downloadFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export function downloadCsv(title: string, rows: readonly (readonly (string | number)[])[]): void {
  const name = `${title.replaceAll(/[^\p{L}\p{N}]+/gu, '-').toLowerCase()}.csv`;
  downloadFile(name, new Blob([toCsv(rows)], { type: 'text/csv;charset=utf-8' }));
}
