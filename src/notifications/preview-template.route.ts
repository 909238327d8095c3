import type { FastifyReply } from 'fastify';
import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import { prefersHtml } from '../http/accept.ts';
import type { App } from '../http/app.ts';
import { mergeOverride } from './seller-templates.store.ts';
import { compileParts, previewAnswer } from './template-answer.ts';
import { previewSchema, templateBodySchema, templateParamsSchema } from './template.schema.ts';
import { readBrand, readOverride } from './template.store.ts';
import type { CompiledSource } from './template.ts';

type Deps = { reader: Reader };
type Key = Parameters<typeof mergeOverride>[0] & { seller_id: number };

// A mail has styles and pictures, and a page of ours must not run what somebody wrote into a template.
const policy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'; sandbox";

const schema = {
  tags: ['messages'],
  params: templateParamsSchema,
  response: { 200: previewSchema },
};

/**
 * `GET …/templates/{kind}/{locale}/preview`: the template filled with an example, in the seller's brand; the mail alone
 * for who asks for a page. `POST` does the same with a template that is not saved.
 */
export function previewTemplateRoute(app: App, deps: Deps): void {
  const path = '/sellers/:seller_id/templates/:kind/:locale/preview';
  const answer = async (
    key: Key,
    source: CompiledSource,
    accept: string | undefined,
    reply: FastifyReply,
  ) => {
    const seller = await readBrand(deps.reader, key.seller_id);
    if (!seller) throw new Problem('seller_not_found', 'There is no such seller.');
    const preview = previewAnswer(key, source, seller.brand, seller.sellerName);
    reply.header('vary', 'accept');
    if (!prefersHtml(accept)) return preview;
    reply.header('content-security-policy', policy).type('text/html; charset=utf-8').serializer(String);
    return reply.send(preview.html);
  };
  app.get(
    path,
    {
      config: { right: 'templates.read' },
      schema: { ...schema, operationId: 'previewTemplate', summary: 'A template, filled with an example' },
    },
    async ({ params, headers }, reply) => {
      const override = await readOverride(deps.reader, params.seller_id, params);
      return await answer(params, mergeOverride(params, override), headers.accept, reply);
    },
  );
  app.post(
    path,
    {
      config: { right: 'templates.edit' },
      schema: {
        ...schema,
        operationId: 'tryTemplate',
        summary: 'A template that is not saved, filled with an example',
        body: templateBodySchema,
      },
    },
    async ({ params, headers, body }, reply) =>
      await answer(params, compileParts(params, body), headers.accept, reply),
  );
}
