import { language } from '../lib/language.svelte.ts';

const es = {
  all: 'Entradas',
  place: (n: number, of: number) => `Entrada ${n} de ${of}`,
  previous: 'Anterior',
  next: 'Siguiente',
  code: (place: string) => `Código QR de la entrada: ${place}`,
  states: {
    valid: '',
    pending: 'La entrada se está preparando. Vuelve a abrir esta página en unos segundos.',
    transferred: 'Transferida: ahora la tiene otra persona.',
    returned: 'Devuelta: ya no vale.',
  },
  pdf: 'Abrir el PDF',
  calendar: 'Al calendario',
  apple: 'Añadir a Apple Wallet',
  google: 'Añadir a Google Wallet',
  more: 'Transferir o cambiar el código',
  transferWhy: 'Crea un enlace para otra persona. Cuando lo acepte, tu código deja de valer.',
  to: 'Correo o teléfono de quien asistirá (opcional)',
  sent: 'El enlace está listo y va en camino.',
  offer: 'Crear enlace de transferencia',
  offered: 'El enlace está listo. Compártelo solo con quien va a asistir.',
  withdraw: 'Retirar el enlace',
  withdrawn: 'El enlace ya no vale.',
  renewWhy: '¿Alguien vio tu código? Pide otro y el anterior deja de valer.',
  renew: 'Pedir otro código',
  renewed: 'Este es tu nuevo código. El anterior ya no vale.',
  forYou: 'Una entrada para ti',
  name: 'Nombre y apellido',
  email: 'Correo',
  accept: 'Aceptar la entrada',
  over: 'Este enlace ya no vale',
  overWhy: 'Se usó, se retiró, venció o no está completo. Pide otro a quien te lo envió.',
};

const en: typeof es = {
  all: 'Tickets',
  place: (n: number, of: number) => `Ticket ${n} of ${of}`,
  previous: 'Previous',
  next: 'Next',
  code: (place: string) => `QR code of the ticket: ${place}`,
  states: {
    valid: '',
    pending: 'The ticket is being made. Open this page again in a few seconds.',
    transferred: 'Transferred: somebody else has it now.',
    returned: 'Given back: it is no longer valid.',
  },
  pdf: 'Open the PDF',
  calendar: 'To the calendar',
  apple: 'Add to Apple Wallet',
  google: 'Add to Google Wallet',
  more: 'Transfer it or change its code',
  transferWhy: 'Make a link for somebody else. Once they accept, your code is no longer valid.',
  to: 'E-mail or telephone of whoever is going (optional)',
  sent: 'The link is ready and on its way.',
  offer: 'Make a transfer link',
  offered: 'The link is ready. Share it only with whoever is going.',
  withdraw: 'Withdraw the link',
  withdrawn: 'The link works no more.',
  renewWhy: 'Has anybody seen your code? Ask for another, and the old one ends.',
  renew: 'Ask for another code',
  renewed: 'This is your new code. The old one is no longer valid.',
  forYou: 'A ticket for you',
  name: 'Name',
  email: 'E-mail',
  accept: 'Accept the ticket',
  over: 'This link works no more',
  overWhy: 'It was used, withdrawn, has expired, or is not complete. Ask its sender for another.',
};

const texts = { es, en };

/** The texts of the ticket pages in the reader's language; read inside a component they follow the switch. */
export const tt = new Proxy({} as typeof es, {
  get: (_, name) => texts[language.current][name as keyof typeof es],
});
