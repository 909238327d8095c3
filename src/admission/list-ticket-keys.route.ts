import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { readVerifyingKeys } from './ticket-key.store.ts';

const keySchema = object({
  kty: Type.Literal('OKP'),
  crv: Type.Literal('Ed25519'),
  alg: Type.Literal('EdDSA'),
  use: Type.Literal('sig'),
  kid: Type.String({ description: "The key's number, as a ticket's code names it", examples: ['1'] }),
  x: Type.String({ description: 'The public key, base64url' }),
});

type Deps = { reader: Reader };

/** `GET /sellers/{id}/ticket-keys`: the public keys that a door needs to check tickets without a connection. */
export function listTicketKeysRoute(app: App, deps: Deps): void {
  app.get(
    '/sellers/:tenant_id/ticket-keys',
    {
      compress: false,
      schema: {
        operationId: 'listTicketKeys',
        tags: ['admission'],
        summary: "The public keys of a seller's tickets (JWK)",
        params: object({ tenant_id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) }),
        response: { 200: object({ data: Type.Array(keySchema) }) },
      },
    },
    async (request, reply) => {
      const keys = await readVerifyingKeys(deps.reader, request.params.tenant_id);
      reply.header('cache-control', 'public, max-age=300');
      return {
        data: keys.map(({ keyId, publicKey }) => ({
          kty: 'OKP' as const,
          crv: 'Ed25519' as const,
          alg: 'EdDSA' as const,
          use: 'sig' as const,
          kid: String(keyId),
          x: String(publicKey.export({ format: 'jwk' }).x),
        })),
      };
    },
  );
}
