/** The colours of an event's tickets and mails. */
export type Palette = { deep: string; glow: string };

const palettes = [
  { deep: '#16213f', glow: '#f4b942' },
  { deep: '#4a1230', glow: '#f2a65a' },
  { deep: '#0f3d3a', glow: '#f0c75e' },
  { deep: '#34205c', glow: '#ff9f7a' },
  { deep: '#5b1a1a', glow: '#f3c98b' },
  { deep: '#123a5c', glow: '#7fd8be' },
] as const satisfies Palette[];

/** One palette by the event's number, so that the events of a season are told apart at a glance. */
export function eventPalette(eventId: number): Palette {
  return palettes[eventId % palettes.length] ?? palettes[0];
}
