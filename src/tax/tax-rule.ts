/** How a seller rounds half a minor unit. */
export type Rounding = 'half_up' | 'half_even' | 'up' | 'down';

/** One tax of a seller (or of one of its events), in force from `validFrom` until before `validUntil`. */
export type TaxRule = {
  taxRuleId: number;
  /** Null: the rule holds for every event of the seller. */
  eventId: number | null;
  name: string;
  /** Included taxes are part of the price shown; added ones come on top of it. */
  inclusion: 'included' | 'added';
  /** Milliseconds since 1970; -Infinity and Infinity where open. */
  validFrom: number;
  validUntil: number;
} & (
  | { kind: 'percentage'; /** Parts per million of the net price: 16 % is 160,000. */ ratePpm: number }
  | { kind: 'fixed'; /** Minor units for each place. */ amount: number }
);
