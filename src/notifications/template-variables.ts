import type { Locale } from '../base/format.ts';
import { isForReceiver, type MessageKind } from './message-kind.ts';

/** A value that fills a template. An empty text, null, false and an empty list are the same to a section: nothing. */
export type Fact = string | boolean | null | readonly Record<string, string>[];
export type Facts = Readonly<Record<string, Fact>>;

/** A variable that templates of a kind may use, with what it is in a preview. */
export type Variable = {
  name: string;
  type: 'text' | 'url' | 'color' | 'flag' | 'list';
  /** Whether it may be empty, so that a template had better ask: `{{#taxes}}…{{/taxes}}`. */
  optional: boolean;
  /** The fields of a list's entries. */
  fields: readonly string[];
  example: Readonly<Record<Locale, Fact>>;
};

type Example = Fact | Record<Locale, Fact>;

function isByLocale(example: Example): example is Record<Locale, Fact> {
  return typeof example === 'object' && example !== null && 'es' in example;
}

function variable(name: string, type: Variable['type'], example: Example, optional = false): Variable {
  const both = isByLocale(example) ? example : { es: example, en: example };
  const fields = Array.isArray(both.es) ? Object.keys((both.es as Record<string, string>[])[0] ?? {}) : [];
  return { name, type, optional, fields, example: both };
}

const orderUrl =
  'https://tickets.example/orders/019a5b7e-6f10-7abc-9def-0123456789ab?token=1.q3Jx0vHk2mYtR7uLw9ZbNcPd';

const shortUrl = 'https://tickets.example/o/1.AZpbfm8QerzZ7wEjRWeJq6snHfR8ZpX2mYtR7uLw9Zb';

const unsubscribeUrl = 'https://tickets.example/unsubscribe/1.AZpbfm8QerzZ7wEjRWeJq6snHfR8ZpX2mYtR7uLw9Zb';

const common: readonly Variable[] = [
  variable('brand_name', 'text', 'Teatro del Lago'),
  variable('brand_logo_url', 'url', null, true),
  variable('brand_color', 'color', '#16213f'),
  variable('brand_ink', 'color', '#ffffff'),
  variable('accent_color', 'color', '#f4b942'),
  variable('seller_name', 'text', 'Teatro del Lago'),
  variable('seller_legal_name', 'text', 'Teatro del Lago C.A.'),
  variable('seller_tax_id', 'text', 'J-30123456-7'),
  variable('customer_name', 'text', 'Ana Pérez'),
  variable('event_name', 'text', 'La flauta mágica'),
  variable('event_day', 'text', { es: 'viernes, 11 de diciembre de 2026', en: 'Friday, December 11, 2026' }),
  variable('event_time', 'text', { es: '8:30 p. m.', en: '8:30 PM' }),
  variable('event_date_short', 'text', { es: '11/12 20:30', en: 'Dec 11, 8:30 PM' }),
  variable('venue_name', 'text', 'Teatro Baralt'),
  variable('venue_address', 'text', 'Av. 5 con calle 95, Maracaibo', true),
  variable('order_url', 'url', orderUrl, true),
  variable('order_short_url', 'url', shortUrl, true),
  variable('places', 'list', {
    es: [
      { place: 'Platea, fila F, asiento 12', price: 'USD 24,70' },
      { place: 'De pie, entrada general', price: 'USD 24,70' },
    ],
    en: [
      { place: 'Platea, row F, seat 12', price: '$24.70' },
      { place: 'De pie, general admission', price: '$24.70' },
    ],
  }),
  variable('place_count', 'text', '2'),
  variable('one_place', 'flag', false),
  variable('total', 'text', { es: 'USD 49,40', en: '$49.40' }),
  variable('taxes', 'text', { es: 'USD 6,40', en: '$6.40' }, true),
  variable('fiscal_number', 'text', 'A-00000042', true),
];

const amount = variable('amount', 'text', { es: 'USD 49,40', en: '$49.40' });
const note = variable(
  'note',
  'text',
  { es: 'El elenco ha enfermado.', en: 'The cast has fallen ill.' },
  true,
);

const offerUrl =
  'https://tickets.example/transfer?token=tq_transfer_1_q3Jx0vHk2mYtR7uLw9ZbNcPdq3Jx0vHk2mYtR7uLw9Z';

const givenPlaces = variable('places', 'list', {
  es: [{ place: 'Platea, fila F, asiento 12' }],
  en: [{ place: 'Platea, row F, seat 12' }],
});

const own: Record<MessageKind, readonly Variable[]> = {
  confirmation: [],
  tickets: [],
  payment_received: [amount],
  payment_reminder: [
    amount,
    variable('pay_by', 'text', {
      es: 'miércoles, 25 de noviembre de 2026, 6:00 p. m.',
      en: 'Wednesday, November 25, 2026, 6:00 PM',
    }),
    variable('pay_by_short', 'text', { es: '25/11 18:00', en: 'Nov 25, 6:00 PM' }),
  ],
  event_reminder: [
    variable('calendar_url', 'url', 'https://tickets.example/calendar.ics', true),
    variable('unsubscribe_url', 'url', unsubscribeUrl, true),
  ],
  event_changed: [
    variable(
      'old_date',
      'text',
      { es: 'jueves, 10 de diciembre de 2026, 8:30 p. m.', en: 'Thursday, December 10, 2026, 8:30 PM' },
      true,
    ),
    variable('old_venue', 'text', 'Teatro Bellas Artes', true),
    note,
  ],
  event_cancelled: [note],
  refund: [amount, note],
  ticket_offered: [
    givenPlaces,
    variable('transfer_url', 'url', offerUrl),
    variable(
      'transfer_short_url',
      'url',
      'https://tickets.example/t/1.q3Jx0vHk2mYtR7uLw9ZbNcPdq3Jx0vHk2mYtR7uLw9Z',
    ),
    variable('accept_by', 'text', {
      es: 'miércoles, 25 de noviembre de 2026, 6:00 p. m.',
      en: 'Wednesday, November 25, 2026, 6:00 PM',
    }),
  ],
  ticket_accepted: [
    givenPlaces,
    variable('customer_name', 'text', 'Luis Gómez'),
    variable(
      'ticket_url',
      'url',
      'https://tickets.example/tickets/019a5b7e-6f10-7abc-9def-0123456789ab?token=1.AZpbfm8QerzZ7wEjRWeJq6snHfR8ZpX2mYtR7uLw9Zb',
    ),
  ],
};

/** What a receiver is not told. */
const ofTheOrder: ReadonlySet<string> = new Set([
  'customer_name',
  'order_url',
  'order_short_url',
  'places',
  'total',
  'taxes',
  'fiscal_number',
]);

/** The variables that templates of a kind may use. */
export function variablesOf(kind: MessageKind): readonly Variable[] {
  const shared = isForReceiver(kind) ? common.filter(({ name }) => !ofTheOrder.has(name)) : common;
  return [...shared, ...own[kind]];
}

/** What fills a preview. */
export function exampleFacts(kind: MessageKind, locale: Locale): Facts {
  return Object.fromEntries(variablesOf(kind).map(({ name, example }) => [name, example[locale]]));
}
