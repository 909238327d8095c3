import { language } from '../lib/language.svelte.ts';

const es = {
  invitation: (seller: string) => `Invitación de ${seller}`,
  platform: 'la plataforma',
  roles: {
    administrator: 'administración de la plataforma',
    owner: 'titular',
    manager: 'gerencia',
    cashier: 'caja',
    steward: 'acceso',
    auditor: 'auditoría',
  } as Record<string, string>,
  hasAccount: 'Esta dirección ya tiene cuenta: acepta y entra con tu contraseña de siempre.',
  name: 'Nombre y apellido',
  password: 'Contraseña nueva (12 caracteres o más)',
  accept: 'Aceptar la invitación',
  accepted: 'Invitación aceptada. Ya puedes entrar con tu correo y tu contraseña.',
  newPassword: 'Contraseña nueva',
  set: 'Guardar la contraseña',
  saved: 'Contraseña guardada. Se cerraron todas tus sesiones; entra con la nueva.',
  email: 'Correo',
  ask: 'Enviar el enlace',
  askWhy: 'Te enviamos un enlace para poner una contraseña nueva.',
  asked: 'Si esa dirección tiene cuenta, el enlace llega en unos minutos. Vale una hora.',
  over: 'Este enlace ya no vale',
  overWhy: 'Se usó, se cambió por otro, venció o no está completo. Pide otro.',
  tooOften: 'Se intentó demasiadas veces. Espera un poco.',
};

const en: typeof es = {
  invitation: (seller) => `Invitation from ${seller}`,
  platform: 'the platform',
  roles: {
    administrator: 'platform administrator',
    owner: 'owner',
    manager: 'manager',
    cashier: 'cashier',
    steward: 'steward',
    auditor: 'auditor',
  },
  hasAccount: 'This address signs in already: accept, then sign in with the password that you have.',
  name: 'Full name',
  password: 'New password (12 characters or more)',
  accept: 'Accept the invitation',
  accepted: 'Invitation accepted. You can sign in with your address and password now.',
  newPassword: 'New password',
  set: 'Save the password',
  saved: 'Password saved. All your sessions have ended; sign in with the new one.',
  email: 'E-mail',
  ask: 'Send the link',
  askWhy: 'We send you a link to set a new password.',
  asked: 'If this address signs in here, the link comes in a few minutes. It works for an hour.',
  over: 'This link works no more',
  overWhy: 'It was used, replaced, has expired, or is not complete. Ask for another.',
  tooOften: 'This was tried too often. Wait a while.',
};

const texts = { es, en };

/** The texts of these pages in the reader's language; read inside a component they follow the switch. */
export const at = new Proxy({} as typeof es, {
  get: (_, name) => texts[language.current][name as keyof typeof es],
});
