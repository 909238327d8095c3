import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { uuidSchema } from '../identity/identity.schema.ts';
import type { SaleNote } from './sale-note.ts';

export const saleNoteSchema = object({
  id: uuidSchema,
  at: instantSchema,
  by: Type.String(),
  text: Type.String(),
});

export const saleNoteBodySchema = object({
  text: Type.String({ minLength: 1, maxLength: limits.saleNoteCharsMax, pattern: '\\S' }),
});

/** A note as the API shows it. */
export function saleNoteAnswer({ noteId, at, authorName, text }: SaleNote) {
  return { id: noteId, at: at.toISOString(), by: authorName, text };
}
