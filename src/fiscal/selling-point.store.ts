import { Problem } from '../base/errors.ts';
import type { Reader, Row, Tx } from '../db/transaction.ts';
import type { Principal } from '../identity/principal.ts';
import { pointProblem, salesSeriesOf, shop, type PointRefusal, type SellingPoint } from './selling-point.ts';

type Till = { pointNo: number; deviceNo: number | null; shiftNo: number | null; staffId: string | null };

async function findTill(
  reader: Reader,
  tenantId: number,
  by: { pointNo: number } | { deviceNo: number } | { staffId: string },
): Promise<Till | undefined> {
  const [till] = await reader.query<Till & Row>({
    name: 'find-till',
    text: `select p.point_no as "pointNo", p.device_no as "deviceNo", s.shift_no as "shiftNo", s.staff_id as "staffId"
             from fiscal_points p
             left join shifts s on s.tenant_id = p.tenant_id and s.point_no = p.point_no and s.closed_at is null
            where p.tenant_id = $1 and p.kind = 'till' and (p.point_no = $2 or p.device_no = $3 or s.staff_id = $4)`,
    values: [
      tenantId,
      'pointNo' in by ? by.pointNo : null,
      'deviceNo' in by ? by.deviceNo : null,
      'staffId' in by ? by.staffId : null,
    ],
  });
  return till;
}

function another(): Problem {
  return new Problem('till_of_another', 'This till is in the hands of somebody else. Nothing was sold.');
}

/**
 * Where somebody sells: a device at the till that it stands at, staff at the till that they name or have a shift at, and
 * everybody else in the shop.
 * @param asked the point that the request names, if it does.
 * @throws Problem `fiscal_point_not_found`, `shift_not_open`, `till_of_another`.
 */
export async function findSellingPoint(
  reader: Reader,
  principal: Principal,
  asked: number | undefined,
): Promise<SellingPoint> {
  const { tenantId } = principal;
  if (asked === shop.pointNo) return shop;
  const named = asked === undefined ? undefined : await findTill(reader, tenantId, { pointNo: asked });
  if (asked !== undefined && !named) {
    throw new Problem('fiscal_point_not_found', `The seller has no till ${asked}. Nothing was sold.`);
  }
  if (principal.kind === 'api_key') {
    if (named) throw another();
    return shop;
  }
  const own =
    named ??
    (await findTill(
      reader,
      tenantId,
      principal.kind === 'device' ? { deviceNo: principal.deviceNo } : { staffId: principal.userId },
    ));
  if (!own) return shop;
  if (principal.kind === 'device' && own.deviceNo !== principal.deviceNo) throw another();
  if (own.shiftNo === null) throw pointProblem('shift_not_open');
  if (principal.kind === 'staff' && own.staffId !== principal.userId) throw another();
  return { pointNo: own.pointNo, shiftNo: own.shiftNo };
}

/**
 * Sees that a point gives numbers now. Confirming asks again under the lock.
 * @throws Problem `fiscal_day_closed`, `shift_not_open`.
 */
export async function requireSelling(reader: Reader, tenantId: number, point: SellingPoint): Promise<void> {
  const [row] = await reader.query<{ refusal: PointRefusal | null }>({
    name: 'read-point-refusal',
    text: `select fiscal_refusal(day_closed, shift_no, $3) as refusal
             from fiscal_series where tenant_id = $1 and series_id = $2`,
    values: [tenantId, salesSeriesOf(point.pointNo), point.shiftNo],
  });
  if (row?.refusal) throw pointProblem(row.refusal);
}

/**
 * Sees that the day of a series' point is open. Who asks has the lock of what gives the number, the series' row or its block:
 * a day closes under these, so that the answer holds until the transaction ends.
 * @throws Problem `fiscal_day_closed`.
 */
export async function requireOpenDayOf(tx: Tx, tenantId: number, seriesId: number): Promise<void> {
  const [closed] = await tx.query({
    text: 'select from fiscal_series where tenant_id = $1 and series_id = $2 and day_closed',
    values: [tenantId, seriesId],
  });
  if (closed) throw pointProblem('fiscal_day_closed');
}
