import type { Clock } from '../base/ids.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { App } from '../http/app.ts';
import { holdTokenSchema, object } from '../http/schemas.ts';
import { holdSchema } from './hold.schema.ts';
import { holdToJson, type HoldPolicy } from './hold.ts';
import { openHold, type Holds } from './holds.ts';

type Deps = { events: EventCache; holds: Holds; clock: Clock; policy: HoldPolicy };

/** `GET /sales/holds/{token}`: a hold in whatever state it is. */
export function readHoldRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/holds/:hold_token',
    {
      compress: false,
      config: { problems: ['hold_not_found'] },
      schema: {
        operationId: 'readHold',
        tags: ['holds'],
        summary: 'Read a hold',
        params: object({ hold_token: holdTokenSchema }),
        response: { 200: holdSchema },
      },
    },
    async (request) => {
      const { live, holdId } = await openHold(deps.events, request.params.hold_token);
      return holdToJson(live.event, await deps.holds.read(live, holdId), deps.clock.now(), deps.policy);
    },
  );
}
