import ReceiptPrinterEncoder from '@point-of-sale/receipt-printer-encoder';
import { printRows } from './document-text.ts';
import type { FiscalDocument } from './fiscal-document.ts';

// Characters in a line of paper that is 80 mm wide.
const columns = 42;
const amountColumns = 14;

/** A document as bytes for a thermal printer that speaks ESC/POS, cut off at its end. */
export function encodeEscPos(document: FiscalDocument): Buffer {
  const encoder = new ReceiptPrinterEncoder({ language: 'esc-pos', columns, feedBeforeCut: 4 });
  encoder.initialize().codepage('windows1252');
  for (const row of printRows(document)) {
    switch (row.kind) {
      case 'rule':
        encoder.rule();
        break;
      case 'pair':
      case 'sum':
        encoder.bold(row.kind === 'sum');
        encoder.table(
          [
            { width: columns - amountColumns, align: 'left' },
            { width: amountColumns, align: 'right' },
          ],
          [[row.left, row.right]],
        );
        encoder.bold(false);
        break;
      default:
        encoder
          .align(row.kind === 'title' ? 'center' : 'left')
          .bold(row.kind === 'title' || row.kind === 'strong');
        encoder.line(row.text).bold(false).align('left');
    }
  }
  return Buffer.from(encoder.cut('partial').encode());
}
