import type { SaleStatus } from './sale.ts';

/**
 * What a sale may become; `awaiting_payment` is an order's, which is none yet. `sale_may_become` in sql/0038_undoing.sql
 * decides by the same table.
 */
export const saleTransitions: Record<SaleStatus, readonly SaleStatus[]> = {
  awaiting_payment: [],
  processing: ['completed', 'cancelled', 'refunded'],
  completed: ['cancelled', 'refunded'],
  cancelled: [],
  refunded: [],
};
