import { NetworkFailure, Refusal } from '../api/client.ts';
import { t } from './language.svelte.ts';

/** A fault in the reader's own words; the server's sentence where the code is not known here. */
export function faultWords(error: unknown): string {
  const texts = t.faults;
  if (error instanceof NetworkFailure) return texts.network;
  if (!(error instanceof Refusal)) return texts.unknown;
  const known = (texts.codes as Record<string, string>)[error.code.replace(/^(voucher)_.*/, '$1')];
  const words = known ?? (error.status >= 500 ? texts.server : error.message);
  return error.status >= 500 && error.requestId ? `${words} (${error.requestId})` : words;
}
