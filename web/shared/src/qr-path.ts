/** The modules of a QR code, row by row, a bit each, the dark ones 1; base64. */
export type QrModules = { size: number; data: string };

/** The dark modules of a QR code as one SVG path of runs, a module a unit. */
export function qrPath({ size, data }: QrModules): string {
  const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
  const isDark = (at: number): boolean => ((bytes[at >> 3]! >> (7 - (at & 7))) & 1) === 1;
  let path = '';
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const start = x;
      while (x < size && isDark(y * size + x)) x += 1;
      if (x > start) path += `M${start} ${y}h${x - start}v1H${start}z`;
    }
  }
  return path;
}
