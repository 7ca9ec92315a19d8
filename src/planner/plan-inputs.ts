import type { Address } from '../domain/address.ts';
import type { Inventory } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import type { StateSnapshot } from '../domain/state.ts';
import type { History } from '../inventory/read-history.ts';
import type { SurveyedStream } from '../inventory/survey-streams.ts';
import type { VanishedRows } from '../inventory/vanished-rows.ts';
import type { Narrowing } from './narrow-actions.ts';

/** Everything a plan is made of. */
export interface PlanInputs {
  readonly spec: Spec;
  readonly source: Inventory;
  readonly destination: Inventory;
  readonly state: StateSnapshot;
  /** UTC date (YYYY-MM-DD) by which expiries are judged. */
  readonly asOf: string;
  readonly toolVersion: string;
  readonly narrowing: Narrowing;
  /** The selected streams; empty when nobody asks about rows. */
  readonly streams: readonly SurveyedStream[];
  /** Older versions of prompts and functions that can be written before the newest. */
  readonly history: History;
  /** Rows in destination containers that the source no longer has and this state did not write, by address of the container. */
  readonly foreignRows: ReadonlyMap<Address, number>;
  /** Rows that the source no longer has; empty unless `policy.prune` asks for them. */
  readonly vanished: readonly VanishedRows[];
  /** `none` leaves out what apply would send. */
  readonly estimates: 'exact' | 'none';
  /** HMAC of each operator secret that has a value now, by address. */
  readonly secretHmacs: ReadonlyMap<string, string>;
}
