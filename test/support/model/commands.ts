import assert from 'node:assert/strict';
import fc, { type AsyncCommand, type Scheduler } from 'fast-check';
import type { Answered, House } from './house.ts';
import { waitUntil } from '../wait.ts';
import { apply, copyModel, explain, pay, reconcile, sweep, type Model, type Op } from './spec.ts';

export const seats = 8;
export const standing = 6;

/** What the commands act on: the house, and who decides the order of what happens at once. */
export type Real = { house: House; scheduler: Scheduler };

type Step = AsyncCommand<Model, Real>;
type Asked = { process: number; op: Op };

/** Takes over what happened, if the model can explain it. */
function takeOver(model: Model, house: House, asked: readonly Asked[], answered: readonly Answered[]): void {
  const both = asked.map(({ op }, i) => ({ op, answer: answered[i]!.answer }));
  const found = explain(model, both);
  if (!found) {
    const alone = both.map(
      ({ op, answer }) => `${JSON.stringify(op)}: ${answer}, alone it were ${apply(copyModel(model), op)}`,
    );
    assert.fail(`nothing explains\n  ${alone.join('\n  ')}`);
  }
  Object.assign(model, found.model);
  for (const i of found.order) {
    const { holdId, transactionId } = answered[i]!;
    if (holdId !== undefined) house.holdIds.push(holdId);
    if (transactionId !== undefined && !house.orderIds.includes(transactionId))
      house.orderIds.push(transactionId);
  }
  assert.equal(house.orderIds.length, model.intents.length, 'an order was made twice');
}

/** One request after the other, or several at once, over both processes. */
class Ask implements Step {
  readonly asked: readonly Asked[];

  constructor(asked: readonly Asked[]) {
    this.asked = asked;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, { house, scheduler }: Real): Promise<void> {
    if (this.asked.length > 1) house.gate.scheduler = scheduler;
    try {
      const all = Promise.all(this.asked.map(({ process, op }) => house.ask(process, op)));
      takeOver(model, house, this.asked, await (this.asked.length > 1 ? scheduler.waitFor(all) : all));
    } finally {
      house.gate.scheduler = undefined;
    }
  }

  toString(): string {
    return this.asked.map(({ process, op }) => `${process}:${JSON.stringify(op)}`).join(' | ');
  }
}

/** Time goes on, for the database and for all processes. */
class Wait implements Step {
  readonly seconds: number;

  constructor(seconds: number) {
    this.seconds = seconds;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, { house }: Real): Promise<void> {
    model.now += this.seconds;
    await house.setNow(model.now);
  }

  toString(): string {
    return `wait ${this.seconds} s`;
  }
}

/** The money of an order comes, in time or late. */
class Pay implements Step {
  readonly process: number;
  readonly order: number;

  constructor(process: number, order: number) {
    this.process = process;
    this.order = order;
  }

  check(model: Readonly<Model>): boolean {
    return this.order < model.intents.length;
  }

  async run(model: Model, { house }: Real): Promise<void> {
    const state = await house.pay(this.process, house.orderIds[this.order]!);
    assert.equal(state, pay(model, this.order, state));
    // Its places may have been taken again, by a hold that nobody has asked for.
    if (model.holds.length > house.holdIds.length)
      house.holdIds.push((await house.readIntent(house.orderIds[this.order]!))!.holdId);
  }

  toString(): string {
    return `${this.process}:pay order ${this.order}`;
  }
}

/** Looks after what is due: orders whose time is over. */
class Reconcile implements Step {
  readonly process: number;

  constructor(process: number) {
    this.process = process;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, { house }: Real): Promise<void> {
    await house.parts[this.process]!.reconciler.reconcile();
    reconcile(model);
    for (const [i, { state }] of model.intents.entries())
      assert.equal((await house.readIntent(house.orderIds[i]!))!.state, state);
  }

  toString(): string {
    return `${this.process}:reconcile`;
  }
}

const index = fc.nat({ max: 9 });
const process = fc.nat({ max: 1 });
const placing = fc.record({
  kind: fc.constant('hold' as const),
  seats: fc.uniqueArray(fc.integer({ min: 1, max: seats }), { minLength: 1, maxLength: 3 }),
  standing: fc.nat({ max: 2 }),
});
const keyed = (kind: 'confirm' | 'open') =>
  fc.record({ kind: fc.constant(kind), hold: index, key: fc.nat({ max: 11 }), body: fc.nat({ max: 1 }) });
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  { weight: 5, arbitrary: placing },
  { weight: 4, arbitrary: keyed('confirm') },
  { weight: 2, arbitrary: keyed('open') },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('extend' as const, 'release' as const), hold: index }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'sweep' as const }) },
);
const asked = fc.record({ process, op: anyOp });

/** What may happen in a hall. */
export const steps = (length: number) =>
  fc.commands(
    [
      fc.array(asked, { minLength: 1, maxLength: 1 }).map((one) => new Ask(one)),
      fc.array(asked, { minLength: 2, maxLength: 3 }).map((some) => new Ask(some)),
      fc.constantFrom(1, 299, 300, 601, 1_801).map((seconds) => new Wait(seconds)),
      fc.tuple(process, index).map(([at, order]) => new Pay(at, order)),
      process.map((at) => new Reconcile(at)),
    ],
    { maxCommands: length, size: 'max' },
  );

/** Safety: the places are as the model has them, and there is a document for each sale. */
export async function assertSame(model: Model, house: House): Promise<void> {
  const { free, standingLeft, sales } = await house.places();
  const expected = Array.from({ length: seats }, (_, i) => i + 1).filter((seat) => !model.seats.has(seat));
  assert.deepEqual(
    { free, standingLeft, sales },
    { free: expected, standingLeft: model.standingLeft, sales: model.nextNumber - 1 },
  );
}

/** Liveness: once all is over, whatever was not sold can be sold, through either process. */
export async function assertSellable(model: Model, house: House): Promise<void> {
  model.now += 1_000_000;
  await house.setNow(model.now);
  for (const { reconciler } of house.parts) await reconciler.reconcile();
  reconcile(model);
  for (const { process: one } of house.parts) {
    await one.holds.sweepExpired();
  }
  sweep(model);
  await assertSame(model, house);
  const free = Array.from({ length: seats }, (_, i) => i + 1).filter((seat) => !model.seats.has(seat));
  const rest = free.map((seat): Op => ({ kind: 'hold', seats: [seat], standing: 0 }));
  if (model.standingLeft > 0) rest.push({ kind: 'hold', seats: [], standing: model.standingLeft });
  for (const [i, op] of rest.entries()) {
    const at = i % house.parts.length;
    await waitUntil(`sold to whoever asks: ${JSON.stringify(op)}`, async () => {
      if ((await house.ask(at, op)).answer === 'placed') return true;
      // As each process does now and then: a notice of what was taken may arrive after what freed it again.
      await house.parts[at]!.process.events.reload(house.hall);
      return false;
    });
  }
}
