/** What people can be. An administrator is the platform's, at every seller; the others are one seller's. */
export const roles = ['administrator', 'owner', 'manager', 'cashier', 'steward', 'auditor'] as const;
export type Role = (typeof roles)[number];

/** The roles that a seller's staff may have. */
export const sellerRoles = ['owner', 'manager', 'cashier', 'steward', 'auditor'] as const;
export type SellerRole = (typeof sellerRoles)[number];

/** A till sells; a scanner stands at the door. */
export const deviceKinds = ['till', 'scanner'] as const;
export type DeviceKind = (typeof deviceKinds)[number];

type Holder = Role | DeviceKind | 'api_key';

/**
 * The one table of rights: what may be done, and who may do it. `api_key` says that a key may be given the right;
 * what makes others more powerful is for people alone.
 */
const table = {
  'sellers.create': ['administrator'],
  'catalog.read': ['administrator', 'owner', 'manager', 'cashier', 'steward', 'auditor', 'api_key', 'till'],
  'catalog.edit': ['administrator', 'owner', 'manager', 'api_key'],
  'vouchers.read': ['administrator', 'owner', 'manager', 'cashier', 'auditor', 'api_key', 'till'],
  'vouchers.edit': ['administrator', 'owner', 'manager', 'api_key'],
  'sales.read': ['administrator', 'owner', 'manager', 'cashier', 'auditor', 'api_key', 'till'],
  'sales.note': ['administrator', 'owner', 'manager', 'cashier', 'api_key'],
  'sales.create': ['administrator', 'owner', 'manager', 'cashier', 'api_key', 'till'],
  'sales.void': ['administrator', 'owner', 'manager', 'cashier', 'api_key', 'till'],
  'sales.refund': ['administrator', 'owner', 'manager', 'api_key'],
  'tickets.reissue': ['administrator', 'owner', 'manager', 'cashier', 'api_key'],
  'payments.read': ['administrator', 'owner', 'manager', 'cashier', 'auditor', 'api_key'],
  'payments.verify': ['administrator', 'owner', 'manager', 'cashier', 'api_key'],
  'payments.rates': ['administrator', 'owner', 'manager', 'api_key'],
  'shifts.read': ['administrator', 'owner', 'manager', 'cashier', 'auditor', 'till'],
  'shifts.open': ['administrator', 'owner', 'manager', 'cashier', 'till'],
  'shifts.manage': ['administrator', 'owner', 'manager'],
  'fiscal.read': ['administrator', 'owner', 'manager', 'auditor', 'api_key'],
  'fiscal.close': ['administrator', 'owner', 'manager'],
  'fiscal.edit': ['administrator', 'owner'],
  'tills.read': ['administrator', 'owner', 'manager', 'cashier', 'auditor', 'till'],
  'tills.sell': ['administrator', 'owner', 'manager', 'till'],
  'tills.resolve': ['administrator', 'owner', 'manager'],
  'service_levels.read': ['administrator', 'owner'],
  'reports.read': ['administrator', 'owner', 'manager', 'auditor', 'api_key'],
  'messages.read': ['administrator', 'owner', 'manager', 'auditor', 'api_key'],
  'messages.replay': ['administrator', 'owner', 'manager', 'api_key'],
  'templates.read': ['administrator', 'owner', 'manager', 'auditor'],
  'templates.edit': ['administrator', 'owner', 'manager'],
  'webhooks.read': ['administrator', 'owner', 'manager', 'auditor'],
  'webhooks.manage': ['administrator', 'owner'],
  'admission.read': ['administrator', 'owner', 'manager', 'steward', 'auditor', 'api_key', 'scanner'],
  'admission.scan': ['administrator', 'owner', 'manager', 'steward', 'api_key', 'scanner'],
  'admission.undo': ['administrator', 'owner', 'manager', 'steward'],
  'admission.manage': ['administrator', 'owner', 'manager', 'api_key'],
  'staff.read': ['administrator', 'owner', 'manager', 'auditor'],
  'staff.manage': ['administrator', 'owner', 'manager'],
  'api_keys.read': ['administrator', 'owner', 'auditor'],
  'api_keys.manage': ['administrator', 'owner'],
  'devices.read': ['administrator', 'owner', 'manager', 'auditor'],
  'devices.manage': ['administrator', 'owner', 'manager'],
  'audit.read': ['administrator', 'owner', 'auditor'],
} as const satisfies Record<string, readonly Holder[]>;

/** A verb on a thing. */
export type Right = keyof typeof table;

/** Every right, in the order of the table. */
export const rights = Object.keys(table) as Right[];

function holds(holder: Holder, right: Right): boolean {
  return (table[right] as readonly Holder[]).includes(holder);
}

/** What a role or a kind of device may do; for `api_key`, what a key may be given. */
export function rightsOf(holder: Holder): Right[] {
  return rights.filter((right) => holds(holder, right));
}

/** Whether a right is to change something; what is only read ends in `.read`. */
export function isChange(right: Right): boolean {
  return !right.endsWith('.read');
}

/** Who must have a second factor before they may change anything. */
export function needsTwoFactor(role: Role): boolean {
  return role === 'administrator' || role === 'owner';
}

/** Whether somebody of this role may give, take and change that role: nobody reaches those above or beside them. */
export function mayGrant(granter: Role, role: Role): boolean {
  if (role === 'administrator') return false;
  if (granter === 'administrator' || granter === 'owner') return true;
  return granter === 'manager' && role !== 'owner' && role !== 'manager';
}
