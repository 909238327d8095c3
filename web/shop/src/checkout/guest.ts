import type { FieldFault } from '../api/contract.ts';
import { t } from '../lib/language.svelte.ts';

export const fields = [
  'name',
  'email',
  'phone',
  'document',
  'method',
  'bank',
  'payer_phone',
  'payer_document',
  'reference',
] as const;
export type Field = (typeof fields)[number];
export type Guest = Record<Field, string>;
export type FieldErrors = Partial<Record<Field, string>>;

export const emptyGuest: Guest = {
  name: '',
  email: '',
  phone: '',
  document: '',
  method: '',
  bank: '',
  payer_phone: '',
  payer_document: '',
  reference: '',
};

/** Where the tab keeps what was filled in. */
export const guestKey = 'taquilla.guest';

export type TextFieldName = Exclude<Field, 'method'>;

/** How the browser should treat each field; the lengths are the contract's. */
export const inputs = {
  name: { type: 'text', autocomplete: 'name', lengthMax: 120, required: true },
  email: { type: 'email', autocomplete: 'email', lengthMax: 254, required: false },
  phone: { type: 'tel', autocomplete: 'tel', lengthMax: 20, required: false },
  document: { type: 'text', autocomplete: 'off', lengthMax: 30, required: false },
  bank: { type: 'text', autocomplete: 'off', lengthMax: 60, required: true },
  payer_phone: { type: 'tel', autocomplete: 'off', lengthMax: 20, required: false },
  payer_document: { type: 'text', autocomplete: 'off', lengthMax: 30, required: false },
  reference: { type: 'text', autocomplete: 'off', lengthMax: 64, required: true },
} as const satisfies Record<TextFieldName, unknown>;

/** The counter finds these payments by their reference, so it cannot be left out. */
const methodsWithReference: readonly string[] = ['transfer', 'mobile_payment', 'zelle'];

/** The buyer tells from where these were paid, so that the seller can verify them. */
const reportedMethods: readonly string[] = ['transfer', 'mobile_payment'];

export const needsReport = (method: string): boolean => reportedMethods.includes(method);
export const needsReference = (method: string): boolean => methodsWithReference.includes(method);

const emailPattern = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const phonePattern = /^\+?[0-9][0-9 ()./-]{5,}$/;

/** What can be said without asking the server, which checks everything again. */
export function check(guest: Guest): FieldErrors {
  const texts = t.checkout.errors;
  const errors: FieldErrors = {};
  const email = guest.email.trim();
  const phone = guest.phone.trim();
  if (guest.name.trim() === '') errors.name = texts.name;
  if (email === '' && phone === '') errors.email = texts.contact;
  if (email !== '' && !emailPattern.test(email)) errors.email = texts.email;
  if (phone !== '' && !phonePattern.test(phone)) errors.phone = texts.phone;
  if (guest.method === '') errors.method = texts.method;
  if (needsReference(guest.method) && guest.reference.trim() === '') {
    errors.reference = texts.reference;
  }
  if (needsReport(guest.method)) {
    if (guest.bank.trim() === '') errors.bank = texts.bank;
    const payer = guest.payer_phone.trim();
    if (payer !== '' && !phonePattern.test(payer)) errors.payer_phone = texts.payer_phone;
  }
  return errors;
}

/**
 * The server's faults beside their fields; what belongs to no field of the form is left to the
 * caller, so that no fault goes unsaid.
 */
export function placeFaults(faults: readonly FieldFault[]): { errors: FieldErrors; rest: string[] } {
  const texts = t.checkout.errors;
  const errors: FieldErrors = {};
  const rest: string[] = [];
  for (const { path, code, message } of faults) {
    const [group, name, inner] = path.split('/').filter((part) => part !== '');
    // A report's phone and document are its payer's.
    const field =
      fields.find((one) => one === (name === 'report' ? inner : name)) ??
      fields.find((one) => one === `payer_${inner}`);
    if ((group === 'customer' || group === 'payment') && field !== undefined) {
      errors[field] ??= code === 'too_long' ? texts.tooLong : texts[field];
    } else if (group === 'customer') {
      errors.email ??= texts.contact;
    } else {
      rest.push(message);
    }
  }
  return { errors, rest };
}
