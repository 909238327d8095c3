/** What happens at a failpoint: the process is killed as by -9, waits, or meets an error as of a connection that broke. */
export type FailAction = { kind: 'kill' } | { kind: 'delay'; milliseconds: number } | { kind: 'fail' };

/** An action at a named point, at its n-th reaching and no other. */
export type FailOrder = { point: string; action: FailAction; hit: number };

/** Where code may be made to break: `reach` is called with the name of each point that is passed. */
export type Failpoints = { reach(point: string): Promise<void> };

/**
 * Undefined in every process that was not started to be broken, so that a point costs its test alone:
 * `if (failpoints) await failpoints.reach('…')`.
 */
export let failpoints: Failpoints | undefined;

/** Sets the failpoints of this thread; undefined sets none. Only the composition root and tests do. */
export function setFailpoints(these: Failpoints | undefined): void {
  failpoints = these;
}

const actionPattern = /^(kill|fail|delay:(\d{1,6}))(?:@([1-9]\d{0,5}))?$/;

/**
 * Reads orders such as `committed confirm_sales=kill@3; delivered email=delay:500`; without a number the first reaching
 * counts. `note` orders nothing: the points that are passed are told.
 * @returns null for a text that is none.
 */
export function parseFailOrders(text: string): FailOrder[] | null {
  const orders: FailOrder[] = [];
  if (text === 'note') return orders;
  for (const part of text.split(';')) {
    const at = part.lastIndexOf('=');
    const match = actionPattern.exec(part.slice(at + 1).trim());
    const point = part.slice(0, Math.max(0, at)).trim();
    if (!match || point === '') return null;
    const [, word, milliseconds, hit = '1'] = match;
    const action: FailAction =
      milliseconds !== undefined
        ? { kind: 'delay', milliseconds: Number(milliseconds) }
        : { kind: word === 'kill' ? 'kill' : 'fail' };
    orders.push({ point, action, hit: Number(hit) });
  }
  return orders;
}

type Hands = {
  /** Ends the process at once. */
  kill(): void;
  /** Told of each point when it is first reached. */
  note(point: string): void;
};

/** Failpoints that carry out orders. */
export function createFailpoints(orders: readonly FailOrder[], { kill, note }: Hands): Failpoints {
  const hits = new Map<string, number>();
  return {
    async reach(point) {
      const hit = (hits.get(point) ?? 0) + 1;
      hits.set(point, hit);
      if (hit === 1) note(point);
      for (const { action } of orders.filter((order) => order.point === point && order.hit === hit)) {
        if (action.kind === 'kill') kill();
        else if (action.kind === 'delay')
          await new Promise((resolve) => setTimeout(resolve, action.milliseconds));
        else throw Object.assign(new Error(`broken at failpoint "${point}"`), { code: 'ECONNRESET' });
      }
    },
  };
}
