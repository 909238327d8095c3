import { html } from '../base/html.ts';
import type { Mail, Mailer } from '../notifications/message.ts';
import type { InvitationSender } from './invitation-mail.ts';

/** Who may set a new password, and the token that only they may see. */
export type PasswordResetLetter = {
  resetId: string;
  email: string;
  name: string;
  token: string;
  date: Date;
  expiresAt: Date;
};

/** The mail with the link to a new password, in Spanish and English; the token stands behind #, as an invitation's does. */
export function passwordResetMail(
  letter: PasswordResetLetter,
  { address, publicUrl }: InvitationSender,
): Mail {
  const link = `${publicUrl ?? ''}/console/password#${letter.token}`;
  const until = letter.expiresAt.toISOString().slice(0, 16).replace('T', ' ');
  const spanish = `Ponga una contraseña nueva antes del ${until} UTC:`;
  const english = `Set a new password before ${until} UTC:`;
  const closing =
    'Si no la pidió, ignore este mensaje: nada cambia. / If you did not ask for it, ignore this message: nothing changes.';
  const anchor = html`<a href="${link}">${link}</a>`;
  return {
    from: { name: 'Taquilla', address },
    to: { name: letter.name, address: letter.email },
    subject: 'Contraseña nueva / New password',
    text: [spanish, link, '', english, link, '', closing, ''].join('\n'),
    html: html`<!doctype html>
      <html lang="es">
        <body>
          <p>${spanish}<br />${anchor}</p>
          <p lang="en">${english}<br />${anchor}</p>
          <p>${closing}</p>
        </body>
      </html>`.toString(),
    messageId: `<password-reset.${letter.resetId}@${address.split('@').at(-1)}>`,
    date: letter.date,
    attachments: [],
  };
}

/** Sends the link to a new password. @returns why it did not go, or null. */
export type SendPasswordReset = (letter: PasswordResetLetter) => Promise<string | null>;

/** Sends links by a mailer; without one every letter fails, and says why. */
export function createPasswordResetSender(
  mailer: Mailer | undefined,
  sender: InvitationSender,
): SendPasswordReset {
  return async (letter) => {
    if (!mailer) return 'No mail server is configured (SMTP_URL).';
    const delivery = await mailer.deliver(passwordResetMail(letter, sender));
    return delivery.outcome === 'accepted' ? null : delivery.reason;
  };
}
