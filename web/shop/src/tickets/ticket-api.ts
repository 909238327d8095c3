import { call } from '../api/client.ts';
import type { AcceptRequest, Offer, Tickets } from './ticket-contract.ts';

const part = encodeURIComponent;

/** What may be asked for with the link of a sale or of one ticket. */
export class TicketApi {
  readonly #base: string;
  readonly #query: string;

  constructor(saleId: string, token: string) {
    this.#base = `/sales/transactions/${part(saleId)}/tickets`;
    this.#query = `?token=${part(token)}`;
  }

  tickets(): Promise<Tickets> {
    return call(this.#base + this.#query);
  }

  /** The same request as `tickets`, for a worker to keep. */
  get address(): string {
    return new URL(this.#base + this.#query, location.origin).href;
  }

  reissue(itemNo: number): Promise<unknown> {
    return call(`${this.#base}/${itemNo}/reissue${this.#query}`, { method: 'POST' });
  }

  /** @param to a mail address or a telephone number that the link is sent to, or nothing. */
  offer(itemNo: number, to: string, locale: string): Promise<{ link: string }> {
    const body = to === '' ? undefined : { [to.includes('@') ? 'email' : 'phone']: to, locale };
    return call(`${this.#base}/${itemNo}/transfers${this.#query}`, { method: 'POST', body });
  }

  withdraw(itemNo: number, transferId: string): Promise<unknown> {
    return call(`${this.#base}/${itemNo}/transfers/${part(transferId)}${this.#query}`, { method: 'DELETE' });
  }
}

export const readOffer = (token: string): Promise<Offer> => call(`/transfers?token=${part(token)}`);

export const acceptOffer = (body: AcceptRequest): Promise<{ links: { page: string } }> =>
  call('/transfers/accept', { method: 'POST', body });
