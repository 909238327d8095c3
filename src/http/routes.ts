// The one list of all routes that are mounted.
//
// A route is one file, `src/<room>/verb-noun.route.ts`, that exports one function which registers
// one endpoint and takes just what it needs:
//
//     export function readEventRoute(app: App, deps: { events: EventCache; clock: Clock }): void {
//       app.get('/events/:event_id', {
//         config: { problems: ['event_not_found'] },   // refusals of its own: OpenAPI shows them
//         schema: {
//           operationId: 'readEvent', tags: ['catalog'], summary: 'One event',
//           params: object({ event_id: eventIdSchema }),
//           response: { 200: eventSchema },
//         },
//       }, async (request) => { … });
//     }
//
// - `App` is in app.ts; `object`, `list`, ids, money, quote and other shared schemas in schemas.ts.
//   A body, query or params schema made of anything but closed objects is refused when it is mounted.
// - A refusal is thrown as a `Problem` (src/base/errors.ts); the route never writes an error itself.
// - Bodies are never coerced; query strings and path parameters are.
// - Strings of body, query and path are free of NUL and lone surrogates once a handler sees them.
// - `compress: false` in the route's options for answers that must be quick or are small.
// - `config: { hot: true }` keeps successful requests out of the log.
// - A stream opens with `deps.streams.open(request, reply)` (sse.ts), then the handler returns reply.
// - A path that also works with a last slash is registered twice, the second with `schema.hide`.
import type { App } from './app.ts';

/** What the routes are built from; the composition root fills it. */
export type RouteDeps = Record<string, never>;

/** Mounts every route. */
export function mountRoutes(_app: App, _deps: RouteDeps): void {}
