/** A plan as its buyer reads it. */
export type Plan = {
  state: string;
  reason?: string;
  total: number;
  paid: number;
  remaining: number;
  next?: { amount: number; due_at: string };
  deadline_at: string;
  instalments: { amount: number; due_at: string; paid: number }[];
  payments: {
    no: number;
    state: string;
    captured: number;
    refunded: number;
    kept: number;
    surplus: boolean;
  }[];
  settlement?: { number: number; paid: number; kept: number; returned: number };
  pay_url?: string;
};

/** An order that is paid by a plan. */
export type Ordered = {
  transaction_id: string;
  status: string;
  fiscal_number: string | null;
  links: { self: string; plan: string; pay?: string };
  hold_token: string;
};

/** 30 % down, then two instalments ten days apart; a tenth is kept when it lapses. */
export const instalmentsRule = {
  name: 'Tres pagos',
  currency: 'USD',
  kind: 'instalments',
  instalments: 2,
  spacing_days: 10,
  down_payment: { percent: 30 },
  deadline: { from: 'event', days: 2 },
  grace_days: 3,
  penalty: { percent: 10 },
  reminder_days: 3,
};

/** 10.00 down, then what the buyer likes until a day before the event; 3.00 are kept. */
export const freeRule = {
  name: 'A su ritmo',
  currency: 'USD',
  kind: 'free',
  down_payment: { amount: 1_000 },
  deadline: { from: 'event', days: 1 },
  grace_days: 0,
  penalty: { amount: 300 },
  reminder_days: 2,
};
