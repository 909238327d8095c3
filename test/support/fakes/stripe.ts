import { createHmac, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { waitUntil } from '../wait.ts';
import { Script, sendJson, startHttpFake, type HttpRequest } from './http-fake.ts';

/** What the API does with its next request. */
export type StripeMode =
  | 'accept'
  /** 500. */
  | 'break'
  /** Does what it is asked, and never answers. */
  | 'accept_in_silence';

/** What becomes of webhooks: sent at once, or kept until the test sends them. */
export type WebhookMode = 'send' | 'keep';

type Session = {
  id: string;
  created: number;
  expiresAt: number;
  status: 'open' | 'complete' | 'expired';
  paymentStatus: 'unpaid' | 'paid';
  amount: number;
  currency: string;
  title: string;
  successUrl: string;
  paymentIntent: string | null;
  metadata: Record<string, string>;
};

type Refund = {
  id: string;
  created: number;
  paymentIntent: string;
  amount: number;
  metadata: Record<string, string>;
};

export type StripeEvent = { id: string; type: string; body: string };

export type StripeFake = Awaited<ReturnType<typeof startStripeFake>>;

/** The Stripe-Signature of a body. */
export function stripeSignature(secret: string, body: string, at = Math.floor(Date.now() / 1_000)): string {
  const mac = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return `t=${at},v1=${mac}`;
}

const secretKey = 'sk_test_of_tests';
const webhookSecret = 'whsec_of_tests';

function newId(prefix: string): string {
  return `${prefix}_test_${randomBytes(12).toString('hex')}`;
}

function metadataOf(form: URLSearchParams): Record<string, string> {
  const found = [...form].flatMap(([name, value]) => {
    const key = /^metadata\[(\w+)\]$/.exec(name)?.[1];
    return key === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(found);
}

type ApiAnswer = { status: number; json: unknown };

function refusal(code: string): ApiAnswer {
  return {
    status: code === 'resource_missing' ? 404 : 400,
    json: { error: { type: 'invalid_request_error', code } },
  };
}

function sessionJson(session: Session, url: string) {
  return {
    id: session.id,
    object: 'checkout.session',
    created: session.created,
    expires_at: session.expiresAt,
    status: session.status,
    payment_status: session.paymentStatus,
    amount_total: session.amount,
    currency: session.currency,
    payment_intent: session.paymentIntent,
    metadata: session.metadata,
    url: session.status === 'open' ? `${url}/pay/${session.id}` : null,
  };
}

function refundJson(refund: Refund) {
  const { id, created, amount, paymentIntent: payment_intent, metadata } = refund;
  return { id, object: 'refund', created, amount, payment_intent, metadata, status: 'succeeded' };
}

function pageOf(session: Session, note: string): string {
  return `<!doctype html><html lang="en"><head><meta name="viewport" content="width=device-width"><title>Stripe (test)</title></head>
<body><h1>${session.title}</h1><p>${session.amount} ${session.currency}</p><p role="status">${note}</p>
<form method="post"><button name="outcome" value="pay">Pay</button> <button name="outcome" value="decline">Declined card</button></form>
<a href="${session.successUrl.replaceAll('&', '&amp;')}">Back</a></body></html>`;
}

/** What Stripe does with what it is asked, and what it has truly taken and given back. */
class Account {
  readonly sessions: Session[] = [];
  /** Webhooks that were kept or could not be delivered. */
  readonly kept: StripeEvent[] = [];
  readonly sent: Promise<unknown>[] = [];
  readonly #refunds: Refund[] = [];
  url = '';
  webhookUrl = '';
  webhooks: WebhookMode = 'send';

  find(id: string | undefined): Session | undefined {
    return this.sessions.find((session) => session.id === id || session.paymentIntent === id);
  }

  async deliver(event: StripeEvent, options: { secret?: string; at?: number } = {}): Promise<number> {
    const signature = stripeSignature(options.secret ?? webhookSecret, event.body, options.at);
    const answer = await fetch(this.webhookUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': signature },
      body: event.body,
    });
    await answer.text();
    return answer.status;
  }

  #tell(type: string, object: unknown): void {
    const id = newId('evt');
    const created = Math.floor(Date.now() / 1_000);
    const body = JSON.stringify({ id, object: 'event', type, created, data: { object } });
    const event = { id, type, body };
    if (this.webhooks === 'keep' || this.webhookUrl === '') this.kept.push(event);
    else this.sent.push(this.deliver(event).catch(() => this.kept.push(event)));
  }

  #create(form: URLSearchParams): Session {
    const price = 'line_items[0][price_data]';
    const session: Session = {
      id: newId('cs'),
      created: Math.floor(Date.now() / 1_000),
      expiresAt: Number(form.get('expires_at')),
      status: 'open',
      paymentStatus: 'unpaid',
      amount: Number(form.get(`${price}[unit_amount]`)),
      currency: form.get(`${price}[currency]`) ?? '',
      title: form.get(`${price}[product_data][name]`) ?? '',
      successUrl: form.get('success_url') ?? '',
      paymentIntent: null,
      metadata: metadataOf(form),
    };
    this.sessions.unshift(session);
    return session;
  }

  /** What a buyer does on the page of a payment. */
  act(session: Session, outcome: string): 'paid' | 'declined' | 'closed' {
    const { metadata } = session;
    if (session.status !== 'open') return 'closed';
    if (outcome === 'decline') {
      this.#tell('payment_intent.payment_failed', { id: newId('pi'), object: 'payment_intent', metadata });
      return 'declined';
    }
    Object.assign(session, { status: 'complete', paymentStatus: 'paid', paymentIntent: newId('pi') });
    this.#tell('checkout.session.completed', sessionJson(session, this.url));
    return 'paid';
  }

  refundedOf(paymentIntent: string): number {
    const some = this.#refunds.filter((one) => one.paymentIntent === paymentIntent);
    return some.reduce((sum, one) => sum + one.amount, 0);
  }

  #refund(form: URLSearchParams): ApiAnswer {
    const session = this.find(form.get('payment_intent') ?? '');
    const amount = Number(form.get('amount'));
    const gone = this.refundedOf(session?.paymentIntent ?? '');
    if (!session || gone + amount > session.amount) {
      return refusal(gone > 0 ? 'charge_already_refunded' : 'resource_missing');
    }
    return { status: 200, json: refundJson(this.giveBack(session, amount, metadataOf(form))) };
  }

  /** Gives money back; without metadata as somebody does in the dashboard. */
  giveBack(session: Session, amount: number, metadata: Record<string, string> = {}): Refund {
    const created = Math.floor(Date.now() / 1_000);
    const made = { id: newId('re'), created, paymentIntent: session.paymentIntent!, amount, metadata };
    this.#refunds.push(made);
    this.#tell('charge.refunded', { id: newId('ch'), object: 'charge', metadata: session.metadata });
    return made;
  }

  #listRefunds(query: URLSearchParams): ApiAnswer {
    const [of, since] = [query.get('payment_intent'), Number(query.get('created[gte]') ?? 0)];
    const some = this.#refunds.filter(
      (one) => (of ?? one.paymentIntent) === one.paymentIntent && one.created >= since,
    );
    const data = some.map((one) => ({
      ...refundJson(one),
      ...(of === null && {
        payment_intent: { id: one.paymentIntent, metadata: this.find(one.paymentIntent)?.metadata },
      }),
    }));
    return { status: 200, json: { object: 'list', has_more: false, data } };
  }

  #list(query: URLSearchParams): ApiAnswer {
    const since = Number(query.get('created[gte]') ?? 0);
    const after = query.get('starting_after');
    const start = after === null ? 0 : this.sessions.findIndex((session) => session.id === after) + 1;
    // Small pages, so that a reader has to turn them.
    const page = this.sessions
      .slice(start)
      .filter((session) => session.created >= since)
      .slice(0, 2);
    const data = page.map((one) => sessionJson(one, this.url));
    return { status: 200, json: { object: 'list', has_more: page.length === 2, data } };
  }

  answer({ method, path, body }: HttpRequest): ApiAnswer {
    const { pathname, searchParams } = new URL(path, 'http://stripe');
    const form = new URLSearchParams(body.toString());
    const [, , resource, kind, id, action] = pathname.split('/');
    if (resource === 'refunds') {
      if (method === 'POST') return this.#refund(form);
      return this.#listRefunds(searchParams);
    }
    if (resource !== 'checkout' || kind !== 'sessions') return refusal('resource_missing');
    if (id === undefined && method === 'GET') return this.#list(searchParams);
    const session = id === undefined ? this.#create(form) : this.find(id);
    if (!session) return refusal('resource_missing');
    if (action === 'expire') {
      if (session.status !== 'open') return refusal('only open sessions expire');
      session.status = 'expired';
      this.#tell('checkout.session.expired', sessionJson(session, this.url));
    }
    return { status: 200, json: sessionJson(session, this.url) };
  }

  answerPage({ method, path, body }: HttpRequest, response: ServerResponse): void {
    const session = this.find(path.split('/')[2]);
    const send = (status: number, html: string) =>
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(html);
    if (!session) return void send(404, 'There is no such page.');
    if (method === 'GET') return void send(200, pageOf(session, session.status));
    const outcome = this.act(session, new URLSearchParams(body.toString()).get('outcome') ?? 'pay');
    if (outcome === 'paid') return void response.writeHead(303, { location: session.successUrl }).end();
    send(402, pageOf(session, outcome === 'declined' ? 'Your card was declined.' : 'This page has expired.'));
  }

  /** What was taken and given back, by order, in minor units. */
  ledger(): Map<string, { captured: number; refunded: number }> {
    const orders = new Map<string, { captured: number; refunded: number }>();
    for (const { metadata, paymentStatus, amount, paymentIntent } of this.sessions) {
      if (paymentStatus !== 'paid') continue;
      const id = metadata['transaction_id']!;
      const { captured, refunded } = orders.get(id) ?? { captured: 0, refunded: 0 };
      const back = this.refundedOf(paymentIntent!);
      orders.set(id, { captured: captured + amount, refunded: refunded + back });
    }
    return orders;
  }
}

/** A server that speaks as much of Stripe as a shop needs: hosted pages, refunds, webhooks. */
export async function startStripeFake() {
  const script = new Script<StripeMode>('accept');
  const answered = new Map<string, ApiAnswer>();
  const account = new Account();
  const { sessions, kept } = account;

  const server = await startHttpFake((request, response) => {
    if (request.path.startsWith('/pay/')) return account.answerPage(request, response);
    if (request.path === '/favicon.ico') return void response.writeHead(204).end();
    if (request.headers['authorization'] !== `Bearer ${secretKey}`) {
      return sendJson(response, 401, {
        error: { type: 'invalid_request_error', message: 'Invalid API Key' },
      });
    }
    const mode = script.take();
    if (mode === 'break') return sendJson(response, 500, { error: { type: 'api_error', message: 'broken' } });
    const key = String(request.headers['idempotency-key'] ?? '');
    const known = request.method === 'POST' ? answered.get(key) : undefined;
    const { status, json } = known ?? account.answer(request);
    if (key !== '' && status < 400) answered.set(key, { status, json });
    if (mode !== 'accept_in_silence') sendJson(response, status, json);
  });
  account.url = server.url;

  return {
    url: server.url,
    env: { STRIPE_SECRET_KEY: secretKey, STRIPE_WEBHOOK_SECRET: webhookSecret, STRIPE_API_URL: server.url },
    sessions,
    kept,
    next: (...modes: StripeMode[]) => script.next(...modes),
    sendTo: (url: string) => (account.webhookUrl = `${url}/callbacks/stripe/events`),
    setWebhooks: (mode: WebhookMode) => (account.webhooks = mode),
    deliver: (...of: Parameters<Account['deliver']>) => account.deliver(...of),
    /** The page of an order, once it was opened. */
    async sessionOf(transactionId: string): Promise<Session> {
      const of = () => sessions.find((session) => session.metadata['transaction_id'] === transactionId);
      await waitUntil('a page was opened', () => of() !== undefined);
      return of()!;
    },
    act: (session: Session, outcome: string) => account.act(session, outcome),
    refundByHand: (session: Session, amount: number) => account.giveBack(session, amount),
    ledger: () => account.ledger(),
    async stop() {
      await Promise.all(account.sent);
      await server.stop();
    },
  };
}
