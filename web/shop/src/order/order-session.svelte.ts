import { api } from '../api/client.ts';
import type { Sale, Step, StepState } from '../api/contract.ts';
import { follow } from '../../../shared/src/live.ts';
import { announcer } from '../lib/announcer.svelte.ts';
import { t } from '../lib/language.svelte.ts';

const pollMilliseconds = 1_500;
const lastStep = 'completed';
/** What a stream may tell; the steps of a sale are known only once it is one. */
const eventNames = ['payment', 'confirmed', 'tickets', 'email', 'sms', 'whatsapp', 'statistics', lastStep];
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

  /** Nothing more will happen: money that came late may still make a sale of an order that ended. */
  get isFinal(): boolean {
    const { status, payment } = this.sale;
    if (status === 'refunded') return payment?.state !== 'refunding';
    return status === 'cancelled' ? payment === undefined : this.isComplete;
  }

  get hasTickets(): boolean {
    return this.sale.steps.some((step) => step.name === 'tickets' && step.state === 'done');
  }

  /** Follows the steps until the last one; returns how to stop before. */
  follow(): () => void {
    if (this.isFinal) return () => undefined;
    const stop = follow({
      url: this.sale.links.events,
      names: eventNames,
      onEvent: (_, data) => {
        this.#apply(data as StepEvent);
        // How the order is paid, and the steps of the sale that it becomes, are in the order itself.
        if (this.sale.payment) {
          void this.#reload()
            .then(() => this.isFinal && stop())
            .catch(() => undefined);
        }
        if ((data as StepEvent).step === lastStep) {
          stop();
          // The stream tells steps; the sale's own status and what failed are in the sale.
          void this.#reload().catch(() => undefined);
        }
      },
      poll: async () => {
        await this.#reload();
        if (this.isFinal) stop();
      },
      pollMilliseconds,
    });
    return stop;
  }

  /** Gives the payment up. @returns the hold, to be confirmed again. */
  async giveUp(): Promise<string> {
    const { hold_token: holdToken } = await api.giveUpPayment(this.sale.id, this.#token);
    return holdToken;
  }

  async #reload(): Promise<void> {
    const before = this.isComplete;
    this.sale = await api.sale(this.sale.id, this.#token);
    if (!before && this.sale.status === 'completed') announcer.say(t.order.ready);
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
