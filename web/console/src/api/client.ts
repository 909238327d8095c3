const requestTimeoutMilliseconds = 20_000;

export type FieldFault = { path: string; code: string; message: string };

/** A proxy in between may answer with no problem at all, so nothing is certain to be there. */
type Problem = { code?: string; detail?: string; errors?: FieldFault[]; request_id?: string };

/** A refusal that the server wrote: problem+json with its stable code. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: FieldFault[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number;
  /** The whole problem, for the members of its own that a code has. */
  readonly problem: Record<string, unknown>;

  constructor(status: number, body: Problem, retryAfter: string | null) {
    super(body.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = body.code ?? '';
    this.errors = body.errors ?? [];
    this.requestId = body.request_id;
    this.retryAfterSeconds = Number(retryAfter) || 0;
    this.problem = body;
  }

  /** Somebody else changed the same thing meanwhile. */
  get isConflict(): boolean {
    return this.status === 412 || this.code.endsWith('_changed');
  }
}

/** No answer came: nobody knows whether the server acted. */
export class NetworkFailure extends Error {}

export type CallOptions = {
  method?: string;
  body?: unknown;
  /** Of something that is made: the same key makes it once, however often it is sent. */
  idempotencyKey?: string;
  /** The version that a change was made from; another one meanwhile is refused with 412. */
  ifMatch?: string | undefined;
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/** An answer with its version. */
export type Versioned<T> = { body: T; etag: string | undefined };

let tellSignedOut = (): void => undefined;

/** Says what happens when the server no longer knows who asks. */
export function onSignedOut(tell: () => void): void {
  tellSignedOut = tell;
}

function initOf(options: CallOptions): RequestInit {
  const { method = 'GET', body, idempotencyKey, ifMatch } = options;
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
  if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey;
  if (ifMatch !== undefined) headers['If-Match'] = ifMatch;
  const timeout = AbortSignal.timeout(requestTimeoutMilliseconds);
  const init: RequestInit = {
    method,
    headers,
    cache: 'no-store',
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
  };
  if (typeof body === 'string' || body instanceof Blob) init.body = body;
  else if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  return init;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Asks the API.
 * @throws Refusal for what it refuses, NetworkFailure when no answer came.
 */
export async function callVersioned<T>(path: string, options: CallOptions = {}): Promise<Versioned<T>> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(path, initOf(options));
    text = await response.text();
  } catch (error) {
    throw new NetworkFailure(String(error));
  }
  const body = parse(text);
  if (!response.ok) {
    const refusal = new Refusal(response.status, body ?? {}, response.headers.get('Retry-After'));
    if (refusal.code === 'unauthenticated') tellSignedOut();
    throw refusal;
  }
  return { body: body as T, etag: response.headers.get('ETag') ?? undefined };
}

/** As `callVersioned`, without the version. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  return (await callVersioned<T>(path, options)).body;
}

type More = Omit<CallOptions, 'method' | 'body'>;

export const api = {
  get: <T>(path: string, more: More = {}) => call<T>(path, more),
  post: <T>(path: string, body: unknown, more: More = {}) => call<T>(path, { ...more, method: 'POST', body }),
  put: <T>(path: string, body: unknown, more: More = {}) => call<T>(path, { ...more, method: 'PUT', body }),
  patch: <T>(path: string, body: unknown, more: More = {}) =>
    call<T>(path, { ...more, method: 'PATCH', body }),
  delete: <T>(path: string, more: More = {}) => call<T>(path, { ...more, method: 'DELETE' }),
};

/** An address with a query; what is undefined or empty is left out. */
export function withQuery(path: string, query: Record<string, string | number | undefined>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** A key that nobody used before. Browsers have `randomUUID` over https alone. */
export function newIdempotencyKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
