import { formatDay, formatMoney, formatTime, type Locale } from '../base/format.ts';
import { html, type Html } from '../base/html.ts';
import { eventPalette } from '../fulfilment/ticket-palette.ts';
import type { SaleLinks } from '../orders/sale-token.ts';
import type { Sale, SaleItem } from '../orders/sale.ts';
import { headerText, type Mail } from './message.ts';

const words = {
  es: {
    subject: (event: string) => `Sus entradas: ${event}`,
    preview: (count: number) =>
      count === 1 ? 'Su entrada va adjunta.' : `Sus ${count} entradas van adjuntas.`,
    hello: (name: string) => `¡Gracias por su compra, ${name}!`,
    lead: 'Sus entradas van adjuntas en PDF. Muestre el código de cada una en la puerta, impresa o en el teléfono.',
    row: 'fila',
    seat: 'asiento',
    general: 'entrada general',
    total: 'Total',
    fiscal: 'Factura',
    taxes: 'Impuestos incluidos en el total',
    order: 'Ver mi compra',
    keep: 'Guarde este mensaje: el enlace es personal y abre su compra sin contraseña.',
    file: 'entradas',
  },
  en: {
    subject: (event: string) => `Your tickets: ${event}`,
    preview: (count: number) =>
      count === 1 ? 'Your ticket is attached.' : `Your ${count} tickets are attached.`,
    hello: (name: string) => `Thank you, ${name}!`,
    lead: 'Your tickets are attached as a PDF. Show the code of each at the door, printed or on your phone.',
    row: 'row',
    seat: 'seat',
    general: 'general admission',
    total: 'Total',
    fiscal: 'Invoice',
    taxes: 'Taxes within the total',
    order: 'See my order',
    keep: 'Keep this message: the link is personal and opens your order without a password.',
    file: 'tickets',
  },
} as const;

function placeWords(item: SaleItem, locale: Locale): string {
  const say = words[locale];
  if (!item.seat) return `${item.zoneName}, ${say.general}`;
  return `${item.zoneName}, ${say.row} ${item.seat.row}, ${say.seat} ${item.seat.number}`;
}

function when({ event, venue, locale }: Sale): string {
  return `${formatDay(event.startsAt, venue.timezone, locale)}, ${formatTime(event.startsAt, venue.timezone, locale)}`;
}

function where({ venue }: Sale): string {
  return venue.address ? `${venue.name}, ${venue.address}` : venue.name;
}

/** The amounts under the places: total, taxes, fiscal number. */
function sums(sale: Sale): [string, string][] {
  const say = words[sale.locale];
  const taxes = sale.taxes.reduce((sum, tax) => sum + tax.amount, 0);
  const rows: [string, string][] = [[say.total, formatMoney(sale.total, sale.currency, sale.locale)]];
  if (taxes > 0) rows.push([say.taxes, formatMoney(taxes, sale.currency, sale.locale)]);
  if (sale.fiscalNumber !== null) rows.push([say.fiscal, sale.fiscalNumber]);
  return rows;
}

function textOf(sale: Sale, page: string | null): string {
  const say = words[sale.locale];
  const places = sale.items.map(
    (item) => `- ${placeWords(item, sale.locale)}: ${formatMoney(item.total, sale.currency, sale.locale)}`,
  );
  return [
    say.hello(sale.customer.name),
    '',
    say.lead,
    '',
    sale.event.name,
    when(sale),
    where(sale),
    '',
    ...places,
    '',
    ...sums(sale).map(([label, value]) => `${label}: ${value}`),
    ...(page === null ? [] : ['', `${say.order}: ${page}`, say.keep]),
    '',
    '-- ',
    `${sale.seller.legalName} · ${sale.seller.taxId}`,
    '',
  ].join('\n');
}

// Mail programs know little CSS: tables, and styles on each element.
const cell = 'padding:10px 0;border-bottom:1px solid #e4e7ee;font-size:15px;line-height:1.4';
const font = 'font-family:Helvetica,Arial,sans-serif';

function rowsOf(sale: Sale): Html[] {
  return [
    ...sale.items.map(
      (item) =>
        html`<tr>
          <td style="${cell}">${placeWords(item, sale.locale)}</td>
          <td align="right" style="${cell};white-space:nowrap">
            ${formatMoney(item.total, sale.currency, sale.locale)}
          </td>
        </tr>`,
    ),
    ...sums(sale).map(
      ([label, value], i) =>
        html`<tr>
          <td
            style="padding:${i === 0 ? 14 : 4}px 0 0;font-size:${i === 0 ? 16 : 13}px;color:${i === 0 ? '#1b1e27' : '#6c7280'}"
          >
            ${label}
          </td>
          <td
            align="right"
            style="padding:${i === 0 ? 14 : 4}px 0 0;font-size:${i === 0 ? 16 : 13}px;font-weight:${i === 0 ? 'bold' : 'normal'};color:${i === 0 ? '#1b1e27' : '#6c7280'};white-space:nowrap"
          >
            ${value}
          </td>
        </tr>`,
    ),
  ];
}

function buttonOf(sale: Sale, page: string | null): Html | null {
  if (page === null) return null;
  const say = words[sale.locale];
  return html`<p style="margin:28px 0 10px">
      <a
        href="${page}"
        target="_blank"
        style="display:inline-block;padding:13px 26px;border-radius:8px;background:${eventPalette(sale.event.eventId).deep};color:#ffffff;font-size:16px;font-weight:bold;text-decoration:none"
        >${say.order}</a
      >
    </p>
    <p style="margin:0;font-size:13px;line-height:1.5;color:#6c7280">${say.keep}</p>`;
}

function htmlOf(sale: Sale, page: string | null): string {
  const say = words[sale.locale];
  const { deep, glow } = eventPalette(sale.event.eventId);
  return html`<!doctype html>
    <html lang="${sale.locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="color-scheme" content="light" />
        <title>${say.subject(sale.event.name)}</title>
      </head>
      <body style="margin:0;padding:0;background:#eceef2;${font};color:#1b1e27">
        <div style="display:none;max-height:0;overflow:hidden">${say.preview(sale.items.length)}</div>
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#eceef2">
          <tr>
            <td align="center" style="padding:24px 12px">
              <table
                role="presentation"
                width="100%"
                cellpadding="0"
                cellspacing="0"
                style="max-width:560px;background:#ffffff;border-radius:14px;overflow:hidden"
              >
                <tr>
                  <td
                    style="padding:28px 32px 26px;background:${deep};border-bottom:4px solid ${glow};color:#ffffff"
                  >
                    <div style="font-size:12px;font-weight:bold;letter-spacing:1px;text-transform:uppercase">
                      ${sale.seller.name}
                    </div>
                    <h1 style="margin:22px 0 12px;font-size:28px;line-height:1.2">${sale.event.name}</h1>
                    <div style="font-size:16px;font-weight:bold;line-height:1.5;color:${glow}">
                      ${when(sale)}
                    </div>
                    <div style="font-size:14px;line-height:1.5;color:#ffffff">${where(sale)}</div>
                  </td>
                </tr>
                <tr>
                  <td style="padding:28px 32px 32px">
                    <h2 style="margin:0 0 10px;font-size:19px">${say.hello(sale.customer.name)}</h2>
                    <p style="margin:0 0 18px;font-size:15px;line-height:1.5">${say.lead}</p>
                    <table role="presentation" width="100%" cellpadding="0" cellspacing="0">
                      ${rowsOf(sale)}
                    </table>
                    ${buttonOf(sale, page)}
                  </td>
                </tr>
              </table>
              <p style="margin:16px 0 0;font-size:12px;color:#6c7280">
                ${sale.seller.legalName} · ${sale.seller.taxId}
              </p>
            </td>
          </tr>
        </table>
      </body>
    </html> `.text;
}

/** The subject of the mail that brings a sale's tickets. */
export function ticketsSubject(sale: Sale): string {
  return headerText(words[sale.locale].subject(sale.event.name));
}

/** Its Message-ID: the same for every attempt, so that a mail that arrives twice is recognised. */
export function ticketsMessageId(sale: Sale, sender: string): string {
  return `<tickets.${sale.tenantId}.${sale.transactionId}@${sender.slice(sender.lastIndexOf('@') + 1)}>`;
}

/**
 * Writes the mail that brings a sale's tickets, in the buyer's language.
 * @param sender the address that mails come from; its name is the seller's.
 * @param links absolute, or null when the shop's public address is not known: then the mail has no link.
 */
export function writeTicketsMail(
  sale: Sale & { customer: { email: string } },
  pdf: Buffer,
  sender: string,
  links: SaleLinks | null,
): Mail {
  const page = links?.page ?? null;
  const number = (sale.fiscalNumber ?? sale.transactionId).replaceAll(/[^A-Za-z0-9-]/g, '');
  const filename = `${words[sale.locale].file}-${number}.pdf`;
  return {
    from: { name: headerText(sale.seller.name), address: sender },
    to: { name: headerText(sale.customer.name), address: sale.customer.email },
    subject: ticketsSubject(sale),
    text: textOf(sale, page),
    html: htmlOf(sale, page),
    messageId: ticketsMessageId(sale, sender),
    date: sale.createdAt,
    attachments: [{ filename, contentType: 'application/pdf', content: pdf }],
  };
}
