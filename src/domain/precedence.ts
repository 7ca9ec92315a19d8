import { BtMigrateError } from './errors.ts';

/** Exit codes in the order in which they are told before the first write (contract section 2); others come last. */
const PRECEDENCE: readonly number[] = [130, 143, 7, 5, 6, 8, 4];

/** Of several errors, the one that is told; of equals, the first. */
export function mostPressing(errors: readonly BtMigrateError[]): BtMigrateError | undefined {
  return errors.reduce<BtMigrateError | undefined>(
    (found, error) => (found === undefined || rank(error) < rank(found) ? error : found),
    undefined,
  );
}

/**
 * Waits for both and returns both values, so that which error is told does not depend on which side is faster.
 * @throws the most pressing error, with the detail of the other one behind its own.
 */
export async function both<Source, Destination>(
  source: Promise<Source>,
  destination: Promise<Destination>,
): Promise<[Source, Destination]> {
  const [from, into] = await Promise.allSettled([source, destination]);
  if (from.status === 'fulfilled' && into.status === 'fulfilled') return [from.value, into.value];
  const reasons = [from, into].flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  const known = reasons.filter((reason) => reason instanceof BtMigrateError);
  const told = mostPressing(known);
  // Anything else is a bug, which nothing may hide.
  if (told === undefined || known.length < reasons.length)
    throw reasons.find((reason) => !known.includes(reason as never));
  const other = known.find((error) => error.detail !== told.detail);
  if (other === undefined) throw told;
  throw new BtMigrateError(told.code, {
    detail: `${told.detail}\n${other.detail}`,
    ...(told.hint === undefined ? {} : { hint: told.hint }),
    cause: told,
  });
}

function rank(error: BtMigrateError): number {
  const found = PRECEDENCE.indexOf(error.exitCode);
  return found < 0 ? PRECEDENCE.length : found;
}
