import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, expect } from 'vitest';
import { EXCHANGE_CHANNEL, type Exchange } from '../../emulator/http/exchange.ts';
import { loadResponseChecker } from './openapi-responses.ts';

/** Set-up of every test file: no answer of an emulator may contradict the official specification, where it is present. */
const checker = loadResponseChecker();
const findings = new Set<string>();

function examine(message: unknown): void {
  for (const finding of checker?.findings(message as Exchange) ?? []) findings.add(finding);
}

if (checker !== null) {
  beforeAll(() => {
    subscribe(EXCHANGE_CHANNEL, examine);
  });
  afterAll(() => {
    unsubscribe(EXCHANGE_CHANNEL, examine);
    expect([...findings], 'answers of the emulator that contradict the OpenAPI file').toEqual([]);
  });
}
