import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import {
  documentNotFound,
  documentParamsSchema,
  documentSchema,
  toDocumentAnswer,
} from './fiscal-document.schema.ts';
import { readDocument } from './fiscal-document.store.ts';

/** `GET /sellers/{id}/fiscal-series/{id}/documents/{number}`: a document as it was issued. */
export function readDocumentRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/fiscal-series/:series_id/documents/:number',
    {
      config: { right: 'sales.read', problems: ['fiscal_document_not_found'] },
      schema: {
        operationId: 'readDocument',
        tags: ['fiscal'],
        summary: 'A fiscal document as it was issued',
        params: documentParamsSchema,
        response: { 200: documentSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, series_id: seriesId, number } = request.params;
      const document = await readDocument(reader, { tenantId, seriesId, number });
      if (!document) throw documentNotFound();
      return toDocumentAnswer(document);
    },
  );
}
