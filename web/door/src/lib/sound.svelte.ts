import { keep, kept } from '../../../shared/src/kept.ts';

const storageKey = 'taquilla.door.sound';

class SoundChoice {
  isOn = $state(kept<boolean>(storageKey, 'localStorage') ?? true);

  toggle(): void {
    this.isOn = !this.isOn;
    keep(storageKey, this.isOn, 'localStorage');
  }
}

export const sound = new SoundChoice();
