import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { isTimezone } from '../base/local-time.ts';
import { object } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import type { NewVenue, Venue } from './venue.store.ts';

const venueIdSchema = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

export const venueParamsSchema = object({ seller_id: sellerIdSchema, venue_id: venueIdSchema });

/** A venue as it is written. */
export const newVenueSchema = object({
  name: Type.String({ minLength: 1, maxLength: limits.venueNameCharsMax, pattern: '\\S' }),
  address: Type.Optional(Type.String({ maxLength: limits.venueAddressCharsMax })),
  timezone: Type.String({ minLength: 1, maxLength: 64, examples: ['America/Caracas'] }),
});

export const venueSchema = object({
  id: venueIdSchema,
  version: Type.Integer(),
  name: Type.String(),
  address: Type.Union([Type.String(), Type.Null()]),
  timezone: Type.String(),
});

/** A venue as its seller sees it. */
export function venueToJson({
  venueId,
  version,
  name,
  address,
  timezone,
}: Venue): Static<typeof venueSchema> {
  return { id: venueId, version, name, address, timezone };
}

/** Reads a venue. @throws Problem `body_invalid` for a time zone that there is none of. */
export function readVenueBody(body: Static<typeof newVenueSchema>): NewVenue {
  if (!isTimezone(body.timezone)) {
    const message = `There is no time zone "${body.timezone}"; one is named as "America/Caracas".`;
    throw new Problem('body_invalid', message, {
      errors: [{ path: '/timezone', code: 'timezone', message }],
    });
  }
  const address = body.address?.trim();
  return { name: body.name.trim(), address: address ? address : null, timezone: body.timezone };
}

/** What a missing venue and another seller's are answered with. */
export function venueNotFound(venueId: number): Problem {
  return new Problem('venue_not_found', `This seller has no venue ${venueId}.`);
}

/** What the audit log tells of a venue. */
export function venueFacts({ name, address, timezone }: NewVenue) {
  return { name, address, timezone };
}
