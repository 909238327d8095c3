import Stripe from 'stripe';
import { Problem } from '../base/errors.ts';
import { isUuid, parseSellerId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import {
  ProviderUnavailable,
  type PaymentNews,
  type PaymentProvider,
  type ProviderRefund,
  type StripeAccount,
  type TenderKey,
} from './payment-provider.ts';

// Stripe refuses a page that would close in less than 30 minutes; ours is closed when its time has come.
const pageSecondsMore = 1_860;

function metadataOf({ tenantId, transactionId, tenderNo }: TenderKey): Record<string, string> {
  return { tenant_id: String(tenantId), transaction_id: transactionId, tender_no: String(tenderNo) };
}

/** Whose payment an object of Stripe's is, or null for one that is not ours. */
function keyOf(metadata: Stripe.Metadata | null | undefined): TenderKey | null {
  const { tenant_id = '', transaction_id = '', tender_no = '' } = metadata ?? {};
  const tenantId = parseSellerId(tenant_id);
  if (tenantId === null || !isUuid(transaction_id) || !/^[1-9]\d{0,3}$/.test(tender_no)) return null;
  return { tenantId, transactionId: transaction_id, tenderNo: Number(tender_no) };
}

function idOf(object: string | { id: string } | null): string | null {
  return typeof object === 'string' ? object : (object?.id ?? null);
}

/** `complete` without money is a means that takes days, such as a debit: Stripe tells later how it went. */
function newsOf(session: Stripe.Checkout.Session): PaymentNews {
  const paymentId = idOf(session.payment_intent);
  if (session.payment_status === 'paid')
    return { state: 'captured', captured: session.amount_total ?? 0, paymentId };
  const state =
    session.status === 'expired' ? 'cancelled' : session.status === 'complete' ? 'authorised' : 'pending';
  return { state, captured: 0, paymentId };
}

/** What cannot be reached, is too slow, too busy or broken may be asked again; anything else is a fault of ours. */
function translate(error: unknown): never {
  const { StripeConnectionError, StripeAPIError, StripeRateLimitError, StripeIdempotencyError } =
    Stripe.errors;
  const passing = [StripeConnectionError, StripeAPIError, StripeRateLimitError, StripeIdempotencyError];
  if (passing.some((kind) => error instanceof kind)) {
    throw new ProviderUnavailable((error as Error).message, { cause: error });
  }
  throw error;
}

function refundOf({ id, amount, created, metadata }: Stripe.Refund): ProviderRefund {
  return { refundId: id, amount, at: new Date(created * 1_000), part: metadata?.['part'] ?? null };
}

function createClient({ secretKey, apiUrl }: StripeAccount): Stripe {
  const { protocol, hostname, port } = new URL(apiUrl);
  return new Stripe(secretKey, {
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    port: port === '' ? (protocol === 'http:' ? 80 : 443) : Number(port),
    timeout: limits.providerAnswerSecondsMax * 1_000,
    // What hangs is asked again by the reconciler, not while somebody waits for an answer.
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

class StripePayments implements PaymentProvider {
  readonly name = 'stripe';
  readonly #client: Stripe;
  readonly #webhookSecret: string;

  constructor(account: StripeAccount) {
    this.#client = createClient(account);
    this.#webhookSecret = account.webhookSecret;
  }

  async openPage(order: Parameters<PaymentProvider['openPage']>[0]) {
    const metadata = metadataOf(order);
    const session = await this.#client.checkout.sessions
      .create(
        {
          mode: 'payment',
          line_items: [
            {
              quantity: 1,
              price_data: {
                currency: order.currency.toLowerCase(),
                unit_amount: order.amount,
                product_data: { name: order.title },
              },
            },
          ],
          client_reference_id: order.transactionId,
          metadata,
          payment_intent_data: { metadata },
          locale: order.locale,
          ...(order.email !== null && { customer_email: order.email }),
          success_url: order.returnUrl,
          cancel_url: order.returnUrl,
          expires_at: Math.ceil(order.expiresAt.getTime() / 1_000) + pageSecondsMore,
        },
        { idempotencyKey: `page.${order.tenantId}.${order.transactionId}.${order.tenderNo}` },
      )
      .catch(translate);
    if (session.url === null) throw new Error(`Stripe gave session ${session.id} no address`);
    return { pageId: session.id, url: session.url };
  }

  async readPage(pageId: string): Promise<PaymentNews> {
    return newsOf(await this.#client.checkout.sessions.retrieve(pageId).catch(translate));
  }

  async closePage(pageId: string): Promise<PaymentNews> {
    try {
      return newsOf(await this.#client.checkout.sessions.expire(pageId));
    } catch (error) {
      // Only an open page can be closed: it was paid meanwhile, or is closed already.
      if (error instanceof Stripe.errors.StripeInvalidRequestError) return this.readPage(pageId);
      return translate(error);
    }
  }

  async refund(key: TenderKey, paymentId: string, amount: number, part: string): Promise<ProviderRefund[]> {
    // A refund whose answer was lost a day ago has no key any more: it is known by its part.
    const before = await this.refundsOf(paymentId);
    if (before.some((refund) => refund.part === part)) return before;
    try {
      await this.#client.refunds.create(
        { payment_intent: paymentId, amount, metadata: { ...metadataOf(key), part } },
        { idempotencyKey: `refund.${key.tenantId}.${key.transactionId}.${key.tenderNo}.${part}.${amount}` },
      );
    } catch (error) {
      // All of it went back otherwise, as by hand in Stripe's dashboard.
      const repeated = error instanceof Stripe.errors.StripeInvalidRequestError;
      if (!repeated || error.code !== 'charge_already_refunded') translate(error);
    }
    return await this.refundsOf(paymentId);
  }

  async refundsOf(paymentId: string): Promise<ProviderRefund[]> {
    const { data } = await this.#client.refunds
      .list({ payment_intent: paymentId, limit: 100 })
      .catch(translate);
    return data.filter((refund) => refund.status !== 'failed' && refund.status !== 'canceled').map(refundOf);
  }

  async *refundedSince(since: Date): AsyncGenerator<TenderKey> {
    const created = { gte: Math.floor(since.getTime() / 1_000) };
    const more = { created, limit: 100, expand: ['data.payment_intent'] };
    let after: string | undefined;
    do {
      const page = await this.#client.refunds
        .list({ ...more, ...(after !== undefined && { starting_after: after }) })
        .catch(translate);
      for (const { payment_intent: payment } of page.data) {
        const key = typeof payment === 'string' ? null : keyOf(payment?.metadata);
        if (key) yield key;
      }
      after = page.has_more ? page.data.at(-1)?.id : undefined;
    } while (after !== undefined);
  }

  async *pagesSince(since: Date): AsyncGenerator<TenderKey & { news: PaymentNews }> {
    const created = { gte: Math.floor(since.getTime() / 1_000) };
    let after: string | undefined;
    do {
      const page = await this.#client.checkout.sessions
        .list({ created, limit: 100, ...(after !== undefined && { starting_after: after }) })
        .catch(translate);
      for (const session of page.data) {
        const key = keyOf(session.metadata);
        if (key) yield { ...key, news: newsOf(session) };
      }
      after = page.has_more ? page.data.at(-1)?.id : undefined;
    } while (after !== undefined);
  }

  readEvent(body: Buffer, signature: string | undefined) {
    let event: Stripe.Event;
    try {
      event = this.#client.webhooks.constructEvent(body, signature ?? '', this.#webhookSecret);
    } catch {
      throw new Problem('callback_signature_invalid', 'Stripe-Signature is not the one of this event.');
    }
    const { object, id, metadata } = event.data.object as {
      object?: string;
      id?: string;
      metadata?: Stripe.Metadata | null;
    };
    const key = keyOf(metadata);
    if (!key) return null;
    const page = object === 'checkout.session' && id !== undefined ? { pageId: id } : {};
    return { ...key, ...page, eventId: event.id.slice(0, 255), kind: event.type.slice(0, 100) };
  }
}

/** Takes cards by Stripe's hosted page (Checkout): no number of a card ever reaches this house. */
export function createStripe(account: StripeAccount): PaymentProvider {
  return new StripePayments(account);
}
