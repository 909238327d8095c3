import { Type, type Static } from 'typebox';
import { limits } from '../base/limits.ts';
import { object } from '../http/schemas.ts';
import type { FiscalIdentity } from './fiscal-identity.store.ts';

export const fiscalIdentitySchema = object({
  legal_name: Type.String({ minLength: 1, maxLength: limits.fiscalAddressCharsMax, pattern: '\\S' }),
  tax_id: Type.String({ minLength: 1, maxLength: limits.customerDocumentCharsMax, pattern: '\\S' }),
  address: Type.Optional(
    Type.String({ minLength: 1, maxLength: limits.fiscalAddressCharsMax, pattern: '\\S' }),
  ),
});

/** Who a seller is on its documents, as the API shows it. */
export function toIdentityAnswer({
  legalName,
  taxId,
  address,
}: FiscalIdentity): Static<typeof fiscalIdentitySchema> {
  return { legal_name: legalName, tax_id: taxId, ...(address !== null && { address }) };
}
