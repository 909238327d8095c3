/** A payment as the API takes it; money is in minor units. */
export type PaymentPart = { method: string; amount: number; tendered?: number; reference?: string };

export type Payment = { method: string; tendered?: number; reference?: string; parts?: PaymentPart[] };

/** A payment as it is put together at the counter. */
export type Draft = {
  parts: PaymentPart[];
  method: string;
  /** What was typed: cash that was handed over, or a part of the sum. In minor units; null when nothing was. */
  typed: number | null;
  reference: string;
};

/** What is still to be paid after the parts. */
export function dueOf(total: number, parts: readonly PaymentPart[]): number {
  return parts.reduce((left, part) => left - part.amount, total);
}

/** The cash that goes back; zero unless more was handed over than is due. */
export function changeOf(total: number, { parts, method, typed }: Draft): number {
  return method === 'cash' && typed !== null ? Math.max(0, typed - dueOf(total, parts)) : 0;
}

/** A part of the sum with the means that is chosen; null when what was typed is no part of what is due. */
export function partOf(total: number, { parts, method, typed, reference }: Draft): PaymentPart | null {
  const due = dueOf(total, parts);
  if (typed === null || typed <= 0 || typed >= due) return null;
  return { method, amount: typed, ...(reference !== '' && { reference }) };
}

/**
 * The payment as the API takes it, or what is wrong with it.
 * `too_little`: less was typed than is due, and it was not made a part; `too_much`: only cash gives change.
 */
export function paymentOf(total: number, draft: Draft): Payment | 'too_little' | 'too_much' {
  const { parts, method, typed, reference } = draft;
  const due = dueOf(total, parts);
  if (typed !== null && typed < due) return 'too_little';
  if (typed !== null && typed > due && method !== 'cash') return 'too_much';
  const rest = {
    method,
    ...(reference !== '' && { reference }),
    ...(method === 'cash' && typed !== null && typed > due && { tendered: typed }),
  };
  if (parts.length === 0) return rest;
  return { method: 'split', parts: [...parts, { ...rest, amount: due }] };
}
