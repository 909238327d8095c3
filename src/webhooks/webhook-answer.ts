import { Problem } from '../base/errors.ts';
import type { Facts } from '../identity/audit-log.ts';
import { findUrlFault } from './webhook-address.ts';

type Endpoint = {
  endpointId: string;
  url: string;
  description: string;
  eventTypes: string[];
  enabled: boolean;
  disabledReason: string | null;
  createdAt: Date;
};

type Delivery = {
  eventId: string;
  type: string;
  state: 'pending' | 'delivered' | 'failed' | 'cancelled';
  attempts: number;
  createdAt: Date;
  nextAttemptAt: Date;
  endedAt: Date | null;
};

type Attempt = {
  attemptNo: number;
  startedAt: Date;
  durationMilliseconds: number;
  status: number | null;
  reason: string | null;
  answer: string;
};

/** An endpoint as the API shows it, without its secrets. */
export function endpointAnswer(endpoint: Endpoint) {
  return {
    id: endpoint.endpointId,
    url: endpoint.url,
    description: endpoint.description,
    event_types: endpoint.eventTypes,
    enabled: endpoint.enabled,
    ...(endpoint.disabledReason !== null && { disabled_reason: endpoint.disabledReason }),
    created_at: endpoint.createdAt.toISOString(),
  };
}

/** An endpoint as the audit log tells of it. */
export function endpointFacts(
  endpoint: Pick<Endpoint, 'url' | 'description' | 'eventTypes' | 'enabled'>,
): Facts {
  const { url, description, eventTypes, enabled } = endpoint;
  return { url, description, event_types: eventTypes, enabled };
}

/** A delivery as the API shows it. */
export function deliveryAnswer(delivery: Delivery) {
  return {
    event_id: delivery.eventId,
    type: delivery.type,
    state: delivery.state,
    attempts: delivery.attempts,
    created_at: delivery.createdAt.toISOString(),
    ...(delivery.endedAt === null
      ? { next_attempt_at: delivery.nextAttemptAt.toISOString() }
      : { ended_at: delivery.endedAt.toISOString() }),
  };
}

/** An attempt as the API shows it. */
export function attemptAnswer({ attemptNo, startedAt, durationMilliseconds, ...attempt }: Attempt) {
  return {
    attempt: attemptNo,
    at: startedAt.toISOString(),
    duration_ms: durationMilliseconds,
    ...(attempt.status !== null && { status: attempt.status }),
    ...(attempt.reason !== null && { reason: attempt.reason }),
    ...(attempt.answer !== '' && { answer: attempt.answer }),
  };
}

/** Refuses an address that can be no endpoint. @throws Problem `body_invalid` with the reason at `/url`. */
export function requireUrl(url: string, loopbackAllowed: boolean): void {
  const message = findUrlFault(url, loopbackAllowed);
  if (message === null) return;
  throw new Problem('body_invalid', 'Webhooks cannot be sent to this address.', {
    errors: [{ path: '/url', code: 'url_not_allowed', message }],
  });
}

/** What a missing endpoint and another seller's are answered with. */
export function endpointNotFound(): Problem {
  return new Problem('webhook_endpoint_not_found', 'There is no such webhook endpoint.');
}
