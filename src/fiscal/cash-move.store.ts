import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';

/** Cash that was put into a till's drawer or taken out of it. Amounts in minor units. */
export type CashMove = {
  moveNo: number;
  direction: 'in' | 'out';
  currency: string;
  amount: number;
  reason: string;
  staffId: string | null;
  at: Date;
};

/** What somebody moves in an open shift, under the key of their request. */
export type CashMoveOrder = Pick<CashMove, 'direction' | 'currency' | 'amount' | 'reason' | 'staffId'> & {
  keyDigest: string;
  bodyDigest: string;
};

type Drawer = { tenantId: number; pointNo: number; shiftNo: number };

const columns = `move_no as "moveNo", direction, currency, amount, reason, staff_id as "staffId", moved_at as at`;

/** What was moved in a shift, the first first. */
export function listCashMoves(reader: Reader, { tenantId, pointNo, shiftNo }: Drawer): Promise<CashMove[]> {
  return reader.query<CashMove & Row>({
    text: `select ${columns} from cash_moves where tenant_id = $1 and point_no = $2 and shift_no = $3 order by move_no`,
    values: [tenantId, pointNo, shiftNo],
  });
}

/** What was moved in the shifts of a day, by currency. Minor units. */
export function sumCashMoves(
  reader: Reader,
  { tenantId, pointNo, dayNo }: { tenantId: number; pointNo: number; dayNo: number },
): Promise<{ currency: string; in: number; out: number }[]> {
  return reader.query<Row & { currency: string; in: number; out: number }>({
    text: `select m.currency, coalesce(sum(m.amount) filter (where m.direction = 'in'), 0)::bigint as in,
                  coalesce(sum(m.amount) filter (where m.direction = 'out'), 0)::bigint as out
             from shifts s
             join cash_moves m on m.tenant_id = s.tenant_id and m.point_no = s.point_no and m.shift_no = s.shift_no
            where s.tenant_id = $1 and s.point_no = $2 and s.day_no = $3 group by 1 order by 1`,
    values: [tenantId, pointNo, dayNo],
  });
}

/**
 * Records a move, or finds the one that the same key made before. Who asks has the lock of the point and has seen that the
 * shift is open, or that the key may be known.
 * @param isOpen whether the shift still takes moves.
 * @throws Problem `shift_closed`, `idempotency_key_reused`, `cash_moves_limit`.
 */
export async function recordCashMove(
  tx: Tx,
  drawer: Drawer,
  order: CashMoveOrder,
  isOpen: boolean,
): Promise<{ move: CashMove; isNew: boolean }> {
  const { tenantId, pointNo, shiftNo } = drawer;
  const [known] = await tx.query<CashMove & Row & { isSame: boolean }>({
    text: `select ${columns}, body_digest = $3 and point_no = $4 and shift_no = $5 as "isSame"
             from cash_moves where tenant_id = $1 and key_digest = $2`,
    values: [tenantId, order.keyDigest, order.bodyDigest, pointNo, shiftNo],
  });
  if (known) {
    if (known.isSame) return { move: known, isNew: false };
    const detail = 'This Idempotency-Key was used with another body. Take a new key for another move.';
    throw new Problem('idempotency_key_reused', detail);
  }
  if (!isOpen)
    throw new Problem('shift_closed', `Shift ${shiftNo} was counted and closed: its cash moves no more.`);
  const [move] = await tx.query<CashMove & Row>({
    text: `insert into cash_moves (tenant_id, point_no, shift_no, move_no, direction, currency, amount, reason, staff_id, moved_at,
                                   key_digest, body_digest)
           select $1, $2, $3, m.last + 1, $4, $5, $6, $7, $8, clock_timestamp(), $9, $10
             from (select coalesce(max(move_no), 0) as last from cash_moves
                    where tenant_id = $1 and point_no = $2 and shift_no = $3) m
            where m.last < ${limits.cashMovesPerShiftMax}
           returning ${columns}`,
    values: [
      tenantId,
      pointNo,
      shiftNo,
      order.direction,
      order.currency,
      order.amount,
      order.reason,
      order.staffId,
      order.keyDigest,
      order.bodyDigest,
    ],
  });
  if (!move)
    throw new Problem(
      'cash_moves_limit',
      `A shift has at most ${limits.cashMovesPerShiftMax} moves of cash.`,
    );
  return { move, isNew: true };
}
