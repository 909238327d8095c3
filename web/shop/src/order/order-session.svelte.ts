import { api } from '../api/client.ts';
import type { Sale, Step, StepState } from '../api/contract.ts';
import { follow } from '../api/live.ts';
import { announcer } from '../lib/announcer.svelte.ts';
import { t } from '../lib/language.svelte.ts';

const pollMilliseconds = 1_500;
const lastStep = 'completed';
/** In these a step stays. */
const finalStates: readonly StepState[] = ['done', 'failed', 'skipped'];

type StepEvent = { step: string; state: StepState; at: string };

/** One sale as it completes under the buyer's eyes. */
export class OrderSession {
  sale: Sale = $state.raw() as Sale;
  readonly #token: string;

  constructor(sale: Sale, token: string) {
    this.sale = sale;
    this.#token = token;
  }

  static async open(saleId: string, token: string): Promise<OrderSession> {
    return new OrderSession(await api.sale(saleId, token), token);
  }

  get isComplete(): boolean {
    return this.sale.status !== 'processing' && this.sale.status !== 'awaiting_payment';
  }

  get hasTickets(): boolean {
    return this.sale.steps.some((step) => step.name === 'tickets' && step.state === 'done');
  }

  /** Follows the steps until the last one; returns how to stop before. */
  follow(): () => void {
    if (this.isComplete) return () => undefined;
    const stop = follow({
      url: this.sale.links.events,
      names: this.sale.steps.map((step) => step.name),
      onEvent: (_, data) => {
        this.#apply(data as StepEvent);
        if ((data as StepEvent).step === lastStep) {
          stop();
          // The stream tells steps; the sale's own status and what failed are in the sale.
          void this.#reload().catch(() => undefined);
        }
      },
      poll: async () => {
        await this.#reload();
        if (this.isComplete) stop();
      },
      pollMilliseconds,
    });
    return stop;
  }

  async #reload(): Promise<void> {
    const before = this.isComplete;
    this.sale = await api.sale(this.sale.id, this.#token);
    if (!before && this.isComplete) announcer.say(t.order.ready);
  }

  #apply({ step: name, state, at }: StepEvent): void {
    const steps = this.sale.steps.map((step): Step => {
      // A stream that was resumed tells old states again.
      const isNews = step.name === name && !finalStates.includes(step.state);
      return isNews ? { ...step, state, at } : step;
    });
    this.sale = { ...this.sale, steps };
    if (state === 'done') announcer.say(t.order.stepWords(name, state));
  }
}
