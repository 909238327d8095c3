import { keep, kept } from '../../../shared/src/kept.ts';
import type { LanguageCode, Words } from './texts.ts';

const storageKey = 'taquilla.language';

function preferred(): LanguageCode {
  const chosen = kept<LanguageCode>(storageKey, 'localStorage');
  const spoken = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  const known = [chosen, ...spoken].filter((code) => code === 'es' || code === 'en');
  return known[0] ?? 'es';
}

class LanguageChoice {
  current: LanguageCode = $state(preferred());
  /** The tag for numbers and dates: the reader's own region where the language is theirs. */
  tag: string = $derived(
    navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${this.current}-`)) ?? this.current,
  );

  choose(language: LanguageCode): void {
    keep(storageKey, language, 'localStorage');
    this.current = language;
  }

  /** What is said in the reader's language; read inside a component it follows the switch. */
  of(words: Words): string {
    return words[this.current];
  }
}

export const language = new LanguageChoice();
