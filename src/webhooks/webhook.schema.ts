import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { sellerIdSchema, uuidSchema } from '../identity/identity.schema.ts';
import { webhookEventTypes } from './webhook-event.ts';

export const endpointParamsSchema = object({ seller_id: sellerIdSchema, endpoint_id: uuidSchema });
export const deliveryParamsSchema = object({
  seller_id: sellerIdSchema,
  endpoint_id: uuidSchema,
  event_id: uuidSchema,
});

/** The query of a list of deliveries, which are named by their events. */
export const deliveriesQuerySchema = object({
  starting_after: Type.Optional(uuidSchema),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
  ),
});

const urlSchema = Type.String({ minLength: 1, maxLength: limits.urlCharsMax });
const descriptionSchema = Type.String({ maxLength: 200 });
const eventTypesSchema = Type.Array(Type.Enum([...webhookEventTypes]), {
  minItems: 1,
  maxItems: webhookEventTypes.length,
  uniqueItems: true,
});

export const newEndpointSchema = object({
  url: urlSchema,
  description: Type.Optional(descriptionSchema),
  event_types: eventTypesSchema,
});

export const endpointChangesSchema = object({
  url: Type.Optional(urlSchema),
  description: Type.Optional(descriptionSchema),
  event_types: Type.Optional(eventTypesSchema),
  enabled: Type.Optional(Type.Boolean()),
});

const endpointProperties = {
  id: Type.String(),
  url: Type.String(),
  description: Type.String(),
  event_types: Type.Array(Type.String()),
  enabled: Type.Boolean(),
  disabled_reason: Type.Optional(Type.String()),
  created_at: instantSchema,
};

export const endpointSchema = object(endpointProperties);
export const endpointWithSecretSchema = object({
  ...endpointProperties,
  secret: Type.String({ description: 'Shown this once; webhooks are signed with it' }),
});

const deliveryProperties = {
  event_id: Type.String(),
  type: Type.String(),
  state: Type.Enum(['pending', 'delivered', 'failed', 'cancelled']),
  attempts: Type.Integer(),
  created_at: instantSchema,
  next_attempt_at: Type.Optional(instantSchema),
  ended_at: Type.Optional(instantSchema),
};

export const deliverySchema = object(deliveryProperties);
export const deliveryWithAttemptsSchema = object({
  ...deliveryProperties,
  payload: Type.String({ description: 'The bytes that are signed' }),
  log: Type.Array(
    object({
      attempt: Type.Integer(),
      at: instantSchema,
      duration_ms: Type.Integer(),
      status: Type.Optional(Type.Integer()),
      reason: Type.Optional(Type.String()),
      answer: Type.Optional(Type.String({ description: 'The start of what was answered' })),
    }),
  ),
});
