import { Problem } from '../base/errors.ts';
import { mayGrant, rightsOf, type DeviceKind, type Right, type Role } from './roles.ts';

/** Whoever acts, at the seller that the request names. */
export type Principal =
  | {
      kind: 'staff';
      tenantId: number;
      userId: string;
      name: string;
      role: Role;
      /** Whether they sign in with a second factor. */
      twoFactor: boolean;
    }
  | { kind: 'api_key'; tenantId: number; keyId: string; name: string; rights: readonly Right[] }
  | { kind: 'device'; tenantId: number; deviceNo: number; name: string; deviceKind: DeviceKind };

/** Who made a change and from where, as the audit log keeps it. */
export type Actor = {
  kind: 'staff' | 'api_key' | 'device' | 'command';
  id: string;
  name: string;
  address: string | null;
  requestId: string | null;
};

/** What a principal may do: its role's or kind's rights, or a key's own as far as keys may have them at all. */
export function rightsOfPrincipal(principal: Principal): Right[] {
  switch (principal.kind) {
    case 'staff':
      return rightsOf(principal.role);
    case 'api_key':
      return rightsOf('api_key').filter((right) => principal.rights.includes(right));
    case 'device':
      return rightsOf(principal.deviceKind);
  }
}

/** Whether a principal has a right. That owners need a second factor to use it is asked apart. */
export function may(principal: Principal, right: Right): boolean {
  return rightsOfPrincipal(principal).includes(right);
}

/**
 * Sees that a principal may give, take and change roles: only people may at all.
 * @throws Problem `forbidden` that names the first role beyond reach.
 */
export function requireReach(principal: Principal, ...concerned: Role[]): void {
  const reaches = (role: Role) => principal.kind === 'staff' && mayGrant(principal.role, role);
  const beyond = concerned.find((role) => !reaches(role));
  if (beyond) throw new Problem('forbidden', `Who is ${beyond} is not yours to decide.`);
}

/** The principal as the audit log names it. */
export function toActor(principal: Principal, from: Pick<Actor, 'address' | 'requestId'>): Actor {
  const { kind, name } = principal;
  switch (kind) {
    case 'staff':
      return { kind, id: principal.userId, name, ...from };
    case 'api_key':
      return { kind, id: principal.keyId, name, ...from };
    case 'device':
      return { kind, id: String(principal.deviceNo), name, ...from };
  }
}

/** Somebody at the command line of the server. */
export function commandActor(command: string): Actor {
  return { kind: 'command', id: command, name: `taquilla ${command}`, address: null, requestId: null };
}
