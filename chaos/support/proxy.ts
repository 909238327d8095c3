import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A way to a server of this machine on which connections can be cut, delayed and stalled. */
export type Proxy = {
  port: number;
  /** Cuts every connection at once. */
  cut(): void;
  /** Lets whatever is sent from now on arrive so much later; 0 lets it go on at once. */
  delay(milliseconds: number): void;
  /** Lets the connections that are open now hear nothing of the server any more; what they send arrives. */
  mute(): void;
  /** Lets nothing through, in silence, until it is told otherwise. */
  stall(stalled: boolean): void;
  /** Connections that are open. */
  readonly open: number;
  stop(): Promise<void>;
};

/** Starts one on a free port. */
export async function startProxy(targetPort: number): Promise<Proxy> {
  const pairs = new Set<[Socket, Socket]>();
  let milliseconds = 0;
  let stalled = false;

  const pipe = (from: Socket, to: Socket) => {
    from.on('data', (chunk) => {
      if (milliseconds === 0) to.write(chunk);
      // Equal times fire in the order in which they were set, and a change of the time cuts what is open.
      else setTimeout(() => to.write(chunk), milliseconds);
    });
  };
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: '127.0.0.1', port: targetPort, noDelay: true });
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const [from, to] of [pair, [upstream, client]] as [Socket, Socket][]) {
      from.on('error', end).on('close', end);
      pipe(from, to);
      if (stalled) from.pause();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    delay(next) {
      if (next < milliseconds) cut();
      milliseconds = next;
    },
    mute() {
      for (const [, upstream] of pairs) upstream.removeAllListeners('data').resume();
    },
    stall(next) {
      stalled = next;
      for (const pair of pairs)
        for (const socket of pair)
          if (next) socket.pause();
          else socket.resume();
    },
    get open() {
      return pairs.size;
    },
    stop() {
      cut();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
