import { Problem, type ErrorCode } from '../base/errors.ts';
import { convert, type ExchangeRate } from './exchange-rate.ts';
import type { PaymentReport, TenderOrder } from './intent.ts';
import { referencedMethods, type BuyerMethod } from './payment.ts';

/** A payment as a buyer or a till asks for it. Money in minor units. */
export type PaymentPart = {
  method: BuyerMethod;
  /** Of the sale, in its currency. */
  amount: number;
  /** What it is paid in; the sale's when absent. */
  currency?: string;
  reference?: string;
  report?: PaymentReport;
  /** Cash that was handed over, in the currency that it is paid in. */
  tendered?: number;
};

type Means = {
  currency: string;
  /** By currency, of today; only those that there are. */
  rates: ReadonlyMap<string, ExchangeRate>;
  /** Who takes cards on line, if anybody does. */
  provider: string | null;
};

function refuse(code: ErrorCode, detail: string, path: string): Problem {
  return new Problem(code, detail, { errors: [{ path, code, message: detail }] });
}

function priceOf({ amount, currency: paidCurrency }: PaymentPart, means: Means, path: string) {
  const { currency, rates } = means;
  if (paidCurrency === undefined || paidCurrency === currency) {
    return { paidAmount: amount, paidCurrency: currency, rate: null };
  }
  const rate = rates.get(paidCurrency);
  if (!rate) {
    const detail = `There is no rate of ${paidCurrency} for ${currency} today. Nothing was sold.`;
    throw refuse('exchange_rate_missing', detail, `${path}/currency`);
  }
  return { paidAmount: convert(amount, currency, paidCurrency, rate.rateE8), paidCurrency, rate };
}

function orderTender(part: PaymentPart, means: Means, path: string): TenderOrder {
  const { method, amount, report = null, reference = null, tendered = null } = part;
  const price = priceOf(part, means, path);
  const isOnline = method === 'card_online';
  if (isOnline && means.provider === null) {
    throw refuse('payment_method_unavailable', 'Cards are not taken on line here.', `${path}/method`);
  }
  if (isOnline && price.rate) {
    const detail = `A card on line is charged in ${means.currency}.`;
    throw refuse('payment_currency_mismatch', detail, `${path}/currency`);
  }
  if (tendered !== null && tendered < price.paidAmount) {
    const detail = `${tendered} minor units were handed over, ${price.paidAmount} are to be paid.`;
    throw refuse('cash_too_little', detail, `${path}/tendered`);
  }
  return {
    method,
    state: isOnline || report ? 'pending' : 'captured',
    amount,
    ...price,
    tendered,
    provider: isOnline ? means.provider : null,
    report,
    bank: report?.bank ?? (reference !== null && referencedMethods.includes(method) ? method : null),
    reference: report?.reference ?? reference,
  };
}

/**
 * What an order's payments are, priced in the currencies that they are made in.
 * @param total minor units of the sale.
 * @param parts those of a split; null for the one that pays all.
 * @throws Problem `payment_amounts_differ`, `payment_method_unavailable`, `payment_currency_mismatch`, `cash_too_little`,
 *   `exchange_rate_missing`.
 */
export function orderTenders(
  total: number,
  whole: Omit<PaymentPart, 'amount'> | null,
  parts: readonly PaymentPart[],
  means: Means,
): TenderOrder[] {
  if (whole) return [orderTender({ ...whole, amount: total }, means, '/payment')];
  const sum = parts.reduce((amount, part) => amount + part.amount, 0);
  if (sum !== total) {
    const detail = `The payments add up to ${sum} minor units, the total is ${total}. Nothing was sold.`;
    throw refuse('payment_amounts_differ', detail, '/payment/parts');
  }
  return parts.map((part, i) => orderTender(part, means, `/payment/parts/${i}`));
}

/** What goes back to somebody who handed over more cash than was to be paid, in minor units of the currency of the cash. */
export function changeOf({ tendered, paidAmount }: { tendered: number | null; paidAmount: number }): number {
  return tendered === null ? 0 : tendered - paidAmount;
}
