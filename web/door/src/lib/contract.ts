/** The HTTP contract of the door, as /openapi.json has it. */
export type DoorEvent = { id: string; name: string; starts_at: string; timezone: string; venue_name: string };

export type Gate = { id: number; name: string; zone_ids: string[]; ticket_kinds: string[] };

export type Door = {
  event: DoorEvent;
  version: number;
  opens_at: string | null;
  closes_at: string | null;
  reentry: boolean;
  gates: Gate[];
};

export type Direction = 'entry' | 'exit';

export type Verdict =
  | 'admitted'
  | 'left'
  | 'undone'
  | 'already_admitted'
  | 'not_inside'
  | 'not_valid_here'
  | 'wrong_event'
  | 'revoked'
  | 'unknown'
  | 'too_early'
  | 'too_late';

export type Reason =
  | 'reissued'
  | 'transferred'
  | 'returned'
  | 'refunded'
  | 'voided'
  | 'exchanged'
  | 'malformed'
  | 'unknown_key'
  | 'forged'
  | 'not_sold';

export type Ticket = {
  ticket_id: string;
  generation: number;
  zone_id: string;
  zone_name: string;
  row?: string;
  number?: string;
  ticket_kind?: string;
  name: string;
  document_end?: string;
  sale_number?: string;
  state?: 'inside' | 'outside';
  returned?: boolean;
};

export type ScanAnswer = {
  scan_id: string;
  gate_id: number;
  direction: Direction | 'undo';
  verdict: Verdict;
  reason?: Reason;
  conflict: boolean;
  scanned_at: string;
  ticket_id?: string;
  ticket?: Ticket;
  before?: { scan_id: string; at: string; gate_id: number; gate_name: string };
  admitting_gates?: string[];
};

export type ListAnswer = {
  tickets: Ticket[];
  revoked: { ticket_id: string; generation: number; reason: Reason }[];
  admissions: { ticket_id: string; state: 'inside' | 'outside' | 'undone'; at: string; gate_id: number }[];
  cursor: string;
  has_more: boolean;
};

export type Attendance = {
  sold: number;
  arrived: number;
  inside: number;
  conflicts: number;
  zones: { id: string; name: string; sold: number; arrived: number; inside: number }[];
  gates: { id: number; entries: number; exits: number; refused: number }[];
};

export type TicketKey = { kid: string; x: string };

export type Enrolment = { seller_id: number; device_id: number; name: string; token: string };

/** A scan that waits for its upload. */
export type QueuedScan = {
  scan_id: string;
  event_id: string;
  gate_id: number;
  direction: Direction;
  code?: string;
  ticket_id?: string;
  told: Verdict;
  scanned_at: string;
};

/** What a verdict is to the eye, the ear and the hand. */
export type Mood = 'good' | 'warn' | 'bad';
