import type { Locale } from '../base/format.ts';
import type { MessageKind } from './message-kind.ts';

/** The words of a built-in template: texts with tags, and what stands under them. */
export type KindWords = {
  subject: string;
  /** What a mailbox shows beside the subject. */
  preview: string;
  heading: string;
  /** Paragraphs; one that begins with a section tag is left out when there is nothing to say. */
  paragraphs: readonly string[];
  /** Whether places and sums follow. */
  places: boolean;
  button: { label: string; url: 'order_url' | 'transfer_url' | 'ticket_url' };
  /** What is said of the link; absent: what is said of the order's. */
  keep?: string;
  sms: string;
  whatsapp: readonly string[];
};

type Words = Record<MessageKind, KindWords>;

const spanish: Words = {
  confirmation: {
    subject: 'Recibimos su compra: {{event_name}}',
    preview: 'Le avisaremos en cuanto sus entradas estén listas.',
    heading: '¡Gracias por su compra, {{customer_name}}!',
    paragraphs: ['Recibimos su compra. Sus entradas llegarán en otro mensaje en cuanto estén listas.'],
    places: true,
    button: { label: 'Ver mi compra', url: 'order_url' },
    sms: '{{brand_name}}: recibimos su compra para {{event_name}}. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{order_url}}'],
  },
  tickets: {
    subject: 'Sus entradas: {{event_name}}',
    preview:
      '{{#one_place}}Su entrada va adjunta.{{/one_place}}{{^one_place}}Sus {{place_count}} entradas van adjuntas.{{/one_place}}',
    heading: '¡Gracias por su compra, {{customer_name}}!',
    paragraphs: [
      'Sus entradas van adjuntas en PDF. Muestre el código de cada una en la puerta, impresa o en el teléfono.',
    ],
    places: true,
    button: { label: 'Ver mi compra', url: 'order_url' },
    sms: '{{brand_name}}: sus entradas para {{event_name}}, {{event_date_short}}: {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}, {{event_time}}', '{{order_url}}'],
  },
  payment_received: {
    subject: 'Recibimos su pago: {{event_name}}',
    preview: 'Recibimos {{amount}}.',
    heading: 'Recibimos su pago, {{customer_name}}',
    paragraphs: ['Recibimos su pago de {{amount}}. Sus entradas llegarán en otro mensaje.'],
    places: true,
    button: { label: 'Ver mi compra', url: 'order_url' },
    sms: '{{brand_name}}: recibimos su pago de {{amount}} para {{event_name}}. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{amount}}', '{{event_name}}', '{{order_url}}'],
  },
  payment_reminder: {
    subject: 'Falta su pago: {{event_name}}',
    preview: 'Guardamos sus lugares hasta el {{pay_by}}',
    heading: 'Falta su pago, {{customer_name}}',
    paragraphs: [
      'Guardamos sus lugares hasta el {{pay_by}}; si para entonces no llegan los {{amount}} que faltan, vuelven a la venta.',
    ],
    places: true,
    button: { label: 'Pagar', url: 'order_url' },
    sms: '{{brand_name}}: faltan {{amount}} para {{event_name}}, hasta el {{pay_by_short}}: {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{amount}}', '{{event_name}}', '{{pay_by}}', '{{order_url}}'],
  },
  event_reminder: {
    subject: 'Se acerca: {{event_name}}',
    preview: '{{event_day}}, {{event_time}}, {{venue_name}}.',
    heading: 'Ya falta poco, {{customer_name}}',
    paragraphs: [
      'Le esperamos el {{event_day}}, {{event_time}}, en {{venue_name}}. Tenga sus entradas a mano, impresas o en el teléfono.',
    ],
    places: true,
    button: { label: 'Ver mis entradas', url: 'order_url' },
    sms: '{{brand_name}}: {{event_name}}, {{event_date_short}}, {{venue_name}}. Sus entradas: {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}, {{event_time}}', '{{venue_name}}'],
  },
  event_changed: {
    subject: 'Cambio: {{event_name}}',
    preview: 'Ahora: {{event_day}}, {{event_time}}, {{venue_name}}.',
    heading: '{{event_name}} ha cambiado',
    paragraphs: [
      'Ahora es el {{event_day}}, {{event_time}}, en {{venue_name}}. Sus entradas siguen siendo válidas.',
      '{{#old_date}}Fecha anterior: {{old_date}}{{/old_date}}',
      '{{#old_venue}}Lugar anterior: {{old_venue}}{{/old_venue}}',
      '{{#note}}{{note}}{{/note}}',
    ],
    places: false,
    button: { label: 'Ver mi compra', url: 'order_url' },
    sms: '{{brand_name}}: {{event_name}} cambia. Ahora: {{event_date_short}}, {{venue_name}}. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}, {{event_time}}', '{{venue_name}}'],
  },
  event_cancelled: {
    subject: 'Cancelado: {{event_name}}',
    preview: 'Lamentamos decirle que {{event_name}} no tendrá lugar.',
    heading: '{{event_name}} no tendrá lugar',
    paragraphs: [
      'Lamentamos decirle, {{customer_name}}, que {{event_name}} del {{event_day}} no tendrá lugar.',
      '{{#note}}{{note}}{{/note}}',
      'Le escribiremos de nuevo sobre la devolución de su dinero.',
    ],
    places: false,
    button: { label: 'Ver mi compra', url: 'order_url' },
    sms: '{{brand_name}}: {{event_name}}, {{event_date_short}}, no tendrá lugar. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}', '{{order_url}}'],
  },
  refund: {
    subject: 'Devolución: {{event_name}}',
    preview: 'Le devolvemos {{amount}}.',
    heading: 'Le devolvemos su dinero, {{customer_name}}',
    paragraphs: [
      'Le devolvemos {{amount}} por el mismo medio con el que pagó. Su banco puede tardar unos días en mostrarlo.',
      '{{#note}}{{note}}{{/note}}',
    ],
    places: false,
    button: { label: 'Ver mi compra', url: 'order_url' },
    sms: '{{brand_name}}: le devolvemos {{amount}} de {{event_name}}. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{amount}}', '{{event_name}}', '{{order_url}}'],
  },
  ticket_offered: {
    subject: 'Una entrada para usted: {{event_name}}',
    preview: 'Acéptela hasta el {{accept_by}}',
    heading: 'Hay una entrada para usted',
    paragraphs: [
      'Alguien le pasa su entrada para {{event_name}}, el {{event_day}}, {{event_time}}, en {{venue_name}}.',
      '{{#places}}{{place}}{{/places}}',
      'Acéptela hasta el {{accept_by}}; con ello es suya, con un código nuevo. Si no conoce a nadie que se la envíe, no haga nada.',
    ],
    places: false,
    button: { label: 'Aceptar la entrada', url: 'transfer_url' },
    keep: 'No reenvíe este mensaje: quien abra el enlace puede quedarse con la entrada.',
    sms: '{{brand_name}}: una entrada para {{event_name}} es para usted: {{transfer_short_url}}',
    whatsapp: ['{{event_name}}', '{{event_day}}, {{event_time}}', '{{transfer_url}}'],
  },
  ticket_accepted: {
    subject: 'Su entrada: {{event_name}}',
    preview: 'La entrada es suya y va adjunta.',
    heading: 'La entrada es suya, {{customer_name}}',
    paragraphs: [
      'Su entrada va adjunta en PDF. Muestre su código en la puerta, impreso o en el teléfono.',
      '{{#places}}{{place}}{{/places}}',
    ],
    places: false,
    button: { label: 'Ver mi entrada', url: 'ticket_url' },
    keep: 'Guarde este mensaje: el enlace es personal y abre su entrada sin contraseña.',
    sms: '{{brand_name}}: la entrada para {{event_name}}, {{event_date_short}}, es suya. La tiene en su correo.',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}, {{event_time}}', '{{ticket_url}}'],
  },
};

const english: Words = {
  confirmation: {
    subject: 'We have your order: {{event_name}}',
    preview: 'We write again as soon as your tickets are ready.',
    heading: 'Thank you, {{customer_name}}!',
    paragraphs: ['We have your order. Your tickets come in another message as soon as they are ready.'],
    places: true,
    button: { label: 'See my order', url: 'order_url' },
    sms: '{{brand_name}}: we have your order for {{event_name}}. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{order_url}}'],
  },
  tickets: {
    subject: 'Your tickets: {{event_name}}',
    preview:
      '{{#one_place}}Your ticket is attached.{{/one_place}}{{^one_place}}Your {{place_count}} tickets are attached.{{/one_place}}',
    heading: 'Thank you, {{customer_name}}!',
    paragraphs: [
      'Your tickets are attached as a PDF. Show the code of each at the door, printed or on your phone.',
    ],
    places: true,
    button: { label: 'See my order', url: 'order_url' },
    sms: '{{brand_name}}: your tickets for {{event_name}}, {{event_date_short}}: {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}, {{event_time}}', '{{order_url}}'],
  },
  payment_received: {
    subject: 'We have your payment: {{event_name}}',
    preview: 'We have received {{amount}}.',
    heading: 'We have your payment, {{customer_name}}',
    paragraphs: ['We have received your payment of {{amount}}. Your tickets come in another message.'],
    places: true,
    button: { label: 'See my order', url: 'order_url' },
    sms: '{{brand_name}}: we have your payment of {{amount}} for {{event_name}}. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{amount}}', '{{event_name}}', '{{order_url}}'],
  },
  payment_reminder: {
    subject: 'Your payment is missing: {{event_name}}',
    preview: 'We keep your places until {{pay_by}}.',
    heading: 'Your payment is missing, {{customer_name}}',
    paragraphs: [
      'We keep your places until {{pay_by}}. {{amount}} are missing; if they do not come in time, the places go back on sale.',
    ],
    places: true,
    button: { label: 'Pay', url: 'order_url' },
    sms: '{{brand_name}}: {{amount}} are missing for {{event_name}}, until {{pay_by_short}}: {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{amount}}', '{{event_name}}', '{{pay_by}}', '{{order_url}}'],
  },
  event_reminder: {
    subject: 'Coming soon: {{event_name}}',
    preview: '{{event_day}}, {{event_time}}, {{venue_name}}.',
    heading: 'Not long now, {{customer_name}}',
    paragraphs: [
      'We expect you on {{event_day}} at {{event_time}}, in {{venue_name}}. Have your tickets at hand, printed or on your phone.',
    ],
    places: true,
    button: { label: 'See my tickets', url: 'order_url' },
    sms: '{{brand_name}}: {{event_name}}, {{event_date_short}}, {{venue_name}}. Your tickets: {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}, {{event_time}}', '{{venue_name}}'],
  },
  event_changed: {
    subject: 'Changed: {{event_name}}',
    preview: 'Now: {{event_day}}, {{event_time}}, {{venue_name}}.',
    heading: '{{event_name}} has changed',
    paragraphs: [
      'It is now on {{event_day}} at {{event_time}}, in {{venue_name}}. Your tickets remain valid.',
      '{{#old_date}}Date before: {{old_date}}{{/old_date}}',
      '{{#old_venue}}Place before: {{old_venue}}{{/old_venue}}',
      '{{#note}}{{note}}{{/note}}',
    ],
    places: false,
    button: { label: 'See my order', url: 'order_url' },
    sms: '{{brand_name}}: {{event_name}} changes. Now: {{event_date_short}}, {{venue_name}}. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}, {{event_time}}', '{{venue_name}}'],
  },
  event_cancelled: {
    subject: 'Cancelled: {{event_name}}',
    preview: 'We are sorry: {{event_name}} will not take place.',
    heading: '{{event_name}} will not take place',
    paragraphs: [
      'We are sorry to tell you, {{customer_name}}, that {{event_name}} on {{event_day}} will not take place.',
      '{{#note}}{{note}}{{/note}}',
      'We will write again about the return of your money.',
    ],
    places: false,
    button: { label: 'See my order', url: 'order_url' },
    sms: '{{brand_name}}: {{event_name}}, {{event_date_short}}, will not take place. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}', '{{order_url}}'],
  },
  refund: {
    subject: 'Refund: {{event_name}}',
    preview: 'We return {{amount}} to you.',
    heading: 'We return your money, {{customer_name}}',
    paragraphs: [
      'We return {{amount}} to you by the means that you paid with. Your bank may take some days to show it.',
      '{{#note}}{{note}}{{/note}}',
    ],
    places: false,
    button: { label: 'See my order', url: 'order_url' },
    sms: '{{brand_name}}: we return {{amount}} of {{event_name}}. {{order_short_url}}',
    whatsapp: ['{{customer_name}}', '{{amount}}', '{{event_name}}', '{{order_url}}'],
  },
  ticket_offered: {
    subject: 'A ticket for you: {{event_name}}',
    preview: 'Accept it by {{accept_by}}',
    heading: 'There is a ticket for you',
    paragraphs: [
      'Somebody passes you their ticket for {{event_name}} on {{event_day}} at {{event_time}}, in {{venue_name}}.',
      '{{#places}}{{place}}{{/places}}',
      'Accept it by {{accept_by}}, and it is yours, with a code of its own. If you know nobody who would send it, do nothing.',
    ],
    places: false,
    button: { label: 'Accept the ticket', url: 'transfer_url' },
    keep: 'Do not pass this message on: whoever opens the link can take the ticket.',
    sms: '{{brand_name}}: a ticket for {{event_name}} is for you: {{transfer_short_url}}',
    whatsapp: ['{{event_name}}', '{{event_day}}, {{event_time}}', '{{transfer_url}}'],
  },
  ticket_accepted: {
    subject: 'Your ticket: {{event_name}}',
    preview: 'The ticket is yours, and attached.',
    heading: 'The ticket is yours, {{customer_name}}',
    paragraphs: [
      'Your ticket is attached as a PDF. Show its code at the door, printed or on your phone.',
      '{{#places}}{{place}}{{/places}}',
    ],
    places: false,
    button: { label: 'See my ticket', url: 'ticket_url' },
    keep: 'Keep this message: the link is personal and opens your ticket without a password.',
    sms: '{{brand_name}}: the ticket for {{event_name}}, {{event_date_short}}, is yours. It is in your mail.',
    whatsapp: ['{{customer_name}}', '{{event_name}}', '{{event_day}}, {{event_time}}', '{{ticket_url}}'],
  },
};

export const builtInWords: Record<Locale, Words> = { es: spanish, en: english };

/** The words that mails of every kind share. */
export const layoutWords = {
  es: {
    total: 'Total',
    fiscal: 'Factura',
    taxes: 'Impuestos incluidos en el total',
    keep: 'Guarde este mensaje: el enlace es personal y abre su compra sin contraseña.',
    unsubscribe: 'No quiero más recordatorios',
  },
  en: {
    total: 'Total',
    fiscal: 'Invoice',
    taxes: 'Taxes within the total',
    keep: 'Keep this message: the link is personal and opens your order without a password.',
    unsubscribe: 'I want no more reminders',
  },
} as const satisfies Record<Locale, Record<string, string>>;
