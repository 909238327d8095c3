import { NetworkFailure, Refusal, type FieldFault } from '../api/client.ts';
import { faultTexts } from './fault-texts.ts';
import { language } from './language.svelte.ts';

/** A fault in the reader's own words; the server's sentence where the code is not known here. */
export function faultWords(error: unknown): string {
  const texts = faultTexts[language.current];
  if (error instanceof NetworkFailure) return texts.network;
  if (!(error instanceof Refusal)) return texts.unknown;
  const known = texts.codes[error.code];
  return known ?? (error.status >= 500 ? texts.server : error.message);
}

/** What support is told of a request that failed, or nothing. */
export function requestIdOf(error: unknown): string | undefined {
  return error instanceof Refusal ? error.requestId : undefined;
}

/** What is wrong with one field. */
export function fieldWords({ code, message }: FieldFault): string {
  return faultTexts[language.current].fields[code] ?? message;
}
