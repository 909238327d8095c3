import { bothLanguages } from '../lib/texts.ts';

export const supportTexts = bothLanguages(
  { label: 'Buscar una venta por cualquier dato', hint: 'Número, nombre, correo, teléfono, butaca…' },
  { label: 'Find a sale by anything', hint: 'Number, name, e-mail, phone, seat…' },
);
