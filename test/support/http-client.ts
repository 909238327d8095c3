import { Agent, request } from 'node:http';

/** An answer, with its body as text and, when it is JSON, as a value. */
export type Answer = { status: number; headers: NodeJS.Dict<string | string[]>; text: string; json: unknown };

/** A client with at most so many connections, which it keeps. */
export function createHttpClient(baseUrl: string, connectionsMax: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  return {
    /** Sends a request; a body that is not a text is sent as JSON. */
    send(
      method: string,
      path: string,
      body?: unknown,
      headers: Record<string, string> = {},
    ): Promise<Answer> {
      const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const options = {
        agent,
        method,
        headers: {
          accept: 'application/json',
          ...(payload === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
          ...headers,
        },
      };
      return new Promise((resolve, reject) => {
        const outgoing = request(new URL(path, baseUrl), options, (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            const isJson = /json\b/.test(incoming.headers['content-type'] ?? '');
            const json: unknown = isJson && text !== '' ? JSON.parse(text) : undefined;
            resolve({ status: incoming.statusCode!, headers: incoming.headers, text, json });
          });
        });
        outgoing.on('error', reject);
        outgoing.end(payload);
      });
    },
    close: () => agent.destroy(),
  };
}
