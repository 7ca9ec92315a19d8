import { randomBytes, randomUUID } from 'node:crypto';

/** What the state takes from outside itself, so that a test can decide it. Times are milliseconds since 1970. */
export interface StateEnvironment {
  now(): number;
  sleep(ms: number): Promise<void>;
  /** Calls back again and again without keeping the process alive; returns how to stop. */
  every(ms: number, call: () => void): () => void;
  uuid(): string;
  /** Random bytes as hex. */
  randomHex(bytes: number): string;
  /** Whether a process of this machine exists, whoever owns it. */
  isProcessAlive(pid: number): boolean;
  readonly heartbeatMs: number;
}

export const REAL_ENVIRONMENT: StateEnvironment = {
  now: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  every: (ms, call) => {
    const timer = setInterval(call, ms).unref();
    return () => clearInterval(timer);
  },
  uuid: () => randomUUID(),
  randomHex: (bytes) => randomBytes(bytes).toString('hex'),
  isProcessAlive: (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code !== 'ESRCH';
    }
  },
  heartbeatMs: 5_000,
};
