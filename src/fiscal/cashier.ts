import { Problem } from '../base/errors.ts';
import { may, type Principal } from '../identity/principal.ts';

/**
 * Whose shift is opened: one's own, or another's by a manager or by a till's device.
 * @throws Problem `cashier_unnamed`, `forbidden`.
 */
export function cashierOf(principal: Principal, asked: string | undefined): string {
  if (principal.kind === 'staff' && (asked === undefined || asked === principal.userId))
    return principal.userId;
  if (asked === undefined) {
    const detail = 'Name the cashier whose shift this is.';
    throw new Problem('cashier_unnamed', detail, {
      errors: [{ path: '/cashier_id', code: 'cashier_unnamed', message: detail }],
    });
  }
  if (principal.kind !== 'device' && !may(principal, 'shifts.manage')) {
    throw new Problem(
      'forbidden',
      "Another's shift is opened with the right shifts.manage, which you do not have.",
    );
  }
  return asked;
}

/** @throws Problem `till_of_another` for a device that stands at another till. */
export function requireOwnTill(principal: Principal, point: { deviceNo: number | null }): void {
  if (principal.kind !== 'device' || principal.deviceNo === point.deviceNo) return;
  throw new Problem('till_of_another', 'This device stands at another till.');
}
