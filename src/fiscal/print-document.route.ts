import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { encodeEscPos } from './document-escpos.ts';
import { drawDocument } from './document-pdf.ts';
import { documentNotFound, documentParamsSchema } from './fiscal-document.schema.ts';
import { readDocument } from './fiscal-document.store.ts';

/** `GET /sellers/{id}/fiscal-series/{id}/documents/{number}/print`: a document for a printer. */
export function printDocumentRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/fiscal-series/:series_id/documents/:number/print',
    {
      compress: false,
      config: { right: 'sales.read', problems: ['fiscal_document_not_found'] },
      schema: {
        operationId: 'printDocument',
        tags: ['fiscal'],
        summary: 'A fiscal document as a PDF, or as bytes for a thermal printer (ESC/POS)',
        params: documentParamsSchema,
        querystring: object({
          format: Type.Optional(Type.Enum(['pdf', 'escpos'], { default: 'pdf' })),
        }),
        produces: ['application/pdf', 'application/octet-stream'],
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, series_id: seriesId, number } = request.params;
      const document = await readDocument(reader, { tenantId, seriesId, number });
      if (!document) throw documentNotFound();
      if (request.query.format === 'escpos') {
        return reply.type('application/octet-stream').send(encodeEscPos(document));
      }
      return reply.type('application/pdf').send(await drawDocument(document));
    },
  );
}
