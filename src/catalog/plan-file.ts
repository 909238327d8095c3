import { parseCsvPlan } from './csv-plan.ts';
import { PlanError, planLimits, type Plan } from './plan.ts';
import { parsePretixPlan, type PretixOptions } from './pretix-plan.ts';

function fileError(message: string): PlanError {
  return new PlanError([{ at: 'the file', message }], 1);
}

/**
 * Reads a seating plan from a file's bytes: JSON when it starts with a brace or a bracket, else CSV.
 * @throws PlanError that names every problem by its JSON path or line.
 */
export function readPlanFile(bytes: Uint8Array, options: PretixOptions = {}): Plan {
  if (bytes.length > planLimits.fileBytesMax) {
    const megabytes = (count: number) => Math.ceil(count / (1024 * 1024));
    throw fileError(
      `has ${megabytes(bytes.length)} MB; at most ${megabytes(planLimits.fileBytesMax)} MB are possible`,
    );
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fileError('is not UTF-8; save it again in that encoding (in a spreadsheet: "CSV UTF-8")');
  }
  if (text.trim() === '') throw fileError('is empty');
  return /^\s*[{[]/.test(text) ? parsePretixPlan(text, options) : parseCsvPlan(text);
}
