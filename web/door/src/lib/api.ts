/** A refusal that the server wrote: problem+json with its stable code. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, body: { code?: string; detail?: string } | null) {
    super(body?.detail ?? `HTTP ${status}`);
    this.status = status;
    this.code = body?.code ?? '';
  }

  /** The server could not decide now. */
  get isTransient(): boolean {
    return this.status >= 500 || this.status === 429 || this.status === 408;
  }
}

/** No answer came: nobody knows whether the server acted. */
export class NetworkFailure extends Error {}

type Options = {
  method?: string;
  body?: unknown;
  /** The scanner's; without it the cookie of whoever signed in goes along. */
  token?: string | undefined;
  timeoutMilliseconds?: number;
};

const answerMilliseconds = 15_000;

/** Asks the API. @throws Refusal, NetworkFailure */
export async function call<T>(path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`;
  const init: RequestInit = {
    method: options.method ?? 'GET',
    headers,
    cache: 'no-store',
    signal: AbortSignal.timeout(options.timeoutMilliseconds ?? answerMilliseconds),
  };
  if (options.body !== undefined) {
    headers['content-type'] = 'application/json';
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
  if (!response.ok) throw new Refusal(response.status, body as { code?: string } | null);
  return body as T;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Follows a stream of events with a token, which EventSource cannot send, until the signal. */
export async function follow(
  path: string,
  token: string,
  signal: AbortSignal,
  onEvent: (data: unknown) => void,
): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  const response = await fetch(path, { headers, signal, cache: 'no-store' });
  if (!response.ok || !response.body) throw new Refusal(response.status, null);
  let rest = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) onEvent(JSON.parse(data));
    }
  }
}
