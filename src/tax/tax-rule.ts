/** How a seller rounds half a minor unit. */
export type Rounding = 'half_up' | 'half_even' | 'up' | 'down';

/** Whether each tax is rounded once for each line, or once for the whole document and then shared out. */
export type RoundingScope = 'line' | 'document';

/** What a buyer is to the tax authority. */
export const customerKinds = ['person', 'company', 'foreigner', 'public_body', 'diplomat'] as const;
export type CustomerKind = (typeof customerKinds)[number];

/** What a rule is limited to; whatever is absent limits nothing. */
export type TaxCondition = {
  /** Only fees that are taxed by rules of their own; absent: places, with the fees that are taxed as they are. */
  onFees?: true | undefined;
  /** Seats of this category of the event. */
  categoryNo?: number | undefined;
  /** Places of this zone of the event. */
  zoneNo?: number | undefined;
  /** Only these buyers bear the tax. */
  customerKinds?: readonly CustomerKind[] | undefined;
  /** These buyers are exempt from it. */
  exemptKinds?: readonly CustomerKind[] | undefined;
  /** Only sales that are paid by one of these means; a sale whose means is not known yet bears no such tax. */
  paymentMethods?: readonly string[] | undefined;
  /** Only sales that are paid in one of these currencies. */
  currencies?: readonly string[] | undefined;
};

/**
 * What a percentage is taken of: the net price; the net price with the taxes that stand before it (compound); or
 * all that is paid, other taxes and untaxed fees too.
 */
export const taxBases = ['net', 'compound', 'payment'] as const;
export type TaxBase = (typeof taxBases)[number];

/** One tax of a seller (or of one of its events), in force from `validFrom` until before `validUntil`. */
export type TaxRule = {
  taxRuleId: number;
  /** Null: the rule holds for every event of the seller. */
  eventId: number | null;
  name: string;
  /** Included taxes are part of the price shown; added ones come on top of it. */
  inclusion: 'included' | 'added';
  condition?: TaxCondition | undefined;
  /** Milliseconds since 1970; -Infinity and Infinity where open. */
  validFrom: number;
  validUntil: number;
} & (
  | {
      kind: 'percentage';
      /** Parts per million: 16 % is 160,000. */
      ratePpm: number;
      /** Absent: the net price. */
      base?: TaxBase | undefined;
    }
  | {
      kind: 'fixed';
      /** Minor units for each place, or for the whole order. */
      amount: number;
      /** Absent: each place. An amount for the order is always added. */
      per?: 'place' | 'order' | undefined;
    }
);
