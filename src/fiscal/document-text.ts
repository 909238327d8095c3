import { formatDateShort, formatDay, formatMoney, formatTime, type Locale } from '../base/format.ts';
import { toWinAnsi } from '../fulfilment/win-ansi.ts';
import type { DocumentLine, FiscalDocument } from './fiscal-document.ts';

/** A row of a document as it is printed, on paper of any width. */
export type PrintRow =
  | { kind: 'title' | 'strong' | 'text' | 'small'; text: string }
  | { kind: 'pair' | 'sum'; left: string; right: string }
  | { kind: 'rule' };

const words = {
  es: {
    receipt: 'Recibo',
    invoice: 'Factura',
    credit_note: 'Nota de crédito',
    taxId: 'RIF/NIF',
    customer: 'Cliente',
    issued: 'Emitido',
    corrects: 'Corrige el documento',
    of: 'del',
    reason: 'Motivo',
    row: 'fila',
    seat: 'asiento',
    net: 'Base',
    discounts: 'Descuentos',
    fees: 'Cargos',
    total: 'TOTAL',
    hash: 'Huella',
  },
  en: {
    receipt: 'Receipt',
    invoice: 'Invoice',
    credit_note: 'Credit note',
    taxId: 'Tax id',
    customer: 'Customer',
    issued: 'Issued',
    corrects: 'Corrects document',
    of: 'of',
    reason: 'Reason',
    row: 'row',
    seat: 'seat',
    net: 'Net',
    discounts: 'Discounts',
    fees: 'Fees',
    total: 'TOTAL',
    hash: 'Hash',
  },
} as const satisfies Record<Locale, Record<string, string>>;

const methods: Record<Locale, Record<string, string>> = {
  es: {
    cash: 'Efectivo',
    card_terminal: 'Tarjeta',
    card_online: 'Tarjeta en línea',
    transfer: 'Transferencia',
    mobile_payment: 'Pago Móvil',
    zelle: 'Zelle',
    other: 'Otro',
  },
  en: {
    cash: 'Cash',
    card_terminal: 'Card',
    card_online: 'Card on line',
    transfer: 'Transfer',
    mobile_payment: 'Mobile payment',
    zelle: 'Zelle',
    other: 'Other',
  },
};

/** The document's name and number: `Factura A-00000042`. */
export function titleOf({ kind, fiscalNumber, locale }: FiscalDocument): string {
  return `${words[locale][kind]} ${fiscalNumber}`;
}

function placeOf({ zone, row, seat }: DocumentLine, locale: Locale): string {
  if (row === null || seat === null) return zone;
  return `${zone}, ${words[locale].row} ${row}, ${words[locale].seat} ${seat}`;
}

function parties(document: FiscalDocument): PrintRow[] {
  const { seller, buyer, locale, issuedAt, timezone, corrects, point } = document;
  const say = words[locale];
  const text = (line: string): PrintRow => ({ kind: 'text', text: line });
  return [
    { kind: 'title', text: seller.legalName },
    text(`${say.taxId}: ${seller.taxId}`),
    ...(seller.address === null ? [] : [text(seller.address)]),
    { kind: 'rule' },
    { kind: 'strong', text: titleOf(document) },
    text(
      `${say.issued}: ${formatDay(issuedAt, timezone, locale)}, ${formatTime(issuedAt, timezone, locale)}`,
    ),
    text(point),
    ...(corrects
      ? [
          text(
            `${say.corrects} ${corrects.fiscalNumber}, ${formatDateShort(corrects.issuedAt, timezone, locale)}`,
          ),
          text(`${say.reason}: ${corrects.reason}`),
        ]
      : []),
    text(`${say.customer}: ${buyer.name}`),
    ...(buyer.document === null ? [] : [text(`${say.taxId}: ${buyer.document}`)]),
    ...(buyer.address === null ? [] : [text(buyer.address)]),
  ];
}

function sums(document: FiscalDocument): PrintRow[] {
  const { locale, currency, taxLines } = document;
  const say = words[locale];
  const pair = (left: string, amount: number): PrintRow => ({
    kind: 'pair',
    left,
    right: formatMoney(amount, currency, locale),
  });
  const rate = (ppm: number | null) => (ppm === null ? '' : ` ${ppm / 10_000} %`);
  return [
    pair(say.net, document.net),
    ...(document.discounts > 0 ? [pair(say.discounts, -document.discounts)] : []),
    ...(document.fees > 0 ? [pair(say.fees, document.fees)] : []),
    ...taxLines.map(({ name, ratePpm, amount }) => pair(name + rate(ratePpm), amount)),
    { ...pair(say.total, document.total), kind: 'sum' } as PrintRow,
    ...document.payments.map(({ method, currency: paidIn, amount }): PrintRow => ({
      kind: 'pair',
      left: methods[locale][method] ?? method,
      right: formatMoney(amount, paidIn, locale),
    })),
  ];
}

function encode(row: PrintRow): PrintRow {
  if (row.kind === 'rule') return row;
  if ('text' in row) return { ...row, text: toWinAnsi(row.text) };
  return { ...row, left: toWinAnsi(row.left), right: toWinAnsi(row.right) };
}

/** A document row by row, in the buyer's language, in the characters of WinAnsi. */
export function printRows(document: FiscalDocument): PrintRow[] {
  const { event, locale, currency, lines, hash } = document;
  const rows: PrintRow[] = [
    ...parties(document),
    { kind: 'rule' },
    { kind: 'strong', text: event.name },
    { kind: 'text', text: `${event.venue}, ${formatDateShort(event.startsAt, event.timezone, locale)}` },
    ...lines.map((line): PrintRow => ({
      kind: 'pair',
      left: placeOf(line, locale),
      right: formatMoney(line.net + line.fees - line.discounts, currency, locale),
    })),
    { kind: 'rule' },
    ...sums(document),
    { kind: 'rule' },
    { kind: 'small', text: `${words[locale].hash} ${hash}` },
  ];
  return rows.map(encode);
}
