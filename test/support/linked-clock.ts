import { createRequire } from 'node:module';
import type { Emulator } from '../../emulator/start-emulator.ts';
import { VirtualClock } from './virtual-clock.ts';

/** The timers that undici keeps for timeouts; `tick` is there for tests, and moves them on. */
const httpTimers = createRequire(import.meta.url)('undici/lib/util/timers.js') as { tick(milliseconds: number): void };

/** A virtual clock that takes the emulator's clock along: who waits for an hour finds a server that is an hour older. */
export class LinkedClock extends VirtualClock {
  private readonly emulator: Emulator;
  private told: number;

  constructor(emulator: Emulator) {
    super();
    this.emulator = emulator;
    this.told = this.now();
  }

  override async sleep(ms: number): Promise<void> {
    await super.sleep(ms);
    this.emulator.clock.advance(this.now() - this.told);
    this.told = this.now();
  }

  /** Lets time pass for whoever waits for an answer. */
  async stall(ms: number): Promise<void> {
    // A timer counts from the first tick after it was set.
    httpTimers.tick(0);
    httpTimers.tick(ms);
    await this.sleep(ms);
  }
}
