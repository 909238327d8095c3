import { formatEventId, parseEventId, type EventKey } from '../base/ids.ts';
import type { AvailabilityChange } from './availability.ts';

/** A change as it travels between processes. */
export type AvailabilityNotice = {
  /** The process that tells it, and how many notices it has sent: a missing number shows a gap. */
  publisher: string;
  sequence: number;
  key: EventKey;
  change: AvailabilityChange;
};

const partsPerNoticeMax = 900;

/** Cuts a change into pieces that each fit a notice: 900 times "123456," is below 8,000 bytes. */
export function cutChange(change: AvailabilityChange): AvailabilityChange[] {
  const pieces: AvailabilityChange[] = [];
  for (let i = 0; i < change.seats.length; i += partsPerNoticeMax) {
    pieces.push({ seats: change.seats.slice(i, i + partsPerNoticeMax), zones: [] });
  }
  for (let i = 0; i < change.zones.length; i += partsPerNoticeMax / 2) {
    pieces.push({ seats: [], zones: change.zones.slice(i, i + partsPerNoticeMax / 2) });
  }
  return pieces;
}

/** Writes a notice as `publisher;sequence;event;seats by state;zones`, such as `ab12;7;1-3;1:5,6|2:9;4=120`. */
export function encodeNotice(notice: AvailabilityNotice): string {
  const byState = Map.groupBy(notice.change.seats, (seat) => seat.state);
  const seats = [...byState]
    .map(([state, group]) => `${state}:${group.map((seat) => seat.seatNo).join(',')}`)
    .join('|');
  const zones = notice.change.zones.map((zone) => `${zone.zoneNo}=${zone.left}`).join(',');
  return [notice.publisher, notice.sequence, formatEventId(notice.key), seats, zones].join(';');
}

/** Reads what `encodeNotice` wrote, or null for anything else. */
export function decodeNotice(payload: string): AvailabilityNotice | null {
  const [publisher, sequence, event, seatText, zoneText] = payload.split(';');
  const key = parseEventId(event ?? '');
  if (!publisher || !sequence || !key || seatText === undefined || zoneText === undefined) return null;
  const seats = seatText
    .split('|')
    .filter(Boolean)
    .flatMap((group) => {
      const [state, seatNos] = group.split(':');
      return (seatNos ?? '').split(',').map((seatNo) => ({ seatNo: Number(seatNo), state: Number(state) }));
    });
  const zones = zoneText
    .split(',')
    .filter(Boolean)
    .map((part) => {
      const [zoneNo, left] = part.split('=');
      return { zoneNo: Number(zoneNo), left: Number(left) };
    });
  return { publisher, sequence: Number(sequence), key, change: { seats, zones } };
}
