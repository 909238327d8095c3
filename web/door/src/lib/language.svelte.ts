import { keep, kept } from '../../../shared/src/kept.ts';
import { en } from '../texts/en.ts';
import { es, type Texts } from '../texts/es.ts';

type Language = 'es' | 'en';

/** Both at once: the scanner keeps them for when there is no network, and opens a round trip sooner. */
const dictionaries: Record<Language, Texts> = { es, en };
const storageKey = 'taquilla.language';

function preferred(): Language {
  const chosen = kept<Language>(storageKey, 'localStorage');
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  const known = [chosen, ...spoken].filter((code) => code === 'es' || code === 'en');
  return known[0] ?? 'es';
}

class LanguageChoice {
  current: Language = $state(preferred());
  texts: Texts = $derived(dictionaries[this.current]);
  /** The tag for numbers and dates: the reader's own region where the language is theirs. */
  tag: string = $derived(
    navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${this.current}-`)) ?? this.current,
  );

  choose(language: Language = this.current): void {
    this.current = language;
    document.documentElement.lang = language;
    keep(storageKey, language, 'localStorage');
  }
}

export const language = new LanguageChoice();

/** The texts in the reader's language; read inside a component they follow the switch. */
export const t = new Proxy({} as Texts, {
  get: (_, section) => language.texts[section as keyof Texts],
});

/** An instant by the reader's clock. */
export function time(instant: string | Date): string {
  return new Intl.DateTimeFormat(language.tag, { timeStyle: 'medium' }).format(new Date(instant));
}

/** An event's day and hour by the clock of its venue. */
export function day(instant: string, timeZone: string): string {
  return new Intl.DateTimeFormat(language.tag, { dateStyle: 'full', timeStyle: 'short', timeZone }).format(
    new Date(instant),
  );
}

export function count(value: number): string {
  return new Intl.NumberFormat(language.tag).format(value);
}
