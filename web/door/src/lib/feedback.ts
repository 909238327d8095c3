import type { Mood } from './contract.ts';

let audio: AudioContext | undefined;

/** Browsers let a page sound only after somebody touched it. */
export function unlockSound(): void {
  audio ??= new AudioContext();
  void audio.resume();
}

/** Frequencies in Hz, each for so many seconds: one high tone passes, two falling ones stop. */
const tones: Record<Mood, [hertz: number, seconds: number][]> = {
  good: [[1_320, 0.14]],
  warn: [
    [660, 0.12],
    [660, 0.12],
  ],
  bad: [
    [330, 0.18],
    [220, 0.34],
  ],
};

const pulses: Record<Mood, number[]> = { good: [60], warn: [80, 60, 80], bad: [250, 90, 250] };

/** Says a verdict by sound and by vibration, as far as the device has them. */
export function signal(mood: Mood, isLoud: boolean): void {
  navigator.vibrate?.(pulses[mood]);
  if (!isLoud || audio?.state !== 'running') return;
  let at = audio.currentTime;
  for (const [hertz, seconds] of tones[mood]) {
    const oscillator = audio.createOscillator();
    const gain = audio.createGain();
    oscillator.frequency.value = hertz;
    oscillator.type = mood === 'good' ? 'sine' : 'square';
    gain.gain.setValueAtTime(0.25, at);
    gain.gain.exponentialRampToValueAtTime(0.001, at + seconds);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(at);
    oscillator.stop(at + seconds);
    at += seconds + 0.03;
  }
}
