import type { PlanDocument } from './plan-document.ts';

/** The plan of a file that was read and waits to be opened in the editor. */
export const imported: { plan: { name: string; document: PlanDocument } | undefined } = { plan: undefined };
