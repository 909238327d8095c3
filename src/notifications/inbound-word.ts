import type { Locale } from '../base/format.ts';

/** What somebody asks for who writes one word to a number of ours. */
export type InboundWord = {
  wish: 'stop' | 'start';
  /** Networks and Twilio know the word: they block or free the number themselves, and have answered. */
  isCarriers: boolean;
};

// https://help.twilio.com/articles/223134027: what it blocks by, and frees by.
const words: Record<string, InboundWord> = {
  STOP: { wish: 'stop', isCarriers: true },
  STOPALL: { wish: 'stop', isCarriers: true },
  UNSUBSCRIBE: { wish: 'stop', isCarriers: true },
  CANCEL: { wish: 'stop', isCarriers: true },
  END: { wish: 'stop', isCarriers: true },
  QUIT: { wish: 'stop', isCarriers: true },
  REVOKE: { wish: 'stop', isCarriers: true },
  OPTOUT: { wish: 'stop', isCarriers: true },
  BAJA: { wish: 'stop', isCarriers: false },
  START: { wish: 'start', isCarriers: true },
  UNSTOP: { wish: 'start', isCarriers: true },
  ALTA: { wish: 'start', isCarriers: false },
};

/** Reads a message as one of the words that end or begin reminders; null for any other, so that nobody is taken at half a word. */
export function readInboundWord(text: string): InboundWord | null {
  const word = text
    .slice(0, 40)
    .normalize('NFD')
    .replaceAll(/[^\p{L}]/gu, '')
    .toUpperCase();
  return Object.hasOwn(words, word) ? words[word]! : null;
}

const answers: Record<Locale, Record<InboundWord['wish'], string>> = {
  es: {
    stop: 'Ya no recibirá recordatorios. Lo que su compra requiera le llega igual. Responda ALTA para recibirlos de nuevo.',
    start: 'Recibirá recordatorios de nuevo. Responda BAJA para no recibirlos.',
  },
  en: {
    stop: 'You get no more reminders. What your order needs to tell you still comes. Answer ALTA to get them again.',
    start: 'You get reminders again. Answer BAJA to get none.',
  },
};

/** What such a word is answered with. */
export function inboundAnswer(wish: InboundWord['wish'], locale: Locale): string {
  return answers[locale][wish];
}
