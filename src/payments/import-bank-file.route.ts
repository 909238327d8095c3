import { Type } from 'typebox';
import { hideCardNumbers } from '../base/card-number.ts';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Actor } from '../identity/principal.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { readBankFile, type BankRow, type BankRowOutcome } from './bank-file.ts';
import type { PaymentIntents } from './payment-intents.ts';
import { findReported, type ListedPayment } from './payment-list.store.ts';
import { normaliseReport } from './payment.schema.ts';
import { formatPaymentId } from './staff-payment.schema.ts';

type Deps = { reader: Reader; intents: PaymentIntents; clock: Clock; ids: IdSource };

const outcomes = ['verified', 'known', 'amount_differs', 'not_reported', 'unreadable'] as const;

const answerSchema = object({
  rows: Type.Array(
    object({
      line: Type.Integer(),
      reference: Type.Optional(Type.String()),
      outcome: Type.Enum([...outcomes]),
      payment_id: Type.Optional(Type.String()),
    }),
  ),
});

/** Verifies the payment that a row of a bank's file names, when it is one and waits for so much. */
async function verify(
  { intents, clock, ids }: Deps,
  row: BankRow,
  payment: ListedPayment | undefined,
  actor: Actor,
): Promise<BankRowOutcome> {
  if (!payment) return 'not_reported';
  if (payment.state !== 'pending') return 'known';
  if (payment.paidAmount !== row.amount) return 'amount_differs';
  const { tenantId, paidCurrency, bank } = payment;
  const news = { state: 'captured', captured: row.amount, paymentId: null } as const;
  const change = {
    tenantId,
    at: clock.now(),
    actor,
    verb: 'verify',
    object: { kind: 'payment', id: formatPaymentId(payment) },
    before: { state: payment.state },
    after: { amount: row.amount, currency: paidCurrency, by_file_of_bank: bank },
  };
  try {
    await intents.decide(payment, { news }, (tx) => recordChange(tx, ids, change));
    return 'verified';
  } catch (error) {
    if (error instanceof Problem && error.code === 'payment_decided') return 'known';
    throw error;
  }
}

/** `POST /sellers/{id}/bank-files?bank=…`: verifies what buyers reported by the bank's own file. */
export function importBankFileRoute(app: App, deps: Deps): void {
  app.register(async (scope) => {
    scope.addContentTypeParser(
      'text/csv',
      { parseAs: 'string', bodyLimit: limits.bankFileBytesMax },
      (_request, body, done) => done(null, body),
    );
    scope.post(
      '/sellers/:seller_id/bank-files',
      {
        config: { right: 'payments.verify', problems: ['bank_file_invalid'] },
        schema: {
          operationId: 'importBankFile',
          tags: ['payments'],
          summary: "Verify reported payments by a bank's file (text/csv)",
          params: sellerParamsSchema,
          querystring: object({ bank: Type.String({ minLength: 1, maxLength: limits.bankNameCharsMax }) }),
          response: { 200: answerSchema },
        },
      },
      async (request) => {
        if (typeof request.body !== 'string') {
          throw new Problem('media_type_unsupported', 'Send the file as text/csv.');
        }
        const { seller_id: tenantId } = request.params as { seller_id: number };
        // A whole file is not refused for one row: what looks like a card's number there is no reference and no amount.
        const text = hideCardNumbers(request.body.toWellFormed().replaceAll('\0', ''));
        const { rows, unreadable } = readBankFile(text, limits.bankFileRowsMax);
        const { bank } = normaliseReport({ bank: (request.query as { bank: string }).bank, reference: '-' });
        const found = await findReported(
          deps.reader,
          tenantId,
          bank,
          rows.map((row) => row.reference),
        );
        const byReference = new Map(found.map((payment) => [payment.reference, payment]));

        const actor = actorOf(request);
        const answers = unreadable.map((line) => ({ line, outcome: 'unreadable' as BankRowOutcome }));
        for (const row of rows) {
          const payment = byReference.get(row.reference);
          const { line, reference } = row;
          const named = payment && { payment_id: formatPaymentId(payment) };
          answers.push({
            line,
            ...{ reference },
            outcome: await verify(deps, row, payment, actor),
            ...named,
          });
        }
        return { rows: answers.toSorted((a, b) => a.line - b.line) };
      },
    );
  });
}
