import type { EventInfo } from '../api/contract.ts';

export type SaleState =
  | { kind: 'open'; left: number; isScarce: boolean }
  | { kind: 'sold_out' }
  | { kind: 'soon'; startsInSeconds: number }
  | { kind: 'closed' };

const scarceShare = 0.1;

export function saleStateOf(event: EventInfo, now: number): SaleState {
  if (!event.on_sale) {
    const start = event.sales_start_at === null ? NaN : Date.parse(event.sales_start_at);
    return start > now
      ? { kind: 'soon', startsInSeconds: Math.ceil((start - now) / 1000) }
      : { kind: 'closed' };
  }
  const left = event.zones.reduce((sum, zone) => sum + zone.available, 0);
  const capacity = event.zones.reduce((sum, zone) => sum + zone.capacity, 0);
  if (left === 0) return { kind: 'sold_out' };
  return { kind: 'open', left, isScarce: left < capacity * scarceShare };
}

export function lowestPrice(event: EventInfo): number | null {
  const prices = event.zones.map((zone) => zone.price);
  return prices.length === 0 ? null : Math.min(...prices);
}
