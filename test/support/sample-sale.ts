import { generateKeyPairSync } from 'node:crypto';
import { signTicket } from '../../src/admission/ticket-code.ts';
import { houseVoice } from '../../src/notifications/built-in-template.ts';
import type { OutgoingMessage } from '../../src/notifications/outgoing-message.ts';
import type { Sale, SaleItem } from '../../src/orders/sale.ts';

/** The key that signs the tickets of sample sales. */
export const sampleKeys = generateKeyPairSync('ed25519');

/** A completed sale with a numbered seat and a standing place, both with tickets. */
export function sampleSale(changes: Partial<Sale> = {}): Sale {
  const createdAt = new Date('2026-11-24T16:00:00Z');
  const sale: Sale = {
    tenantId: 1,
    transactionId: '019a5b7e-6f10-7abc-9def-0123456789ab',
    status: 'completed',
    createdAt,
    completedAt: createdAt,
    progressEvents: 5,
    locale: 'es',
    currency: 'USD',
    total: 4_940,
    customer: { name: 'Ana María Pérez', email: 'ana@example.com', phone: null },
    fiscalNumber: 'A-00000042',
    event: { eventId: 3, name: 'La flauta mágica', startsAt: new Date('2037-12-12T00:30:00Z') },
    venue: { name: 'Teatro Baralt', address: 'Av. 5 con calle 95, Maracaibo', timezone: 'America/Caracas' },
    seller: { name: 'Teatro del Lago', legalName: 'Teatro del Lago C.A.', taxId: 'J-30123456-7' },
    items: [],
    taxes: [{ name: 'IVA', ratePpm: 160_000, amount: 640 }],
    steps: [],
    heldBy: null,
    ...changes,
  };
  const item = (itemNo: number, zoneName: string, seat: SaleItem['seat']): SaleItem => {
    const claims = {
      tenantId: sale.tenantId,
      eventId: sale.event.eventId,
      transactionId: sale.transactionId,
      itemNo,
      keyId: 1,
      generation: 1,
    };
    const signature = signTicket(claims, sampleKeys.privateKey);
    return {
      itemNo,
      zoneNo: itemNo,
      zoneName,
      seat,
      total: 2_470,
      isReturned: false,
      ticket: { keyId: 1, signature, generation: 1, transferId: null },
    };
  };
  if (!changes.items) {
    sale.items = [item(1, 'Platea', { seatNo: 155, row: 'F', number: '12' }), item(2, 'De pie', null)];
  }
  return sale;
}

/** The mail that brings a sale's tickets, as the house writes it. */
export function sampleMessage(sale: Sale): OutgoingMessage {
  const { tenantId, transactionId, customer } = sale;
  const key = { tenantId, transactionId, channel: 'email', kind: 'tickets', occasionNo: 1 } as const;
  return { key, sale, to: customer.email ?? '', voice: houseVoice, facts: {}, since: sale.createdAt };
}
