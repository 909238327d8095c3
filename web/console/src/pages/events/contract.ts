/** What the API says of events, venues and plans to those who make them. */
export type EventDraft = {
  id: string;
  version: number;
  status: 'draft' | 'published' | 'cancelled';
  name: string;
  description: string | null;
  venue_id: number;
  venue_name: string;
  timezone: string;
  starts_at: string;
  starts_at_local: string;
  sales_start_at: string;
  sales_end_at: string;
  currency: string;
  seat_plan: { id: number; version: number } | null;
  places: number;
  zones: { id: string; name: string; kind: 'numbered' | 'general'; capacity: number }[];
  look: {
    color: string | null;
    picture: string | null;
    picture_url: string | null;
    logo: string | null;
    logo_url: string | null;
  };
};

export type Venue = { id: number; version: number; name: string; address: string | null; timezone: string };

export type ListedSeatPlan = {
  id: number;
  name: string;
  venue_id: number;
  venue_name: string;
  version: number;
  seats: number;
  general_places: number;
  changed_at: string;
  events: number;
};

type Missing = { code: string; blocks: boolean; message: string };
export type Readiness = { ready: boolean; missing: Missing[] };
export type Listing<T> = { data: T[]; has_more: boolean };
