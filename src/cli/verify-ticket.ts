import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { verifyTicket, type Verdict } from '../admission/ticket-code.ts';
import { formatEventId } from '../base/ids.ts';
import { formatTicketId } from '../orders/sale.ts';
import { CommandError, type Command } from './command.ts';

type NumberedJwk = JsonWebKey & { kid?: string };

const reasons: Record<Extract<Verdict, { valid: false }>['reason'], string> = {
  malformed: 'this is not a ticket code',
  unknown_key: 'the key that signed it is not in the file',
  forged: 'the signature does not belong to this ticket',
};

/** Takes a PEM, a JWK, a JWK set, or what `GET /sellers/ID/ticket-keys` answers; a key without a number fits any. */
function readKeys(file: string): { keyId: number | undefined; key: KeyObject }[] {
  try {
    const text = readFileSync(file, 'utf8');
    if (!text.trimStart().startsWith('{')) return [{ keyId: undefined, key: createPublicKey(text) }];
    const json = JSON.parse(text) as NumberedJwk & { data?: NumberedJwk[]; keys?: NumberedJwk[] };
    return (json.data ?? json.keys ?? [json]).map((jwk) => ({
      keyId: jwk.kid === undefined ? undefined : Number(jwk.kid),
      key: createPublicKey({ key: jwk, format: 'jwk' }),
    }));
  } catch (error) {
    throw new CommandError(`${file} holds no public key that can be read: ${(error as Error).message}`);
  }
}

/** `taquilla verify-ticket`: says whether a ticket's code is genuine, with a public key and nothing else. */
export const verifyTicketCommand: Command = {
  name: 'verify-ticket',
  summary: "Check a ticket's code offline, with the seller's public key",
  usage: 'CODE',
  options: {
    key: {
      type: 'string',
      value: 'FILE',
      summary: 'The public key: JWK, JWK set or PEM (GET /sellers/ID/ticket-keys)',
    },
  },
  positionals: { min: 1, max: 1 },
  async run({ options, positionals }, { out, err }) {
    const file = options['key'];
    if (typeof file !== 'string') throw new CommandError('name the public key with --key FILE.');
    const keys = readKeys(file);
    const verdict = verifyTicket(
      positionals[0]!.trim(),
      (_tenantId, keyId) => keys.find((one) => one.keyId === undefined || one.keyId === keyId)?.key,
    );
    if (!verdict.valid) {
      err(`Not valid: ${reasons[verdict.reason]}.`);
      return 1;
    }
    const { tenantId, eventId, transactionId, itemNo, keyId } = verdict.claims;
    out('Valid.');
    out(`  Ticket  ${formatTicketId(transactionId, itemNo)}`);
    out(`  Event   ${formatEventId({ tenantId, eventId })}`);
    out(`  Key     ${keyId} of seller ${tenantId}`);
    return 0;
  },
};
