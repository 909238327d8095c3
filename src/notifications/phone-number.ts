import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js';

/**
 * A telephone number as providers take it (E.164), or null for what cannot be one.
 * @param text as a person wrote it: `0412-555.00.00`, `+34 600 00 00 00`, `0058 412 5550000`.
 * @param country the seller's, for numbers without a country of their own.
 */
export function toE164(text: string, country: string): string | null {
  const written = text.trim().replace(/^00(?=[1-9])/, '+');
  const number = isSupportedCountry(country)
    ? parsePhoneNumberFromString(written, { defaultCountry: country, extract: false })
    : parsePhoneNumberFromString(written, { extract: false });
  return number?.isValid() ? number.number : null;
}
