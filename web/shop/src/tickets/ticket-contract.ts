import type { QrModules } from '../../../shared/src/qr-path.ts';

/** The shapes of the HTTP contract that the pages of tickets read and write. */

export type Ticket = {
  ticket_id: string;
  item_no: number;
  state: 'pending' | 'valid' | 'transferred' | 'returned';
  qr?: QrModules;
  zone_name: string;
  row?: string;
  number?: string;
  links: { apple_wallet?: string; google_wallet?: string };
  transfer?: { id: string; expires_at: string };
};

type Happening = { name: string; starts_at: string; timezone: string; venue: { name: string } };

export type Tickets = {
  brand: { name: string; color: string };
  event: Happening;
  holder: string;
  tickets: Ticket[];
  links: { pdf: string; calendar: string; page: string };
};

export type Offer = { seller: string; event: Happening; zone_name: string; row?: string; number?: string };

export type AcceptRequest = {
  token: string;
  accept_key: string;
  name: string;
  email: string;
  locale: string;
};
