import { keep, kept } from '../../../shared/src/kept.ts';
import { api, NetworkFailure, onSignedOut, Refusal } from '../api/client.ts';
import { router } from './router.svelte.ts';

export type Workplace = {
  id: number;
  name: string;
  currency: string;
  time_zone: string;
  role: string;
  rights: string[];
  two_factor_required: boolean;
};

export type SessionAnswer = {
  user: { id: string; name: string; email: string; two_factor_enabled: boolean };
  expires_at: string;
  administrator: boolean;
  administrator_rights: string[];
  sellers: Workplace[];
};

const lastSellerKey = 'taquilla.console.seller';
const timerMillisecondsMax = 2_147_483_647;

/** Who is signed in, where they work, and what they may do there. */
class Session {
  /** `ended`: there was one, and it is over; what was typed waits in drafts. */
  state: 'unknown' | 'out' | 'ended' | 'in' | 'failed' = $state('unknown');
  fault: unknown = $state.raw();
  answer: SessionAnswer | undefined = $state.raw();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The seller that the address names, where the person works; null when there is none. */
  seller: Workplace | null = $derived(this.sellerOf(router.sellerId));

  sellerOf(id: number | null): Workplace | null {
    if (id === null || !this.answer) return null;
    const own = this.answer.sellers.find((one) => one.id === id);
    if (own || !this.answer.administrator) return own ?? null;
    return {
      id,
      name: `#${id}`,
      currency: 'USD',
      time_zone: 'UTC',
      role: 'administrator',
      rights: this.answer.administrator_rights,
      two_factor_required: !this.answer.user.two_factor_enabled,
    };
  }

  /** Whether the person has a right at the seller that they look at; a right of null is everybody's. */
  may(right: string | null): boolean {
    return right === null || (this.seller?.rights.includes(right) ?? false);
  }

  /** Whether they may use a right that changes something: owners need a second factor for that. */
  mayChange(right: string): boolean {
    return this.may(right) && this.seller?.two_factor_required === false;
  }

  async load(): Promise<void> {
    try {
      this.answer = await api.get<SessionAnswer>('/auth/session');
      this.state = 'in';
      this.fault = undefined;
      this.#watchEnd();
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) this.#end('out');
      else if (this.state === 'in' && error instanceof NetworkFailure) return;
      else {
        this.fault = error;
        this.state = 'failed';
      }
    }
  }

  async signOut(): Promise<void> {
    await api.post('/auth/sign-out', {});
    this.#end('out');
    router.go('/console');
  }

  /** The server no longer knows the session. */
  lost(): void {
    if (this.state === 'in') this.#end('ended');
  }

  lastSellerId(): number | null {
    const last = kept<number>(lastSellerKey, 'localStorage');
    const sellers = this.answer?.sellers ?? [];
    if (sellers.some((one) => one.id === last)) return last;
    return sellers.length === 1 ? sellers[0]!.id : null;
  }

  rememberSeller(id: number): void {
    keep(lastSellerKey, id, 'localStorage');
  }

  #end(state: 'out' | 'ended'): void {
    clearTimeout(this.#timer);
    this.state = state;
    this.answer = undefined;
  }

  #watchEnd(): void {
    clearTimeout(this.#timer);
    const left = new Date(this.answer!.expires_at).getTime() - Date.now();
    // Asked rather than believed: the clock of this machine may be wrong by hours.
    this.#timer = setTimeout(() => void this.load(), Math.min(Math.max(left, 60_000), timerMillisecondsMax));
  }
}

export const session = new Session();
onSignedOut(() => session.lost());
