/** What a hold is in the model; seconds are of the model's clock. */
export type ModelHold = {
  state: 'live' | 'confirmed' | 'released' | 'expired';
  seats: number[];
  standing: number;
  expiresAt: number;
  extensions: number;
};

export type ModelIntent = {
  /** Index of the hold that it was opened over. */
  hold: number;
  state: 'awaiting' | 'settled' | 'ended' | 'refunded';
  expiresAt: number;
};

/** What one key has made: a sale by its number, or an order by its index. */
type ModelKey = { body: number; made: { sale: number } | { intent: number } };

/** All that must be so, told simply: the house's rules without its database, its groups and its processes. */
export type Model = {
  now: number;
  /** By seat: the hold that has it, by index; sold is the same hold, confirmed. */
  seats: Map<number, number>;
  standingLeft: number;
  holds: ModelHold[];
  intents: ModelIntent[];
  keys: Map<number, ModelKey>;
  nextNumber: number;
  /** Seats that were ever taken: what another process remembers of them may be old. */
  touched: Set<number>;
};

/** What is asked of the house. Holds and intents go by their index; one that is too high is none. */
export type Op =
  | { kind: 'hold'; seats: number[]; standing: number }
  | { kind: 'extend'; hold: number }
  | { kind: 'release'; hold: number }
  | { kind: 'confirm'; hold: number; key: number; body: number }
  | { kind: 'open'; hold: number; key: number; body: number }
  | { kind: 'sweep' };

export const holdSeconds = 600;
export const extensionSeconds = 300;
export const extensionsMax = 2;
export const cardSeconds = 1_800;

/** A model of a hall that nobody has touched. */
export function emptyModel(standing: number): Model {
  return {
    now: 0,
    seats: new Map(),
    standingLeft: standing,
    holds: [],
    intents: [],
    keys: new Map(),
    nextNumber: 1,
    touched: new Set(),
  };
}

/** A copy that shares nothing. */
export function copyModel(model: Model): Model {
  return structuredClone(model);
}

/** Why a hold cannot be used now, or null. Whether it was released or expired is one: at once, either may come first. */
function endOf(model: Model, hold: ModelHold): string | null {
  if (hold.state === 'confirmed') return 'hold_already_confirmed';
  return hold.state !== 'live' || hold.expiresAt <= model.now ? 'hold_ended' : null;
}

function free(model: Model, hold: ModelHold, state: 'released' | 'expired'): void {
  hold.state = state;
  for (const seat of hold.seats) model.seats.delete(seat);
  model.standingLeft += hold.standing;
}

/** Takes places for a new hold. @returns its index. */
export function take(model: Model, seats: number[], standing: number, expiresAt: number): number {
  model.holds.push({ state: 'live', seats, standing, expiresAt, extensions: 0 });
  const index = model.holds.length - 1;
  for (const seat of seats) {
    model.seats.set(seat, index);
    model.touched.add(seat);
  }
  model.standingLeft -= standing;
  return index;
}

function place(model: Model, { seats, standing }: Extract<Op, { kind: 'hold' }>): string {
  if (seats.some((seat) => model.seats.has(seat)) || standing > model.standingLeft) return 'seat_unavailable';
  return `placed ${take(model, seats, standing, model.now + holdSeconds)}`;
}

function sell(model: Model, hold: ModelHold): number {
  hold.state = 'confirmed';
  return model.nextNumber++;
}

function confirm(model: Model, { hold: index, key, body }: Extract<Op, { kind: 'confirm' }>): string {
  const known = model.keys.get(key);
  if (known)
    return known.body === body && 'sale' in known.made ? `sold ${known.made.sale}` : 'idempotency_key_reused';
  const hold = model.holds[index];
  const end = hold ? endOf(model, hold) : 'hold_not_found';
  if (end !== null) return end;
  const sale = sell(model, hold!);
  model.keys.set(key, { body, made: { sale } });
  return `sold ${sale}`;
}

function open(model: Model, { hold: index, key, body }: Extract<Op, { kind: 'open' }>): string {
  const known = model.keys.get(key);
  if (known)
    return known.body === body && 'intent' in known.made
      ? `order ${known.made.intent}`
      : 'idempotency_key_reused';
  const hold = model.holds[index];
  const end = hold ? endOf(model, hold) : 'hold_not_found';
  if (end !== null) return end;
  if (model.intents.some((one) => one.hold === index && one.state === 'awaiting')) return 'payment_pending';
  const expiresAt = model.now + cardSeconds;
  model.intents.push({ hold: index, state: 'awaiting', expiresAt });
  hold!.expiresAt = Math.max(hold!.expiresAt, expiresAt);
  const intent = model.intents.length - 1;
  model.keys.set(key, { body, made: { intent } });
  return `order ${intent}`;
}

function extend(model: Model, hold: ModelHold): string {
  const end = endOf(model, hold);
  if (end !== null && hold.state !== 'live') return end;
  if (hold.extensions >= extensionsMax) return 'hold_extension_limit';
  if (end !== null) return end;
  hold.extensions++;
  hold.expiresAt += extensionSeconds;
  return 'extended';
}

function release(model: Model, hold: ModelHold): string {
  if (hold.state === 'confirmed') return 'hold_already_confirmed';
  if (hold.state === 'live') free(model, hold, 'released');
  return 'released';
}

/** Ends the holds whose time has come. */
export function sweep(model: Model): void {
  for (const hold of model.holds)
    if (hold.state === 'live' && hold.expiresAt <= model.now) free(model, hold, 'expired');
}

/** Does what is asked. @returns what the answer must be. */
export function apply(model: Model, op: Op): string {
  if (op.kind === 'hold') return place(model, op);
  if (op.kind === 'confirm') return confirm(model, op);
  if (op.kind === 'open') return open(model, op);
  if (op.kind === 'sweep') {
    sweep(model);
    return 'swept';
  }
  const hold = model.holds[op.hold];
  if (!hold) return 'hold_not_found';
  return op.kind === 'extend' ? extend(model, hold) : release(model, hold);
}

/**
 * The money of an order comes.
 * @param became what it became: late money may go back although the places are free again, if a process did not know yet.
 * @returns what it must become: a sale while its places can be had, else a refund.
 */
export function pay(model: Model, index: number, became: string): string {
  const intent = model.intents[index];
  if (!intent) return 'none';
  if (intent.state !== 'awaiting') return intent.state;
  const hold = model.holds[intent.hold]!;
  let { hold: sold } = intent;
  if (endOf(model, hold) !== null) {
    // Too late for the hold: its places are taken again, if nobody else has them.
    if (hold.state === 'live') free(model, hold, 'released');
    const taken = hold.seats.some((seat) => model.seats.has(seat)) || hold.standing > model.standingLeft;
    if (taken || became === 'refunded') {
      intent.state = 'refunded';
      return 'refunded';
    }
    sold = take(model, hold.seats, hold.standing, model.now + holdSeconds);
  }
  sell(model, model.holds[sold]!);
  intent.state = 'settled';
  return 'settled';
}

/** The orders that were not paid in time end, and their holds with them. */
export function reconcile(model: Model): void {
  for (const intent of model.intents) {
    if (intent.state !== 'awaiting' || intent.expiresAt > model.now) continue;
    intent.state = 'ended';
    const hold = model.holds[intent.hold]!;
    if (hold.state === 'live') hold.expiresAt = Math.min(hold.expiresAt, model.now);
  }
}

function* permutations<T>(some: readonly T[]): Generator<T[]> {
  if (some.length === 0) yield [];
  for (const [i, first] of some.entries()) {
    for (const rest of permutations(some.toSpliced(i, 1))) yield [first, ...rest];
  }
}

/** What a process knows of places may be a moment old: it may refuse what has just become free, never the other way round. */
function mayBeOld(model: Model, op: Op, answer: string): boolean {
  if (op.kind !== 'hold' || answer !== 'seat_unavailable') return false;
  const wasTaken = op.standing > 0 && model.holds.some((hold) => hold.standing > 0);
  return wasTaken || op.seats.some((seat) => model.touched.has(seat));
}

/**
 * Finds an order in which what was asked at once can have happened (linearizability).
 * @param rename tells the indexes of holds and orders apart that the answers name.
 * @returns the model after it and the answers' order, or null when there is none.
 */
export function explain(
  before: Model,
  asked: readonly { op: Op; answer: string }[],
): { model: Model; order: number[] } | null {
  for (const order of permutations([...asked.keys()])) {
    const model = copyModel(before);
    const isSo = order.every((i) => {
      const { op, answer } = asked[i]!;
      const untouched = copyModel(model);
      const expected = apply(model, op);
      if (expected === answer || (answer === 'placed' && expected.startsWith('placed '))) return true;
      if (answer === 'order' && expected.startsWith('order ')) return true;
      if (!mayBeOld(untouched, op, answer)) return false;
      Object.assign(model, untouched);
      return true;
    });
    if (isSo) return { model, order };
  }
  return null;
}
