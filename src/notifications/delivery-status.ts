import { headerText } from './message.ts';

/** What a mail server says of one recipient in a delivery status notification (RFC 3464). */
export type DeliveryStatus = {
  action: string;
  /** An enhanced code (RFC 3463), such as `5.1.1`; empty when there is none. */
  status: string;
  /** In the words of the server that refused it. */
  diagnostic: string;
};

const wordsMax = 200;

/** The fields of a block of headers, by lower-case name; lines that begin with a space go on. */
function fieldsOf(block: string): Map<string, string> {
  const lines = block.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  return new Map(
    lines.flatMap((line) => {
      const [, name, value] = /^([A-Za-z-]{1,40}):(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value.trim()] as const];
    }),
  );
}

/** Reads the part `message/delivery-status`: a block about the mail, then one for each recipient. */
export function readDeliveryStatuses(text: string): DeliveryStatus[] {
  return text
    .split(/\r?\n(?:[ \t]*\r?\n)+/)
    .map(fieldsOf)
    .filter((fields) => fields.has('action'))
    .map((fields) => ({
      action: fields.get('action')!.toLowerCase(),
      status: /[245]\.\d{1,3}\.\d{1,3}/.exec(fields.get('status') ?? '')?.[0] ?? '',
      diagnostic: headerText(
        (fields.get('diagnostic-code') ?? '').replace(/^[a-z0-9-]+ *;/i, '').slice(0, wordsMax),
      ),
    }));
}

// By the code's class, subject and detail; the first that fits.
const reasons: readonly (readonly [RegExp, string])[] = [
  [/^.\.1\.(1|0|6|10)$/, 'There is no such mailbox.'],
  [/^.\.(1\.2|4\.4)$/, 'The domain of the address takes no mail.'],
  [/^.\.2\.1$/, 'The mailbox is switched off.'],
  [/^.\.2\.2$/, 'The mailbox is full.'],
  [/^.\.(2\.3|3\.4)$/, 'The mail is larger than the mailbox takes.'],
  [/^.\.4\.[17]$/, "The recipient's mail server could not be reached for days."],
  [
    /^.\.7\./,
    "The recipient's mail server refuses it by its rules, as unwanted or as not proved to be ours.",
  ],
];

/** Why a mail came back, in a sentence for the people who read the sale. */
export function bounceReason({ status, diagnostic }: DeliveryStatus): string {
  const known = reasons.find(([code]) => code.test(status))?.[1] ?? 'The mail came back.';
  const told = diagnostic === '' ? status : diagnostic;
  return told === '' ? known : `${known} Its server says: ${told}`;
}

/** The first status that says that a mail will not arrive; null when there is none, as of one that is only late. */
export function findFailure(statuses: readonly DeliveryStatus[]): DeliveryStatus | null {
  return statuses.find(({ action }) => action === 'failed') ?? null;
}
