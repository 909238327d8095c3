import { limits } from '../base/limits.ts';
import { isConnectionError, isPassingError } from './transaction.ts';

/** How every lane that writes groups to the database behaves. */
export const laneLimits = {
  groupMax: limits.groupOrdersMax,
  queueMax: limits.laneQueueMax,
  waitSecondsMax: limits.laneWaitSecondsMax,
  retrySecondsMax: limits.groupRetrySecondsMax,
  isPassing: isPassingError,
  isAway: isConnectionError,
};
