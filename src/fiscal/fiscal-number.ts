/** A fiscal number as it stands on a document: the series' prefix, then the number filled up with zeros. */
export function formatFiscalNumber(prefix: string, padding: number, number: number): string {
  return prefix + String(number).padStart(padding, '0');
}
