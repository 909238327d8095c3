const sellerRoles = ['owner', 'manager', 'cashier', 'steward', 'auditor'] as const;

/** The roles that somebody of this role may give and take: nobody reaches those above or beside them. */
export function rolesWithinReach(role: string): string[] {
  if (role === 'administrator' || role === 'owner') return [...sellerRoles];
  return role === 'manager' ? ['cashier', 'steward', 'auditor'] : [];
}
