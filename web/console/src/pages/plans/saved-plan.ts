import type { PlanDocument } from './plan-document.ts';

/** A plan as the API gives it; one that was never saved has no id and version 0. */
export type SavedPlan = {
  id: number | null;
  name: string;
  venue_id: number;
  version: number;
  document: PlanDocument;
};
