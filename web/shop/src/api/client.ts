import type {
  Availability,
  Confirmation,
  ConfirmRequest,
  EventInfo,
  EventList,
  FieldFault,
  Hold,
  HoldChange,
  HoldRequest,
  Quote,
  Sale,
  SeatPlan,
} from './contract.ts';

const requestTimeoutMilliseconds = 15_000;

/** A proxy in between may answer with no problem at all, so nothing is certain to be there. */
type Problem = {
  code?: string;
  detail?: string;
  errors?: FieldFault[];
  request_id?: string;
  quote?: Quote;
  seat_ids?: string[];
};

/** A refusal that the server wrote: problem+json with its stable code. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: FieldFault[];
  readonly requestId: string | undefined;
  /** With `price_changed`: what it costs now. */
  readonly quote: Quote | undefined;
  /** With `seat_unavailable`: which seats are gone. */
  readonly seatIds: string[];
  readonly retryAfterSeconds: number;

  constructor(status: number, body: Problem, retryAfter: string | null) {
    super(body.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.code ?? '';
    this.errors = body.errors ?? [];
    this.requestId = body.request_id;
    this.quote = body.quote;
    this.seatIds = body.seat_ids ?? [];
    this.retryAfterSeconds = Number(retryAfter) || 0;
  }

  /** The server could not decide now; the same request may well succeed later. */
  get isTransient(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** No answer came: nobody knows whether the server acted. */
export class NetworkFailure extends Error {}

type Options = {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /**
   * Pages and data share the paths `/events` and `/events/{id}`, so their answers stay out of the
   * browser's cache: a page must never come back as JSON from a press of "back".
   */
  cache?: RequestCache;
};

export async function call<T>(path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = {
    Accept: 'application/json',
    ...options.headers,
  };
  const init: RequestInit = {
    method: options.method ?? 'GET',
    headers,
    cache: options.cache ?? 'no-store',
    signal: AbortSignal.timeout(requestTimeoutMilliseconds),
  };
  if (options.body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(options.body);
  }
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, init);
    text = await response.text();
  } catch (error) {
    throw new NetworkFailure(String(error));
  }
  const body = parse(text);
  if (!response.ok) {
    throw new Refusal(response.status, body ?? {}, response.headers.get('Retry-After'));
  }
  return body as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const part = encodeURIComponent;
const opened = (mark: '?' | '&', code: string | undefined): string =>
  code === undefined ? '' : `${mark}access_code=${part(code)}`;

export const api = {
  events: (after?: string) =>
    call<EventList>(after === undefined ? '/events' : `/events?starting_after=${part(after)}`),
  event: (id: string, code?: string) => call<EventInfo>(`/events/${part(id)}${opened('?', code)}`),
  // The plan is large and changes rarely: the browser may keep it and revalidate by ETag.
  plan: (id: string, code?: string) =>
    call<SeatPlan>(`/events/${part(id)}/seats?format=columns${opened('&', code)}`, { cache: 'default' }),
  availability: (id: string) => call<Availability>(`/events/${part(id)}/availability`),
  placeHold: (body: HoldRequest) => call<Hold>('/sales/holds', { method: 'POST', body }),
  hold: (token: string) => call<Hold>(`/sales/holds/${part(token)}`),
  changeHold: (token: string, body: HoldChange) =>
    call<Hold>(`/sales/holds/${part(token)}`, { method: 'PATCH', body }),
  extendHold: (token: string) => call<Hold>(`/sales/holds/${part(token)}/extend`, { method: 'POST' }),
  releaseHold: (token: string) => call<unknown>(`/sales/holds/${part(token)}`, { method: 'DELETE' }),
  confirm: (key: string, body: ConfirmRequest) =>
    call<Confirmation>('/sales/checkout/confirm', {
      method: 'POST',
      body,
      headers: { 'Idempotency-Key': key },
    }),
  giveUpPayment: (id: string, token: string) =>
    call<{ hold_token: string }>(`/sales/transactions/${part(id)}/give-up-payment?token=${part(token)}`, {
      method: 'POST',
    }),
  sale: (id: string, token: string) => call<Sale>(`/sales/transactions/${part(id)}?token=${part(token)}`),
};
