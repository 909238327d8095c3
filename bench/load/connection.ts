import { connect, type Socket } from 'node:net';

/** An answer as far as a load needs it. `body` is latin1: whatever is looked for in it is ASCII. */
export type Answer = { status: number; body: string };

const headEnd = '\r\n\r\n';
const reconnectMilliseconds = 20;
const receiveBytes = 16_384;

/** Reads a header's value from a head in whatever case it is written; fastify writes lower case. */
function header(head: string, name: string): string | undefined {
  let at = head.indexOf(`\r\n${name}: `);
  if (at < 0) at = head.toLowerCase().indexOf(`\r\n${name}: `);
  if (at < 0) return undefined;
  const start = at + name.length + 4;
  const end = head.indexOf('\r\n', start);
  return head.slice(start, end < 0 ? undefined : end);
}

/**
 * One kept HTTP/1.1 connection with one request under way. It knows what our server sends: a status line and a
 * content-length. Node's own client takes five times the processor time, which on two cores the server would lack.
 */
export class Connection {
  readonly #port: number;
  readonly #onAnswer: (answer: Answer) => void;
  readonly #onBroken: () => void;
  readonly #receive = Buffer.allocUnsafe(receiveBytes);
  /** The newest connection, which may still be opening. */
  #socket: Socket | undefined;
  #live = false;
  #whenLive: (() => void) | undefined;
  #text = '';
  #waits = false;
  #closed = false;

  /**
   * @param onAnswer called with the answer of the request under way.
   * @param onBroken called when the connection ends with a request under way.
   */
  constructor(port: number, onAnswer: (answer: Answer) => void, onBroken: () => void) {
    this.#port = port;
    this.#onAnswer = onAnswer;
    this.#onBroken = onBroken;
  }

  /** Connects, and again whenever the server has closed. Resolves at the first connection. */
  open(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenLive = resolve;
      this.#connect();
    });
  }

  /** Sends a whole request; one that meets a closed connection goes out on the next. */
  send(request: string): void {
    const write = () => {
      this.#waits = true;
      this.#socket!.write(request, 'latin1');
    };
    if (this.#live) write();
    else this.#whenLive = write;
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  #connect(): void {
    this.#live = false;
    const socket = connect({
      host: '127.0.0.1',
      port: this.#port,
      noDelay: true,
      // One buffer for all that is read: a new one for each answer is a tenth of this process's time.
      onread: {
        buffer: this.#receive,
        callback: (count, bytes) => {
          this.#read((bytes as Buffer).toString('latin1', 0, count));
          return true;
        },
      },
    });
    this.#socket = socket;
    socket.once('connect', () => {
      if (this.#socket !== socket) return;
      this.#live = true;
      this.#text = '';
      const whenLive = this.#whenLive;
      this.#whenLive = undefined;
      whenLive?.();
    });
    socket.on('error', () => {});
    socket.once('close', () => this.#ended(socket));
  }

  #ended(socket: Socket): void {
    if (this.#closed || this.#socket !== socket) return;
    const wasLive = this.#live;
    this.#live = false;
    // A server that refuses connections is not hammered.
    if (wasLive) this.#connect();
    else setTimeout(() => !this.#closed && this.#connect(), reconnectMilliseconds);
    if (!this.#waits) return;
    this.#waits = false;
    this.#onBroken();
  }

  #read(chunk: string): void {
    const text = this.#text === '' ? chunk : this.#text + chunk;
    const headLength = text.indexOf(headEnd);
    if (headLength < 0) {
      this.#text = text;
      return;
    }
    const head = text.slice(0, headLength);
    const length = Number(header(head, 'content-length') ?? 0);
    const bodyStart = headLength + headEnd.length;
    if (text.length < bodyStart + length) {
      this.#text = text;
      return;
    }
    this.#text = '';
    this.#waits = false;
    if (header(head, 'connection') === 'close') {
      this.#socket!.destroy();
      this.#connect();
    }
    this.#onAnswer({ status: Number(head.slice(9, 12)), body: text.slice(bodyStart, bodyStart + length) });
  }
}
