import { api } from '../../api/client.ts';
import type { PriceList } from './contract.ts';

/** Writes a price list back. @param path the address of the event's price list. */
export function savePrices(path: string, { event_id: _, ...list }: PriceList): Promise<PriceList> {
  return api.put<PriceList>(path, list);
}
