// The first digits that card schemes use, and the lengths that go with them.
const schemes =
  /^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|62\d{14,17}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14})$/;
// An id may have digits alone where a card's number would have them.
const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const candidate = new RegExp(`${uuid}|(?<![\\p{L}\\p{N}])\\d(?:[ .-]?\\d){12,18}(?![\\p{L}\\p{N}])`, 'giu');
const isUuid = new RegExp(`^${uuid}$`, 'i');

/** The check digit of card numbers (ISO/IEC 7812, Luhn). */
function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}

function isCardNumber(text: string): boolean {
  if (isUuid.test(text)) return false;
  const digits = text.replaceAll(/\D/g, '');
  return schemes.test(digits) && hasCheckDigit(digits);
}

/** Whether a text holds what looks like the number of a card: a scheme's first digits, its length, and the check digit. */
export function holdsCardNumber(text: string): boolean {
  return (text.match(candidate) ?? []).some(isCardNumber);
}

/** A text in which nothing looks like the number of a card, as it may stand in a log. */
export function hideCardNumbers(text: string): string {
  return text.replaceAll(candidate, (found) => (isCardNumber(found) ? '[card number]' : found));
}
