import { createHmac } from 'node:crypto';
import {
  EMPTY_STATE,
  type Lease,
  type Run,
  type StateDocument,
  type StateSnapshot,
  type StateStore,
} from '../domain/state.ts';
import { REAL_ENVIRONMENT, type StateEnvironment } from './environment.ts';
import { MISSING_STREAMS } from './missing-streams.ts';
import { missing } from './state-error.ts';

/** What reading a state file that does not exist gives: nothing is known, and nothing can be written. */
export class MissingStore implements StateStore {
  readonly streams = MISSING_STREAMS;
  private readonly path: string;
  private readonly key: string;

  constructor(path: string, environment: StateEnvironment) {
    this.path = path;
    this.key = environment.randomHex(32);
  }

  async snapshot(): Promise<StateSnapshot> {
    return EMPTY_STATE;
  }

  async findRun(): Promise<Run | undefined> {
    return undefined;
  }

  async secretHmac(value: string): Promise<string> {
    return createHmac('sha256', this.key).update(value).digest('hex');
  }

  async exportDocument(): Promise<StateDocument> {
    throw missing(this.path);
  }

  acquireLease = (): Promise<Lease> => this.refuse();
  openRun = (): Promise<Run> => this.refuse();
  beginAction = (): Promise<void> => this.refuse();
  completeAction = (): Promise<void> => this.refuse();
  failAction = (): Promise<void> => this.refuse();
  finishRun = (): Promise<void> => this.refuse();
  putMapping = (): Promise<void> => this.refuse();
  removeMapping = (): Promise<void> => this.refuse();

  async close(): Promise<void> {}

  private async refuse(): Promise<never> {
    throw new Error('The state was opened for reading; it cannot be written.');
  }
}

/** The state of whoever asks about two organizations and nothing else: empty, and never written. */
export function noState(): StateStore {
  return new MissingStore('No state', REAL_ENVIRONMENT);
}
