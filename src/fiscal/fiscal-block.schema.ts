import { Type, type Static } from 'typebox';
import { limits } from '../base/limits.ts';
import { instantSchema, object } from '../http/schemas.ts';
import type { FiscalBlock } from './fiscal-block.store.ts';

const numberSchema = Type.Integer({ minimum: 1, description: 'A fiscal number without prefix and zeros' });
const blockIdSchema = Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "A block's number" });

export const seriesParams = {
  seller_id: Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "A seller's number" }),
  series_id: Type.Integer({ minimum: 1, maximum: 32_767, description: "A fiscal series' number" }),
};
export const seriesParamsSchema = object(seriesParams);
export const blockParamsSchema = object({ ...seriesParams, block_id: blockIdSchema });
export const blockPageQuerySchema = object({
  starting_after: Type.Optional(blockIdSchema),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
  ),
});

export const fiscalBlockSchema = object(
  {
    id: blockIdSchema,
    purpose: Type.Enum(['process', 'till']),
    holder: Type.String({ description: "A process by an id of its own, a till by its device's number" }),
    state: Type.Enum(['open', 'used', 'returned', 'voided']),
    first_number: numberSchema,
    last_number: numberSchema,
    issued: Type.Integer({ minimum: 0, description: 'How many, from the first on, are documents' }),
    leased_again: Type.Integer({ minimum: 0, description: 'How many after those went to other blocks' }),
    left: Type.Integer({
      minimum: 0,
      description: 'How many after those are to be issued, wait, or are void',
    }),
    from_block_id: Type.Optional(blockIdSchema),
    leased_at: instantSchema,
    expires_at: instantSchema,
    ended_at: Type.Optional(instantSchema),
    expired: Type.Boolean({ description: 'Its process did not renew it, so it was taken back' }),
    void_reason: Type.Optional(Type.String()),
  },
  { description: 'Consecutive numbers of a series that somebody was leased, and what became of them.' },
);

/** A block as the API shows it. */
export function toFiscalBlockAnswer(block: FiscalBlock): Static<typeof fiscalBlockSchema> {
  const { firstNumber, lastNumber, nextNumber, fromBlockNo, endedAt, voidReason } = block;
  const rest = block.restNumber ?? nextNumber;
  return {
    id: block.blockNo,
    purpose: block.purpose,
    holder: block.holderId,
    state: block.state,
    first_number: firstNumber,
    last_number: lastNumber,
    issued: nextNumber - firstNumber,
    leased_again: rest - nextNumber,
    left: lastNumber + 1 - rest,
    leased_at: block.leasedAt.toISOString(),
    expires_at: block.expiresAt.toISOString(),
    expired: block.expired,
    ...(fromBlockNo === null ? {} : { from_block_id: fromBlockNo }),
    ...(endedAt === null ? {} : { ended_at: endedAt.toISOString() }),
    ...(voidReason === null ? {} : { void_reason: voidReason }),
  };
}
