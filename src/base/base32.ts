const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const values = new Map([...alphabet].map((char, value) => [char, value]));

/** Writes bytes in base32 (RFC 4648, upper case, without padding): five bits a character. */
export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(buffer >> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet[(buffer << (5 - bits)) & 31] : text;
}

/** Reads base32, or null for a text that `encodeBase32` never writes: each value has one spelling. */
export function decodeBase32(text: string): Buffer | null {
  const bytes = Buffer.alloc(Math.floor((text.length * 5) / 8));
  let buffer = 0;
  let bits = 0;
  let at = 0;
  for (const char of text) {
    const value = values.get(char);
    if (value === undefined) return null;
    buffer = (buffer << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = buffer >> bits;
    }
    buffer &= (1 << bits) - 1;
  }
  return bits < 5 && buffer === 0 ? bytes : null;
}
