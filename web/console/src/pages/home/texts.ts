import { bothLanguages } from '../../lib/texts.ts';

export const texts = bothLanguages(
  {
    hello: (name: string) => `Hola, ${name}`,
    role: (role: string) => `Tu rol: ${role}`,
    lead: 'Esto es lo que puedes hacer aquí.',
  },
  {
    hello: (name: string) => `Hello, ${name}`,
    role: (role: string) => `Your role: ${role}`,
    lead: 'This is what you can do here.',
  },
);
