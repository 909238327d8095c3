import { limits } from '../base/limits.ts';
import type { Enrolment, ReceivedLease } from './till-folder.adapter.ts';

/** The server's refusal, or that it cannot be reached, in one sentence. */
export class TillServerError extends Error {
  override readonly name = 'TillServerError';
  /** Of the problem; absent when there was no answer. */
  readonly code: string | undefined;
  readonly members: Record<string, unknown>;

  constructor(message: string, code?: string, members: Record<string, unknown> = {}) {
    super(message);
    this.code = code;
    this.members = members;
  }
}

async function send<T>(method: string, url: URL, body?: unknown, token?: string): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(limits.tillAnswerSecondsMax * 1_000),
    });
  } catch (error) {
    throw new TillServerError(`the server at ${url.origin} cannot be reached (${(error as Error).message}).`);
  }
  const json = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok) return json as T;
  const { detail, code } = json as { detail?: string; code?: string };
  throw new TillServerError(detail ?? `the server answered ${answer.status}.`, code, json);
}

/** Enrols a till by the code that somebody typed into it, and gets the seller's keys. */
export async function enrolTill(server: string, code: string): Promise<Enrolment> {
  const enrolled = await send<Omit<Enrolment, 'server' | 'keys'> & { kind: string }>(
    'POST',
    new URL('/devices/enrol', server),
    { code },
  );
  const { seller_id, device_id, name, token } = enrolled;
  const keys = await send<{ data: Enrolment['keys'] }>(
    'GET',
    new URL(`/sellers/${seller_id}/ticket-keys`, server),
  );
  return { server, seller_id, device_id, name, token, keys: keys.data };
}

/** What the server answers of a line. */
export type SyncResult = { sequence: number; outcome: 'recorded' | 'replayed' | 'conflict' };

/** The server as a till reaches it. Every call throws TillServerError when it is refused or cannot be made. */
export class TillClient {
  readonly #enrolment: Enrolment;

  constructor(enrolment: Enrolment) {
    this.#enrolment = enrolment;
  }

  #send<T>(method: string, where: string, body?: unknown): Promise<T> {
    const { server, seller_id, device_id, token } = this.#enrolment;
    const url = new URL(`/sellers/${seller_id}/tills/${device_id}${where}`, server);
    return send<T>(method, url, body, token);
  }

  lease(body: unknown): Promise<ReceivedLease> {
    return this.#send('POST', '/leases', body);
  }

  read(): Promise<{ last_sequence: number; conflicts_open: number }> {
    return this.#send('GET', '');
  }

  async sync(firstSequence: number, lines: string[]): Promise<SyncResult[]> {
    const encoded = lines.map((line) => Buffer.from(line).toString('base64url'));
    const body = { first_sequence: firstSequence, lines: encoded };
    const { results } = await this.#send<{ results: SyncResult[] }>('POST', '/sync', body);
    return results;
  }

  endLease(leaseId: string, body: { last_sequence: number; numbers_used: number }): Promise<unknown> {
    return this.#send('POST', `/leases/${leaseId}/return`, body);
  }
}
