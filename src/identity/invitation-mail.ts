import { html } from '../base/html.ts';
import { headerText, type Mail, type Mailer } from '../notifications/message.ts';
import type { Role } from './roles.ts';

/** Who is invited to what, and the token that only they may see. */
export type InvitationLetter = {
  invitationId: string;
  email: string;
  name: string | null;
  role: Role;
  sellerName: string;
  token: string;
  date: Date;
  expiresAt: Date;
};

const roleNames: Record<Role, { es: string; en: string }> = {
  administrator: { es: 'administración de la plataforma', en: 'platform administrator' },
  owner: { es: 'titular', en: 'owner' },
  manager: { es: 'gerencia', en: 'manager' },
  cashier: { es: 'caja', en: 'cashier' },
  steward: { es: 'acceso', en: 'steward' },
  auditor: { es: 'auditoría', en: 'auditor' },
};

/** Where an invitation is accepted. The token stands behind #, so that no server and no log sees it. */
export function invitationLink(publicUrl: string | undefined, token: string): string {
  return `${publicUrl ?? ''}/console/invitation#${token}`;
}

/** Who sends invitations, and where people reach the house; without that, links are paths. */
export type InvitationSender = { address: string; publicUrl: string | undefined };

/** The mail of an invitation, in Spanish and English. */
export function invitationMail(letter: InvitationLetter, { address, publicUrl }: InvitationSender): Mail {
  const link = invitationLink(publicUrl, letter.token);
  const { es, en } = roleNames[letter.role];
  const until = letter.expiresAt.toISOString().slice(0, 16).replace('T', ' ');
  const spanish = [
    `${letter.sellerName} le invita a trabajar en Taquilla (${es}).`,
    `Acepte la invitación antes del ${until} UTC:`,
  ];
  const english = [
    `${letter.sellerName} invites you to work in Taquilla (${en}).`,
    `Accept the invitation before ${until} UTC:`,
  ];
  const closing = 'Si no la esperaba, ignore este mensaje. / If you did not expect it, ignore this message.';
  const paragraph = (lines: string[]) =>
    html`<p>${lines[0]!}<br />${lines[1]!}<br /><a href="${link}">${link}</a></p>`;
  return {
    from: { name: 'Taquilla', address },
    to: { name: letter.name ?? '', address: letter.email },
    subject: headerText(`Invitación de ${letter.sellerName} / Invitation from ${letter.sellerName}`),
    text: [...spanish, link, '', ...english, link, '', closing, ''].join('\n'),
    html: html`<!doctype html>
      <html lang="es">
        <body>
          ${paragraph(spanish)}
          <div lang="en">${paragraph(english)}</div>
          <p>${closing}</p>
        </body>
      </html>`.toString(),
    messageId: `<invitation.${letter.invitationId}@${address.split('@').at(-1)}>`,
    date: letter.date,
    attachments: [],
  };
}

/** Sends an invitation. @returns why it did not go, or null. */
export type SendInvitation = (letter: InvitationLetter) => Promise<string | null>;

/** Sends invitations by a mailer; without one every letter fails, and says why. */
export function createInvitationSender(mailer: Mailer | undefined, sender: InvitationSender): SendInvitation {
  return async (letter) => {
    if (!mailer) return 'No mail server is configured (SMTP_URL).';
    const delivery = await mailer.deliver(invitationMail(letter, sender));
    return delivery.outcome === 'accepted' ? null : delivery.reason;
  };
}
