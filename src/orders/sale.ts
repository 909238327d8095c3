import type { Locale } from '../base/format.ts';
import { formatEventId, formatSeatId, formatZoneId } from '../base/ids.ts';
import type { StepName, StepState } from '../base/step.ts';
import type { IntentState } from '../payments/intent.ts';
import type { SaleLinks, WalletLinks } from './sale-token.ts';

export type SaleStatus = 'processing' | 'awaiting_payment' | 'completed' | 'cancelled' | 'refunded';

/** One place that was sold. Money in minor units of the sale's currency. */
export type SaleItem = {
  itemNo: number;
  zoneNo: number;
  zoneName: string;
  /** Null for a place of a general zone. */
  seat: { seatNo: number; row: string; number: string } | null;
  /** The kind of ticket and the price stage that it was sold in; null where prices have none. */
  kind: { code: string; name: string } | null;
  stage: { code: string; name: string } | null;
  total: number;
  /** The place was given back. */
  isReturned: boolean;
  /** Null until the ticket is made. */
  ticket: {
    keyId: number;
    signature: Buffer;
    /** The how-manieth code of the ticket. */
    generation: number;
    /** By which its holder has it; null: it is the buyer's. */
    transferId: string | null;
  } | null;
};

export type SaleTax = { name: string; ratePpm: number | null; amount: number };

export type SaleStep = {
  name: StepName;
  state: StepState;
  /** The number of the event that told of its end; null while it is pending. */
  progressEvent: number | null;
  attempts: number;
  updatedAt: Date;
  detail: string | null;
};

/** How an order is paid whose money comes later. */
export type Paying = {
  state: IntentState;
  /** Why it has ended, or that other places were given: a code of src/payments/intent.ts. */
  detail: string | null;
  /** The same in a sentence for the buyer. */
  message: string;
  at: Date;
  expiresAt: Date;
  methods: string[];
  /** Whether a provider's page takes the money. */
  isOnline: boolean;
};

/** A sale with all that its reader, its tickets and its messages say. */
export type Sale = {
  tenantId: number;
  transactionId: string;
  status: SaleStatus;
  createdAt: Date;
  completedAt: Date | null;
  progressEvents: number;
  locale: Locale;
  currency: string;
  /** Minor units. */
  total: number;
  customer: { name: string; email: string | null; phone: string | null };
  /** As it is printed, with prefix and padding; null for a sale that has none yet. */
  fiscalNumber: string | null;
  event: { eventId: number; name: string; startsAt: Date };
  venue: { name: string; address: string | null; timezone: string };
  seller: { name: string; legalName: string; taxId: string };
  items: SaleItem[];
  taxes: SaleTax[];
  steps: SaleStep[];
  /** The transfer by whose holder this is read: then it is the one ticket, without prices; null: the buyer's sale. */
  heldBy: string | null;
  /** While the sale is none yet: its money comes later. */
  paying?: Paying;
};

/** Whether tickets of a sale are still to be made. */
export function lacksTickets(sale: Sale): boolean {
  return sale.items.some((item) => !item.ticket && !item.isReturned);
}

/** Whether whoever reads a sale has this place's ticket: it is made, and nobody else's by now. */
export function isHeld(sale: Sale, item: SaleItem): boolean {
  return item.ticket !== null && !item.isReturned && item.ticket.transferId === sale.heldBy;
}

/** The id of a ticket in the API. */
export function formatTicketId(transactionId: string, itemNo: number): string {
  return `${transactionId}-${itemNo}`;
}

/**
 * A step of a sale as its readers see it, and since when. `confirmed` stands before the steps and
 * `completed` after them.
 */
export type StepAnswer = {
  name: StepName | 'payment' | 'confirmed' | 'completed';
  state: StepState;
  at: string;
  detail?: string;
};

const payingStates: Record<IntentState, StepState> = {
  awaiting: 'pending',
  paid: 'done',
  settled: 'done',
  ended: 'failed',
  refunding: 'failed',
  refunded: 'failed',
};

/** The step that paying is to the readers of an order whose money comes later. */
export function paymentStep(paying: Pick<Paying, 'state' | 'detail' | 'at'>): StepAnswer {
  const { state, detail, at } = paying;
  return {
    name: 'payment',
    state: payingStates[state],
    at: at.toISOString(),
    ...(detail !== null && { detail }),
  };
}

function stepAnswers(sale: Sale): StepAnswer[] {
  if (sale.paying) {
    const at = sale.createdAt.toISOString();
    return [
      paymentStep(sale.paying),
      { name: 'confirmed', state: 'pending', at },
      { name: 'completed', state: 'pending', at },
    ];
  }
  const answers: StepAnswer[] = sale.steps.map((step) => ({
    name: step.name,
    state: step.state,
    at: step.updatedAt.toISOString(),
    ...(step.detail === null ? {} : { detail: step.detail }),
  }));
  answers.unshift({ name: 'confirmed', state: 'done', at: sale.createdAt.toISOString() });
  const { completedAt } = sale;
  const at = (completedAt ?? sale.createdAt).toISOString();
  answers.push({ name: 'completed', state: completedAt ? 'done' : 'pending', at });
  return answers;
}

type LinksOfTicket = (itemNo: number) => WalletLinks;

function itemAnswer(sale: Sale, item: SaleItem, linksOf: LinksOfTicket) {
  const event = { tenantId: sale.tenantId, eventId: sale.event.eventId };
  const { seat, kind, stage } = item;
  return {
    ticket_id: formatTicketId(sale.transactionId, item.itemNo),
    zone_id: formatZoneId(event, item.zoneNo),
    zone_name: item.zoneName,
    ...(seat && { seat_id: formatSeatId(event, seat.seatNo), row: seat.row, number: seat.number }),
    ...(kind && { ticket_kind: kind.code, ticket_kind_name: kind.name }),
    ...(stage && { price_stage: stage.code, price_stage_name: stage.name }),
    total: item.total,
    ...(item.isReturned && { returned: true }),
    links: isHeld(sale, item) ? linksOf(item.itemNo) : {},
  };
}

function customerAnswer({ name, email, phone }: Sale['customer']) {
  return { name, ...(email !== null && { email }), ...(phone !== null && { phone }) };
}

/** How an order waits for its money, as the API shows it; `url` is where to pay, while there is something to pay. */
export function payingAnswer(paying: Paying, links: SaleLinks) {
  const { state, detail, message, expiresAt, methods, isOnline } = paying;
  return {
    state,
    ...(detail !== null && { detail }),
    message,
    methods,
    expires_at: expiresAt.toISOString(),
    ...(isOnline && state === 'awaiting' && { url: links.pay }),
  };
}

/**
 * A sale as the API shows it to whoever has its secret link.
 * @param linksOf the wallets that a ticket can be taken into, once it is made.
 */
export function saleAnswer(sale: Sale, links: SaleLinks, linksOf: LinksOfTicket) {
  return {
    id: sale.transactionId,
    status: sale.status,
    fiscal_number: sale.fiscalNumber,
    currency: sale.currency,
    total: sale.total,
    created_at: sale.createdAt.toISOString(),
    event: {
      id: formatEventId({ tenantId: sale.tenantId, eventId: sale.event.eventId }),
      name: sale.event.name,
      starts_at: sale.event.startsAt.toISOString(),
      timezone: sale.venue.timezone,
      venue: { name: sale.venue.name, ...(sale.venue.address !== null && { address: sale.venue.address }) },
    },
    customer: customerAnswer(sale.customer),
    items: sale.items.map((item) => itemAnswer(sale, item, linksOf)),
    taxes: sale.taxes.map(({ name, ratePpm, amount }) => ({
      name,
      ...(ratePpm !== null && { rate: ratePpm / 10_000 }),
      amount,
    })),
    steps: stepAnswers(sale),
    ...(sale.paying && { payment: payingAnswer(sale.paying, links) }),
    links,
  };
}
