/** A mail, ready to be sent or kept. */
export type Mail = {
  from: { name: string; address: string };
  to: { name: string; address: string };
  /** Where it comes back to, in place of where it is from. */
  returnPath?: string;
  subject: string;
  text: string;
  html: string;
  /** Between angle brackets. The same mail has the same id, so that a repeated one is recognised. */
  messageId: string;
  date: Date;
  attachments: { filename: string; contentType: string; content: Buffer }[];
  headers?: Record<string, string>;
};

/**
 * What came of handing a mail over; `reason` is a sentence that says why it did not go. `untried`: nothing was sent, since
 * the mail server is known to be away.
 */
export type Delivery =
  | { outcome: 'accepted'; detail: string; raw?: Buffer }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'postponed'; reason: string; untried?: true };

/** Sends mails, or keeps them. It never throws: what goes wrong is an outcome. */
export type Mailer = {
  deliver(mail: Mail): Promise<Delivery>;
  close(): void;
};

// No quotes, comments, lists or line breaks: an address that could say more than one address is none.
const addressPattern = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}]{1,253}$/u;

/** Whether a text is one plain e-mail address. */
export function isMailAddress(text: string): boolean {
  return addressPattern.test(text);
}

/** A text as it may stand in a header: on one line, without control characters. */
export function headerText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim();
}
