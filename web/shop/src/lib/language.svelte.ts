import type { Texts } from '../texts/es.ts';
import { keep, kept } from '../../../shared/src/kept.ts';

type Language = 'es' | 'en';

/** Each a file of its own: a reader fetches one language, 3 kB compressed, not both. */
const dictionaries: Record<Language, () => Promise<Texts>> = {
  es: async () => (await import('../texts/es.ts')).es,
  en: async () => (await import('../texts/en.ts')).en,
};
const storageKey = 'taquilla.language';

function preferred(): Language {
  const chosen = kept<Language>(storageKey, 'localStorage');
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  const known = [chosen, ...spoken].filter((code) => code === 'es' || code === 'en');
  return known[0] ?? 'es';
}

class LanguageChoice {
  current: Language = $state(preferred());
  texts: Texts = $state.raw() as Texts;
  /** The tag for numbers and dates: the reader's own region where the language is theirs. */
  tag: string = $derived(
    navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${this.current}-`)) ?? this.current,
  );

  /** Fetches the texts of the language in which the shop opens; it must precede every page. */
  async load(): Promise<void> {
    this.texts = await dictionaries[this.current]();
    document.documentElement.lang = this.current;
  }

  async choose(language: Language): Promise<void> {
    keep(storageKey, language, 'localStorage');
    this.texts = await dictionaries[language]();
    this.current = language;
    document.documentElement.lang = language;
  }
}

export const language = new LanguageChoice();

/**
 * The texts in the reader's language; read inside a component they follow the switch. An object
 * rather than a function: Svelte wraps every call in a template in a closure of its own, which
 * made the script 2 kB larger, compressed.
 */
export const t = new Proxy({} as Texts, {
  get: (_, section) => language.texts[section as keyof Texts],
});
