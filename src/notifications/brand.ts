import type { Facts } from './template-variables.ts';

/** How a seller appears in messages and passes; null is what the house does by itself. */
export type Brand = {
  /** In place of the seller's name. */
  name: string | null;
  /** Over https, of a picture that mail programs can show. */
  logoUrl: string | null;
  /** The digest of a logo that was uploaded, in hexadecimal; it goes before `logoUrl`. */
  logoSha256: string | null;
  /** `#rrggbb`. */
  color: string | null;
};

export const noBrand: Brand = { name: null, logoUrl: null, logoSha256: null, color: null };

/** The ink that can be read on a ground, by WCAG's relative luminance. */
export function inkOn(color: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.36 ? '#1b1e27' : '#ffffff';
}

/**
 * What templates say of a brand.
 * @param sellerName what stands where the brand has no name of its own.
 * @param palette the event's colours, for a brand without one.
 */
export function brandFacts(brand: Brand, sellerName: string, palette: { deep: string; glow: string }): Facts {
  const ink = inkOn(brand.color ?? palette.deep);
  return {
    brand_name: brand.name ?? sellerName,
    brand_logo_url: brand.logoUrl,
    brand_color: brand.color ?? palette.deep,
    brand_ink: ink,
    accent_color: brand.color === null ? palette.glow : ink,
  };
}
