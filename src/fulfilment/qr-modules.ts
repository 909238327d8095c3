import encodeQR from 'qr';

/** A QR code as a matrix without a border; true is dark. Every ticket's code is drawn from it. */
export function qrMatrix(code: string): boolean[][] {
  // The library wants a border of one module, which its users draw themselves.
  const modules = encodeQR(code, 'raw', { ecc: 'medium', border: 1 });
  return modules.slice(1, -1).map((row) => row.slice(1, -1));
}

/** A QR code packed for a page that draws it: row by row, a bit each, the dark ones 1; base64. */
export function qrModules(code: string): { size: number; data: string } {
  const matrix = qrMatrix(code);
  const size = matrix.length;
  const bytes = Buffer.alloc(Math.ceil((size * size) / 8));
  for (const [i, dark] of matrix.flat().entries()) if (dark) bytes[i >> 3]! |= 128 >> (i & 7);
  return { size, data: bytes.toString('base64') };
}
