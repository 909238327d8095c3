import type { Clock } from '../base/ids.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { App } from '../http/app.ts';
import { holdTokenSchema, object } from '../http/schemas.ts';
import { holdSchema } from './hold.schema.ts';
import { holdToJson, type HoldPolicy } from './hold.ts';
import { openHold, type Holds } from './holds.ts';

type Deps = { events: EventCache; holds: Holds; clock: Clock; policy: HoldPolicy };

/** `POST /sales/holds/{token}/extend`: prolongs a live hold, a bounded number of times. */
export function extendHoldRoute(app: App, deps: Deps): void {
  app.post(
    '/sales/holds/:hold_token/extend',
    {
      compress: false,
      config: {
        problems: [
          'hold_not_found',
          'hold_expired',
          'hold_released',
          'hold_already_confirmed',
          'hold_extension_limit',
        ],
      },
      schema: {
        operationId: 'extendHold',
        tags: ['holds'],
        summary: 'Extend a hold',
        params: object({ hold_token: holdTokenSchema }),
        response: { 200: holdSchema },
      },
    },
    async (request) => {
      const { live, holdId } = await openHold(deps.events, request.params.hold_token);
      return holdToJson(live.event, await deps.holds.extend(live, holdId), deps.clock.now(), deps.policy);
    },
  );
}
