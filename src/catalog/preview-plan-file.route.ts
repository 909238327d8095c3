import { Problem } from '../base/errors.ts';
import type { App } from '../http/app.ts';
import { Type } from 'typebox';
import { object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { refuseFaults } from './give-seat-plan.ts';
import { countPlaces, documentOf } from './plan-document.ts';
import { planBodyLimit, planDocumentSchema } from './plan-document.schema.ts';
import { readPlanFile } from './plan-file.ts';

/** `POST /sellers/{id}/seat-plan-previews`: what a file of CSV or pretix JSON draws, to be looked at, edited and saved. */
export function previewPlanFileRoute(app: App): void {
  app.register(async (scope) => {
    scope.removeContentTypeParser('application/json');
    scope.addContentTypeParser(
      ['text/csv', 'application/json', 'application/octet-stream'],
      { parseAs: 'buffer', bodyLimit: planBodyLimit },
      (_request, body, done) => done(null, body),
    );
    scope.post(
      '/sellers/:seller_id/seat-plan-previews',
      {
        config: { right: 'catalog.read', problems: ['seat_plan_invalid', 'media_type_unsupported'] },
        schema: {
          operationId: 'previewPlanFile',
          tags: ['catalog'],
          summary: 'Read a seat plan from a file (text/csv, or the JSON of pretix)',
          params: sellerParamsSchema,
          response: {
            200: object({
              name: Type.String(),
              seats: Type.Integer(),
              general_places: Type.Integer(),
              document: planDocumentSchema,
            }),
          },
        },
      },
      async (request) => {
        const { body } = request;
        if (!Buffer.isBuffer(body))
          throw new Problem(
            'media_type_unsupported',
            'Send the file itself, as text/csv or application/json.',
          );
        const plan = refuseFaults(() => readPlanFile(body, { renameDuplicateGuids: true }));
        const { seats, generalPlaces } = countPlaces(plan);
        return { name: plan.name, seats, general_places: generalPlaces, document: documentOf(plan) };
      },
    );
  });
}
