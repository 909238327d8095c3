export type LanguageCode = 'es' | 'en';

/** The same words in both languages: a sentence, or what makes one. */
export type Words = Record<LanguageCode, string>;

/**
 * The texts of a page, both languages of one shape: `texts.ts` beside the page exports what this gives, and the page
 * reads `const t = $derived(texts[language.current])`. test/console-texts.test.ts finds what is missing.
 */
export function bothLanguages<T>(es: T, en: NoInfer<T>): Record<LanguageCode, T> {
  return { es, en };
}

/** Words by a code of the API's, which may have more codes than the console knows: what is missing is shown as it is. */
export function names(of: Record<string, string>): Record<string, string | undefined> {
  return of;
}
