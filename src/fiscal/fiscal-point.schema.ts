import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { currencySchema, instantSchema, moneySchema, object } from '../http/schemas.ts';
import { sellerIdSchema, uuidSchema } from '../identity/identity.schema.ts';
import type { CashMove } from './cash-move.store.ts';
import type { FiscalDay } from './fiscal-day.store.ts';
import type { FiscalPoint } from './fiscal-point.store.ts';
import { cashDifference, type Cash } from './shift.ts';
import type { Shift } from './shift.store.ts';

const pointIdSchema = Type.Integer({
  minimum: 1,
  maximum: limits.fiscalPointsMax,
  description: 'A point where documents are issued: 1 is the shop, others are tills',
});
const countSchema = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
const limitSchema = Type.Optional(
  Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
);
export const sellerParamsSchema = object({ seller_id: sellerIdSchema });
export const pointParamsSchema = object({ seller_id: sellerIdSchema, point_id: pointIdSchema });
export const dayParamsSchema = object({
  seller_id: sellerIdSchema,
  point_id: pointIdSchema,
  day_id: countSchema,
});
export const shiftParamsSchema = object({
  seller_id: sellerIdSchema,
  point_id: pointIdSchema,
  shift_id: countSchema,
});
export const countPageQuerySchema = object({
  starting_after: Type.Optional(countSchema),
  limit: limitSchema,
});

export const pointNameSchema = Type.String({
  minLength: 1,
  maxLength: limits.fiscalPointNameCharsMax,
  pattern: '\\S',
});
export const deviceIdSchema = Type.Integer({
  minimum: 1,
  maximum: 2_147_483_647,
  description: 'The till device that sells there',
});

export const pointSchema = object({
  id: pointIdSchema,
  kind: Type.Enum(['online', 'till']),
  name: Type.String(),
  device_id: Type.Union([Type.Integer(), Type.Null()]),
  series_id: Type.Integer({ description: 'Of its sales; its credit notes have the next' }),
  prefix: Type.String(),
  credit_note_prefix: Type.String(),
  sells: Type.Boolean({ description: 'Its day is open; at a till, a shift is, too' }),
  open_day_id: Type.Union([Type.Integer(), Type.Null()]),
  open_shift_id: Type.Union([Type.Integer(), Type.Null()]),
});

/** A point as the API shows it. */
export function toPointAnswer(point: FiscalPoint): Static<typeof pointSchema> {
  const { pointNo, kind, name, deviceNo, prefix, creditNotePrefix, dayClosed, openDayNo, openShiftNo } =
    point;
  return {
    id: pointNo,
    kind,
    name,
    device_id: deviceNo,
    series_id: 2 * pointNo - 1,
    prefix,
    credit_note_prefix: creditNotePrefix,
    sells: !dayClosed && (kind === 'online' || openShiftNo !== null),
    open_day_id: openDayNo,
    open_shift_id: openShiftNo,
  };
}

const sumsSchema = object({
  currency: currencySchema,
  count: Type.Integer(),
  net: moneySchema,
  discounts: moneySchema,
  fees: moneySchema,
  taxes: moneySchema,
  total: moneySchema,
});
const numberSchema = Type.Integer();
const textOrNull = Type.Union([Type.String(), Type.Null()]);

const documentReport = {
  series: Type.Array(
    object({
      series_id: Type.Integer(),
      kind: Type.Enum(['sales', 'credit_notes']),
      count: Type.Integer(),
      without_document: Type.Integer({
        description: 'Numbers that a till printed, or may have, and that are no documents: see its conflicts',
      }),
      first: textOrNull,
      last: textOrNull,
    }),
  ),
  ranges: Type.Array(
    object({
      series_id: Type.Integer(),
      block_id: Type.Union([Type.Integer(), Type.Null()]),
      first_number: numberSchema,
      last_number: numberSchema,
    }),
    { description: 'Consecutive documents, of a series in blocks block by block' },
  ),
  sales: Type.Array(sumsSchema),
  credit_notes: Type.Array(sumsSchema, { description: 'Without the voids' }),
  voids: Type.Array(sumsSchema, { description: 'Credit notes of sales undone before their day was closed' }),
  balance: Type.Array(object({ currency: currencySchema, taxes: Type.Integer(), total: Type.Integer() }), {
    description: 'Sales less credit notes and voids',
  }),
  taxes: Type.Array(
    object({
      currency: currencySchema,
      name: Type.String(),
      rate: Type.Optional(Type.Number({ description: 'Percent; absent for a fixed amount' })),
      amount: moneySchema,
    }),
    { description: 'Of the sales' },
  ),
  payments: Type.Array(
    object({
      method: Type.String(),
      currency: currencySchema,
      count: Type.Integer(),
      amount: moneySchema,
    }),
    { description: 'Of the sales, in the currency that was paid in' },
  ),
  blocks: Type.Array(
    object({
      series_id: Type.Integer(),
      block_id: Type.Integer(),
      purpose: Type.Enum(['process', 'till']),
      state: Type.Enum(['open', 'used', 'returned', 'voided']),
      first_number: numberSchema,
      last_number: numberSchema,
      next_number: numberSchema,
    }),
    { description: 'Blocks of numbers that were open, or ended, in that time' },
  ),
};

export const dayReportSchema = object(
  {
    kind: Type.Enum(['x', 'z']),
    number: Type.Integer({ description: 'Of the Z; of an X, the number that the Z will have' }),
    point_id: pointIdSchema,
    point: Type.String(),
    seller: object({
      legal_name: Type.String(),
      tax_id: Type.String(),
      address: Type.Optional(Type.String()),
    }),
    timezone: Type.String(),
    day: Type.String({ examples: ['2026-11-24'] }),
    opened_at: instantSchema,
    closed_at: instantSchema,
    cash_moves: Type.Optional(
      Type.Array(object({ currency: currencySchema, in: moneySchema, out: moneySchema }), {
        description: 'Cash that was put into the drawer and taken out of it beside sales',
      }),
    ),
    ...documentReport,
  },
  { description: "A point's day: an X while it is open, its Z once it is closed" },
);

export const daySchema = object({
  id: countSchema,
  day: Type.String({ examples: ['2026-11-24'], description: "In the seller's time zone" }),
  state: Type.Enum(['open', 'closed']),
  opened_at: instantSchema,
  opened_by: Type.Union([uuidSchema, Type.Null()]),
  closed_at: Type.Optional(instantSchema),
  closed_by: Type.Optional(Type.Union([uuidSchema, Type.Null()])),
});

/** A day as the API shows it. */
export function toDayAnswer(day: FiscalDay): Static<typeof daySchema> {
  const { dayNo, openedAt, openedBy, closedAt, closedBy } = day;
  return {
    id: dayNo,
    day: day.day,
    state: closedAt ? 'closed' : 'open',
    opened_at: openedAt.toISOString(),
    opened_by: openedBy,
    ...(closedAt && { closed_at: closedAt.toISOString(), closed_by: closedBy }),
  };
}

const cashOf = (amount: ReturnType<typeof Type.Integer>) =>
  Type.Array(object({ currency: Type.String({ pattern: '^[A-Z]{3}$', maxLength: 3 }), amount }), {
    maxItems: limits.currenciesMax,
    description: 'Cash by currency, in minor units',
  });
export const cashSchema = cashOf(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }));
const signedCashSchema = cashOf(Type.Integer());
type CashBody = Static<typeof cashSchema>;

/** @throws Problem `body_invalid` for a currency that stands twice. */
export function readCash(cash: CashBody, path: string): Cash {
  const read: Cash = {};
  for (const [i, { currency, amount }] of cash.entries()) {
    if (read[currency] !== undefined) {
      const message = `${currency} stands twice.`;
      const errors = [{ path: `${path}/${i}/currency`, code: 'not_allowed', message }];
      throw new Problem('body_invalid', message, { errors });
    }
    read[currency] = amount;
  }
  return read;
}

function cashAnswer(cash: Cash): CashBody {
  return Object.entries(cash).map(([currency, amount]) => ({ currency, amount }));
}

export const shiftSchema = object({
  id: countSchema,
  point_id: pointIdSchema,
  day_id: countSchema,
  cashier_id: uuidSchema,
  state: Type.Enum(['open', 'closed']),
  opened_at: instantSchema,
  opening_float: cashSchema,
  closed_at: Type.Optional(instantSchema),
  expected: Type.Optional(signedCashSchema),
  counted: Type.Optional(cashSchema),
  difference: Type.Optional(signedCashSchema),
  note: Type.Optional(Type.String()),
});

/** A shift as the API shows it. */
export function toShiftAnswer(pointNo: number, shift: Shift): Static<typeof shiftSchema> {
  const { expected, counted, closedAt, note } = shift;
  return {
    id: shift.shiftNo,
    point_id: pointNo,
    day_id: shift.dayNo,
    cashier_id: shift.staffId,
    state: closedAt ? 'closed' : 'open',
    opened_at: shift.openedAt.toISOString(),
    opening_float: cashAnswer(shift.openingFloat),
    ...(closedAt &&
      expected &&
      counted && {
        closed_at: closedAt.toISOString(),
        expected: cashAnswer(expected),
        counted: cashAnswer(counted),
        difference: cashAnswer(cashDifference(expected, counted)),
        ...(note !== null && { note }),
      }),
  };
}

export const cashMoveSchema = object({
  id: countSchema,
  direction: Type.Enum(['in', 'out']),
  currency: currencySchema,
  amount: moneySchema,
  reason: Type.String(),
  by: Type.Union([uuidSchema, Type.Null()], { description: "null: the till's device" }),
  at: instantSchema,
});

/** A move of cash as the API shows it. */
export function toCashMoveAnswer(move: CashMove): Static<typeof cashMoveSchema> {
  const { moveNo, direction, currency, amount, reason, staffId, at } = move;
  return { id: moveNo, direction, currency, amount, reason, by: staffId, at: at.toISOString() };
}

export const shiftReportSchema = object({
  shift: shiftSchema,
  expected: Type.Array(object({ currency: currencySchema, amount: Type.Integer() }), {
    description: 'The cash that should be in the drawer',
  }),
  cash_moves: Type.Array(cashMoveSchema, {
    description: 'Beside sales: put into the drawer or taken out of it',
  }),
  documents: object(documentReport),
});

/** A shift with what it has sold. */
export function toShiftReport(
  pointNo: number,
  shift: Shift,
  report: {
    expected: Cash;
    documents: Static<typeof shiftReportSchema>['documents'];
    cashMoves: CashMove[];
  },
): Static<typeof shiftReportSchema> {
  const { expected, documents, cashMoves } = report;
  return {
    shift: toShiftAnswer(pointNo, shift),
    expected: cashAnswer(expected),
    cash_moves: cashMoves.map(toCashMoveAnswer),
    documents,
  };
}
