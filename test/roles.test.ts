import assert from 'node:assert/strict';
import { test } from 'node:test';
import { may, type Principal } from '../src/identity/principal.ts';
import { deviceKinds, isChange, mayGrant, rights, roles, rightsOf } from '../src/identity/roles.ts';

// administrator, owner, manager, cashier, steward, auditor | API key | till, scanner
const table = `
sellers.create    x . . . . . | . | . .
catalog.read      x x x x x x | x | x .
catalog.edit      x x x . . . | x | . .
vouchers.read     x x x x . x | x | x .
vouchers.edit     x x x . . . | x | . .
sales.read        x x x x . x | x | x .
sales.note        x x x x . . | x | . .
sales.create      x x x x . . | x | x .
sales.void        x x x x . . | x | x .
sales.refund      x x x . . . | x | . .
tickets.reissue   x x x x . . | x | . .
payments.read     x x x x . x | x | . .
payments.verify   x x x x . . | x | . .
payments.rates    x x x . . . | x | . .
shifts.read       x x x x . x | . | x .
shifts.open       x x x x . . | . | x .
shifts.manage     x x x . . . | . | . .
fiscal.read       x x x . . x | x | . .
fiscal.close      x x x . . . | . | . .
fiscal.edit       x x . . . . | . | . .
tills.read        x x x x . x | . | x .
tills.sell        x x x . . . | . | x .
tills.resolve     x x x . . . | . | . .
service_levels.read x x . . . . | . | . .
reports.read      x x x . . x | x | . .
messages.read     x x x . . x | x | . .
messages.replay   x x x . . . | x | . .
templates.read    x x x . . x | . | . .
templates.edit    x x x . . . | . | . .
webhooks.read     x x x . . x | . | . .
webhooks.manage   x x . . . . | . | . .
admission.read    x x x . x x | x | . x
admission.scan    x x x . x . | x | . x
admission.undo    x x x . x . | . | . .
admission.manage  x x x . . . | x | . .
staff.read        x x x . . x | . | . .
staff.manage      x x x . . . | . | . .
api_keys.read     x x . . . x | . | . .
api_keys.manage   x x . . . . | . | . .
devices.read      x x x . . x | . | . .
devices.manage    x x x . . . | . | . .
audit.read        x x . . . x | . | . .
`;

const staff = roles.map((role): Principal => ({
  kind: 'staff',
  tenantId: 1,
  userId: 'u',
  name: 'Ana',
  role,
  twoFactor: true,
}));
const key: Principal = { kind: 'api_key', tenantId: 1, keyId: 'k', name: 'Key', rights };
const devices = deviceKinds.map((deviceKind): Principal => ({
  kind: 'device',
  tenantId: 1,
  deviceNo: 1,
  name: 'Till 1',
  deviceKind,
}));

test('the table of rights says who may do what', () => {
  const row = (right: (typeof rights)[number]) => {
    const marks = (some: Principal[]) => some.map((one) => (may(one, right) ? 'x' : '.')).join(' ');
    return `${right.padEnd(17)} ${marks(staff)} | ${marks([key])} | ${marks(devices)}`;
  };
  assert.equal(`\n${rights.map(row).join('\n')}\n`, table);
});

test('an auditor changes nothing', () => {
  assert.deepEqual(rightsOf('auditor').filter(isChange), []);
});

test('a key has the rights that it was given, and never those that are for people alone', () => {
  const given: Principal = { ...key, rights: ['sales.read', 'staff.manage', 'audit.read'] };
  assert.deepEqual(
    rights.filter((right) => may(given, right)),
    ['sales.read'],
  );
});

test('nobody decides about roles above or beside their own, and nobody makes administrators', () => {
  const decides = (granter: (typeof roles)[number]) => roles.filter((role) => mayGrant(granter, role));
  assert.deepEqual(decides('administrator'), ['owner', 'manager', 'cashier', 'steward', 'auditor']);
  assert.deepEqual(decides('owner'), ['owner', 'manager', 'cashier', 'steward', 'auditor']);
  assert.deepEqual(decides('manager'), ['cashier', 'steward', 'auditor']);
  for (const role of ['cashier', 'steward', 'auditor'] as const) assert.deepEqual(decides(role), []);
});
