import { BtMigrateError } from '../domain/errors.ts';
import { ApiError } from './api-error.ts';
import { classifyAnswer } from './classify-answer.ts';
import { classifyNetworkError } from './classify-network-error.ts';
import { interruption, pauseFor } from './clock.ts';
import type { ApiRequest, Connection, PreparedRequest } from './connection.ts';
import type { Failure } from './failure.ts';
import type { HttpAnswer } from './http-client.ts';
import { planRetry, type RetryCount } from './plan-retry.ts';

export interface SendRequest<T> extends ApiRequest {
  /** True when sending it twice equals sending it once. */
  readonly repeatable: boolean;
  /** Strings the server may echo and nobody may see, besides the key. */
  readonly secrets?: readonly string[];
  /** Reads a successful answer. What it throws counts as a damaged answer and is asked for again. */
  readonly read: (answer: HttpAnswer) => T | Promise<T>;
  /**
   * Goes on with what was read (an upload to an address it names); what it throws counts as the same. It has given back
   * the request's place at the host, so it may send requests of its own there.
   */
  readonly follow?: (value: T) => Promise<void>;
  /** Sees each failure; true ends the request with it, because the caller has something better to do than to repeat. */
  readonly endsWith?: (failure: Failure) => boolean;
}

type Attempt<T> = { readonly value: T } | { readonly failure: Failure };

/**
 * Sends a request until it is answered, within the bounds of `planRetry`. A request that is not repeatable is only
 * repeated when the server certainly did not carry it out.
 * @throws ApiError for what the server refused, BTM_RATE_LIMITED, BTM_SERVER_FAILED, BTM_UNREACHABLE or
 * BTM_RESPONSE_UNREADABLE when the attempts are used up, BTM_OUTCOME_UNKNOWN when a write may have happened,
 * BTM_INTERRUPTED (or the signal's reason) when asked to stop.
 */
export async function sendRequest<T>(connection: Connection, request: SendRequest<T>): Promise<T> {
  const { clock, random, report, side, signal } = connection.options;
  const prepared = connection.prepare(request);
  let count: RetryCount = { attempts: 0, failed: 0, limited: 0, waitedMs: 0 };
  for (;;) {
    const attempt = await tryOnce(connection, request, prepared, count.attempts + 1);
    if ('value' in attempt) return attempt.value;
    const { failure } = attempt;
    if (!request.repeatable && failure.effect === 'unknown') throw outcomeUnknown(connection, request, failure);
    const plan = request.endsWith?.(failure) === true ? undefined : planRetry(failure, count, random);
    if (plan === undefined) throw finalError(connection, request, failure, count.attempts + 1);
    count = plan.count;
    report({
      type: 'retry_scheduled',
      side,
      method: request.method,
      path: request.path,
      status: failure.answer?.status ?? null,
      code: failure.code,
      wait_ms: plan.waitMs,
      attempt: count.attempts,
    });
    if (plan.wholeHost) {
      connection.gate.pause(plan.waitMs);
      if (failure.repeat === 'limited') connection.paceOf(request.path).refused(clock.now(), plan.waitMs);
    } else await pauseFor(clock, plan.waitMs, signal);
  }
}

async function tryOnce<T>(
  connection: Connection,
  request: SendRequest<T>,
  prepared: PreparedRequest,
  number: number,
): Promise<Attempt<T>> {
  const attempt = await askOnce(connection, request, prepared, number);
  if ('failure' in attempt || request.follow === undefined) return attempt;
  try {
    await request.follow(attempt.value);
    return attempt;
  } catch (error) {
    return { failure: failureOf(error, connection, request) };
  }
}

async function askOnce<T>(
  connection: Connection,
  request: SendRequest<T>,
  prepared: PreparedRequest,
  number: number,
): Promise<Attempt<T>> {
  const { clock, org, report, side, signal } = connection.options;
  const ticket = await connection.gate.enter(connection.pacesOf(request.path), signal, number > 1);
  const startedAt = clock.now();
  let failure: Failure | undefined;
  try {
    const answer = await connection.send(prepared);
    report({
      type: 'request_finished',
      side,
      method: request.method,
      path: request.path,
      status: answer.status,
      duration_ms: clock.now() - startedAt,
      attempt: number,
    });
    const secrets = [connection.key, ...(request.secrets ?? [])];
    failure = classifyAnswer(answer, { now: clock.now(), keyName: org.apiKeyName, secrets });
    if (failure === undefined) {
      connection.paceOf(request.path).answered(clock.now());
      return { value: await request.read(answer) };
    }
  } catch (error) {
    failure = failureOf(error, connection, request);
  } finally {
    connection.gate.leave(ticket, failure?.load ?? 'normal');
  }
  return { failure };
}

function failureOf<T>(error: unknown, { options }: Connection, request: SendRequest<T>): Failure {
  const { signal, giveUp } = options;
  if (giveUp?.aborted === true) throw interruption(giveUp);
  if (signal.aborted && request.repeatable) throw interruption(signal);
  const failure = classifyNetworkError(error);
  // Neither the network nor the answer: a mistake of ours, which no retry mends.
  if (failure === undefined) throw error;
  return failure;
}

function finalError(connection: Connection, request: ApiRequest, failure: Failure, attempts: number): BtMigrateError {
  const tries = attempts === 1 ? '' : ` This was attempt ${attempts}, the last.`;
  const id = failure.answer?.requestId === undefined ? '' : ` Request id: ${failure.answer.requestId}.`;
  const parts = {
    detail: `${request.method} ${request.path} at ${connection.place} ${ended(failure.what)}${tries}${id}`,
    ...(failure.hint === undefined ? {} : { hint: failure.hint }),
    cause: failure.cause,
  };
  if (failure.answer === null) return new BtMigrateError(failure.code, parts);
  const { status, requestId, serverText } = failure.answer;
  return new ApiError(failure.code, {
    ...parts,
    status,
    requestId,
    serverText,
    method: request.method,
    path: request.path,
  });
}

function outcomeUnknown(connection: Connection, request: ApiRequest, failure: Failure): BtMigrateError {
  return new BtMigrateError('BTM_OUTCOME_UNKNOWN', {
    detail: `${request.method} ${request.path} at ${connection.place} ${ended(failure.what)} The server may have carried it out before that, so it was not sent again.`,
    hint: 'Run the same command again: it looks first whether the write happened.',
    cause: finalError(connection, request, failure, 1),
  });
}

function ended(sentence: string): string {
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}
