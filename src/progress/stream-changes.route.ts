import { limits } from '../base/limits.ts';
import type { App } from '../http/app.ts';
import type { Streams } from '../http/sse.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import type { ChangeHub } from './change-hub.ts';

type Deps = { changes: ChangeHub; streams: Streams };

/** `GET /sellers/{id}/changes/stream`: that something has changed, so that no page of staff needs a reload to be true. */
export function streamChangesRoute(app: App, { changes, streams }: Deps): void {
  app.get(
    '/sellers/:seller_id/changes/stream',
    {
      compress: false,
      config: { right: 'catalog.read', problems: ['overloaded'] },
      schema: {
        operationId: 'streamChanges',
        tags: ['sales desk'],
        summary: 'That something of the seller has changed (server-sent events)',
        description: `Events \`changed\` with {topics}, at most one each ${limits.changesPushMilliseconds} ms: \`sales\`, \`bulk actions\`, \`event 1-3\` for one whose places or catalog changed, \`everything\` when news may have been missed. Events \`export\` with {export_id, rows, complete} tell how far an export is. The stream ends after ${limits.changesStreamSeconds} s and is to be opened again, so that whoever may no longer read it does not.`,
        params: sellerParamsSchema,
      },
    },
    async (request, reply) => {
      const stream = streams.open(request, reply);
      if (stream.ended) return reply;
      try {
        const stop = await changes.watch(request.params.seller_id, {
          changed: (topics) => stream.send({ event: 'changed', data: { topics } }),
          exported: ({ exportId, rows, isComplete }) =>
            stream.send({ event: 'export', data: { export_id: exportId, rows, complete: isComplete } }),
        });
        const timer = setTimeout(() => stream.end(), limits.changesStreamSeconds * 1_000).unref();
        stream.onEnd(() => {
          clearTimeout(timer);
          stop();
        });
        // Whoever comes back may have missed something.
        stream.send({ event: 'changed', data: { topics: ['everything'] } });
      } catch (error) {
        request.log.warn({ err: error }, 'changes cannot be watched');
        stream.end();
      }
      return reply;
    },
  );
}
