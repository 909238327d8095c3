/** What arrived in mailboxes: how often each mail came beyond once, and which came in different forms. */
export type MailTally = { mails: number; doubles: Map<string, number>; different: string[] };

/** Tallies mails by their Message-ID. `digest` stands for all of a mail's bytes. */
export function tallyCopies(mails: readonly { messageId: string; digest: string }[]): MailTally {
  const copies = Map.groupBy(mails, (mail) => mail.messageId);
  const tally: MailTally = { mails: copies.size, doubles: new Map(), different: [] };
  for (const [messageId, some] of copies) {
    if (some.length > 1) tally.doubles.set(messageId, some.length - 1);
    if (new Set(some.map((mail) => mail.digest)).size > 1) tally.different.push(messageId);
  }
  return tally;
}
