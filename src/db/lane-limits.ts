import { limits } from '../base/limits.ts';
import { isPassingError } from './transaction.ts';

/** How every lane that writes groups to the database behaves. */
export const laneLimits = {
  groupMax: limits.groupOrdersMax,
  queueMax: limits.laneQueueMax,
  retrySecondsMax: limits.groupRetrySecondsMax,
  isPassing: isPassingError,
};
