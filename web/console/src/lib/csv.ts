import { toCsv } from './to-csv.ts';

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
