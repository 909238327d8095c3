let last = 0;

/** A UUIDv7 (RFC 9562): two that this page makes are never in the wrong order, so a queue by them is in order. */
export function uuidv7(now = Date.now()): string {
  last = Math.max(now, last + 1);
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setUint32(0, Math.floor(last / 0x10000));
  new DataView(bytes.buffer).setUint16(4, last % 0x10000);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
