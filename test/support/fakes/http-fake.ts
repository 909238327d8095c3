import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came over the wire. */
export type HttpRequest = {
  method: string;
  /** With its query string. */
  path: string;
  headers: NodeJS.Dict<string | string[]>;
  body: Buffer;
};

/** A server of the outer world: every request that reached it is in its log, in the order of arrival. */
export type HttpFake = { url: string; log: HttpRequest[]; stop(): Promise<void> };

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Starts an HTTP server on a free port. An answer that never comes is one that `answer` does not give. */
export async function startHttpFake(
  answer: (request: HttpRequest, response: ServerResponse) => void | Promise<void>,
): Promise<HttpFake> {
  const log: HttpRequest[] = [];
  const server = createServer((incoming, response) => {
    void readBody(incoming).then(
      async (body) => {
        const { method = '', url = '', headers } = incoming;
        const request = { method, path: url, headers, body };
        log.push(request);
        await answer(request, response);
      },
      // The client went away: its request did not arrive.
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    log,
    stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}

/** What a fake does with its next requests, one entry each; afterwards it accepts. */
export class Script<M> {
  readonly #modes: M[] = [];
  readonly #fallback: M;

  constructor(fallback: M) {
    this.#fallback = fallback;
  }

  next(...modes: M[]): void {
    this.#modes.push(...modes);
  }

  take(): M {
    return this.#modes.shift() ?? this.#fallback;
  }
}
