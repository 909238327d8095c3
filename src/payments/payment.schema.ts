import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { object } from '../http/schemas.ts';
import type { PaymentReport } from './intent.ts';
import type { PlanRequest } from './payment-intents.ts';
import { paymentMethods, referencedMethods, reportedMethods, type Payment } from './payment.ts';
import type { PaymentPart } from './tender-orders.ts';

const referenceSchema = Type.String({ minLength: 1, maxLength: limits.paymentReferenceCharsMax });
const minorUnits = (description: string) =>
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description });

const meansSchema = {
  reference: Type.Optional(referenceSchema),
  report: Type.Optional(
    object(
      {
        bank: Type.String({ minLength: 1, maxLength: limits.bankNameCharsMax, pattern: '\\S' }),
        reference: referenceSchema,
        phone: Type.Optional(
          Type.String({ pattern: '^\\+?[0-9][0-9 ()./-]{5,}$', maxLength: limits.paymentPhoneCharsMax }),
        ),
        document: Type.Optional(Type.String({ minLength: 1, maxLength: limits.customerDocumentCharsMax })),
      },
      {
        description:
          'Of a transfer or a mobile payment that the buyer has made: the sale is made once it is verified',
      },
    ),
  ),
  currency: Type.Optional(
    Type.String({
      pattern: '^[A-Z]{3}$',
      maxLength: 3,
      description: 'What it is paid in, by the rate of the day',
    }),
  ),
  tendered: Type.Optional(minorUnits('Cash that was handed over, in the currency that it is paid in')),
};

/** One payment of several. */
export const partSchema = object({
  method: Type.Enum([...paymentMethods]),
  amount: minorUnits("Its part of the total, in the sale's currency"),
  ...meansSchema,
});

/** How a sale is paid: at once by one means, by a page of a card's provider, by a report, or by several payments. */
export const paymentSchema = object({
  method: Type.Enum([...paymentMethods, 'split', 'plan']),
  ...meansSchema,
  plan: Type.Optional(
    object(
      {
        rule_id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
        down_payment: partSchema,
        expected_amounts: Type.Optional(
          Type.Array(minorUnits('Of an instalment, the down payment first'), {
            maxItems: limits.planInstalmentsMax + 1,
            description: 'What the buyer was shown; other amounts are refused',
          }),
        ),
      },
      { description: "Of a `plan`: one of the hold's `payment_plans`" },
    ),
  ),
  parts: Type.Optional(
    Type.Array(partSchema, {
      minItems: 2,
      maxItems: limits.paymentPartsMax,
      description: 'The payments of a `split`',
    }),
  ),
});
export type PaymentBody = Static<typeof paymentSchema>;
export type PartBody = Static<typeof partSchema>;

function refuse(path: string, message: string): Problem {
  return new Problem('body_invalid', message, { errors: [{ path, code: 'not_allowed', message }] });
}

/** A reference as it is compared: how it is written makes no second payment of one. */
const normaliseReference = (reference: string): string => reference.replaceAll(/\s+/g, '').toUpperCase();

/** A report with its bank and reference as they are compared. */
export function normaliseReport(report: NonNullable<PartBody['report']>): PaymentReport {
  return {
    bank: report.bank.trim().replaceAll(/\s+/g, ' ').toLowerCase(),
    reference: normaliseReference(report.reference),
    phone: report.phone ?? null,
    document: report.document ?? null,
  };
}

function readPart<P extends Omit<PartBody, 'amount'>>(part: P, path: string): Omit<PaymentPart, 'amount'> {
  const { method, reference, report, currency, tendered } = part;
  if (report && !reportedMethods.includes(method)) {
    throw refuse(`${path}/report`, 'Only a transfer and a mobile payment are reported.');
  }
  if (tendered !== undefined && method !== 'cash') {
    throw refuse(`${path}/tendered`, 'Only cash is handed over.');
  }
  return {
    method,
    ...(reference !== undefined && {
      reference: referencedMethods.includes(method) ? normaliseReference(reference) : reference,
    }),
    ...(report && { report: normaliseReport(report) }),
    ...(currency !== undefined && { currency }),
    ...(tendered !== undefined && { tendered }),
  };
}

/**
 * Where a payment is said to be made that nobody has seen, and that is not reported either: what only the seller's own may
 * say; null when there is none.
 */
export function unreportedPath({ method, report, plan, parts = [] }: PaymentBody): string | null {
  const isUnreported = (of: Pick<PartBody, 'method' | 'report'>) =>
    reportedMethods.includes(of.method) && !of.report;
  if (plan && isUnreported(plan.down_payment)) return '/payment/plan/down_payment/report';
  if (method !== 'split' && method !== 'plan' && isUnreported({ method, ...(report && { report }) }))
    return '/payment/report';
  const i = parts.findIndex(isUnreported);
  return i < 0 ? null : `/payment/parts/${i}/report`;
}

/**
 * Whether a sale can be made at once in the hot path: one payment whose money is there, in the sale's currency, and that
 * names no reference which another payment may have.
 */
export function isPlain(payment: PaymentBody, saleCurrency: string): boolean {
  const { method, reference, report, parts, plan, currency, tendered } = payment;
  return (
    method !== 'card_online' &&
    method !== 'plan' &&
    !plan &&
    !(reference !== undefined && referencedMethods.includes(method)) &&
    !report &&
    !parts &&
    tendered === undefined &&
    (currency === undefined || currency === saleCurrency)
  );
}

/** The one payment of a sale that is made at once. @throws Problem `body_invalid` for a split without parts. */
export function plainPayment({ method, reference }: PaymentBody): Payment {
  if (method === 'split') throw refuse('/payment/parts', 'A split names its parts.');
  if (method === 'plan') throw refuse('/payment/plan', 'A plan names its rule and its down payment.');
  return { method, ...(reference !== undefined && { reference }) };
}

/** One payment with its amount. @throws Problem `body_invalid`. */
export function readAmountPart(part: PartBody, path: string): PaymentPart {
  return { ...readPart(part, path), amount: part.amount };
}

/** The payments of a sale whose money comes later or in parts. @throws Problem `body_invalid`. */
export function readPayment(payment: PaymentBody): {
  whole: Omit<PaymentPart, 'amount'> | null;
  parts: PaymentPart[];
  plan?: PlanRequest;
} {
  const { method, parts, plan, ...rest } = payment;
  if (method === 'plan') {
    if (!plan) throw refuse('/payment/plan', 'A plan names its rule and its down payment.');
    if (parts || Object.keys(rest).length > 0)
      throw refuse('/payment', "The details of a plan's payment stand in its down payment.");
    const down = readAmountPart(plan.down_payment, '/payment/plan/down_payment');
    return {
      whole: null,
      parts: [],
      plan: { ruleId: plan.rule_id, down, expectedAmounts: plan.expected_amounts ?? null },
    };
  }
  if (plan) throw refuse('/payment/plan', 'Only a plan has this.');
  if (method === 'split') {
    if (!parts) throw refuse('/payment/parts', 'A split names its parts.');
    if (Object.keys(rest).length > 0) throw refuse('/payment', 'The details of a split stand in its parts.');
    return {
      whole: null,
      parts: parts.map((part, i) => readAmountPart(part, `/payment/parts/${i}`)),
    };
  }
  if (parts) throw refuse('/payment/parts', 'Only a split has parts.');
  return { whole: readPart({ method, ...rest }, '/payment'), parts: [] };
}
