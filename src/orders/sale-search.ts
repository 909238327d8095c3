import { isUuid } from '../base/ids.ts';

/** One way to understand what somebody typed to find a sale. */
export type SaleQuestion =
  | { kind: 'id'; transactionId: string }
  /** As it is printed, or its digits alone. */
  | { kind: 'number'; text: string }
  | { kind: 'email'; text: string }
  /** Words in their order; each of `words` begins a word of the name. */
  | { kind: 'name'; text: string; words: string[] }
  /** The last digits of a telephone number. */
  | { kind: 'phone'; digits: string }
  | { kind: 'document'; text: string }
  /** The last letters and digits of a payment's reference. */
  | { kind: 'reference'; text: string }
  | { kind: 'seat'; row: string; number: string };

const idPattern = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(-\d{1,4})?$/i;
const rowWords = /^(?:fila|row)\s*/iu;
const seatWords = /(?:^|[\s,])(?:asiento|butaca|silla|puesto|seat)(?=[\s\d])/giu;

// Shorter ends of numbers would find a large part of all sales.
const digitsMin = 4;
// What numbers have in common that are written with and without a country's code.
const phoneDigits = 9;

/** A row and a seat as they stand on a ticket: `A-12`, `A12`, `fila A asiento 12`, `row 3 seat 7`. */
function seatOf(text: string): SaleQuestion[] {
  const plain = text.replace(seatWords, ' ').replace(rowWords, '').trim();
  const named = plain !== text;
  const apart = /^([\p{L}\d]{1,6})[\s\-/,]+([\p{L}\d]{1,6})$/u.exec(plain);
  const joined = /^(\p{L}{1,3})(\d{1,4})$/u.exec(plain);
  const [, row, number] = apart ?? joined ?? [];
  if (row === undefined || number === undefined) return [];
  return named || /\d/.test(row + number) ? [{ kind: 'seat', row, number }] : [];
}

/**
 * All that a text can mean in the one box of support: the id of a sale or ticket, its fiscal number, an e-mail address, a
 * name, the last digits of a telephone, a document, a payment's reference, a seat. Pure: what there is, is asked for later.
 */
export function understandSearch(typed: string): SaleQuestion[] {
  const text = typed.trim().replace(/\s+/g, ' ');
  const id = idPattern.exec(text)?.[1]?.toLowerCase();
  if (id !== undefined && isUuid(id)) return [{ kind: 'id', transactionId: id }];
  if (text.includes('@')) return [{ kind: 'email', text }];
  const questions: SaleQuestion[] = [];
  const code = text.replace(/[^\p{L}\d]/gu, '');
  const digits = text.replace(/\D/g, '');
  if (digits !== '' && !text.includes(' ')) questions.push({ kind: 'number', text });
  // With or without the country's code or a leading zero.
  const phone = digits.replace(/^0+/, '').slice(-phoneDigits);
  if (phone.length >= digitsMin && !/\p{L}/u.test(text)) questions.push({ kind: 'phone', digits: phone });
  if (digits !== '' && code.length >= digitsMin) {
    questions.push({ kind: 'document', text: code }, { kind: 'reference', text: code });
  }
  questions.push(...seatOf(text));
  if (digits === '' && code.length >= 2) {
    // What a local part or a domain begins with is found, too.
    questions.push({ kind: 'name', text, words: text.split(' ') }, { kind: 'email', text });
  } else if (/^\p{L}[\p{L}\d._+-]*$/u.test(text) && code.length >= digitsMin) {
    questions.push({ kind: 'email', text });
  }
  return questions;
}
