import { type Clock, interruption, pauseFor } from './clock.ts';
import type { Pace } from './pace.ts';

/** Requests that a host gets at once before it has shown what it can take. */
const FIRST_LIMIT = 8;

/** What a request told about the load of the host: `congested` is a 429, a 503, a 504 or a timeout. */
export type Load = 'normal' | 'congested' | 'unknown';

/** Permission to have one request in flight; holds how often the limit had been cut when it was given. */
export interface Ticket {
  readonly cuts: number;
}

/** Hears of what the host is asked at once, and of milliseconds that it is left alone from now on. */
export type HostListener = (limits: { readonly in_flight: number; readonly wait_ms: number }) => void;

interface Waiter {
  readonly signal: AbortSignal;
  admit(): void;
  refuse(): void;
}

/**
 * Decides when a request to one host may be sent. At most `parallelism` are in flight; below that the limit adapts:
 * it starts at 8, grows by one with every answer until the host first shows congestion, is then halved, and from there
 * grows by one with every full round of answers. Answers to requests sent before a cut do not cut again. A pause (the
 * host's Retry-After) holds back everybody.
 */
export class HostGate {
  private readonly parallelism: number;
  private readonly clock: Clock;
  private readonly tell: HostListener;
  private readonly waiting: Waiter[] = [];
  private readonly watched = new WeakSet<AbortSignal>();
  private limit: number;
  private inFlight = 0;
  private cuts = 0;
  private resumeAt = 0;
  private told = 0;

  constructor(parallelism: number, clock: Clock, tell: HostListener = () => undefined) {
    this.parallelism = parallelism;
    this.clock = clock;
    this.tell = tell;
    this.limit = Math.min(parallelism, FIRST_LIMIT);
  }

  /**
   * Waits for the pause to end, for the paces, one after the other, and for a free slot. `first` goes before those who
   * already wait, which is how a request that is repeated keeps its turn. Every ticket must be given back through `leave`.
   * @throws BTM_INTERRUPTED (or the signal's own reason) when the signal is aborted while waiting.
   */
  async enter(paces: readonly Pace[], signal: AbortSignal, first: boolean): Promise<Ticket> {
    for (;;) {
      await pauseFor(this.clock, this.resumeAt - this.clock.now(), signal);
      for (const pace of paces) await pauseFor(this.clock, pace.reserve(this.clock.now()), signal);
      await this.takeSlot(signal, first);
      if (this.clock.now() >= this.resumeAt) return { cuts: this.cuts };
      // Somebody was told to wait while this request queued.
      this.freeSlot();
    }
  }

  leave(ticket: Ticket, load: Load): void {
    if (load === 'normal') this.grow();
    else if (load === 'congested' && ticket.cuts === this.cuts) this.cut();
    this.freeSlot();
    if (Math.floor(this.limit) !== this.told) this.tellLimits(0);
  }

  /** Sends nothing more to this host for `ms`. */
  pause(ms: number): void {
    const resumeAt = this.clock.now() + ms;
    if (resumeAt <= this.resumeAt) return;
    this.resumeAt = resumeAt;
    this.tellLimits(ms);
  }

  private tellLimits(wait_ms: number): void {
    this.told = Math.floor(this.limit);
    this.tell({ in_flight: this.told, wait_ms });
  }

  private grow(): void {
    this.limit = Math.min(this.parallelism, this.limit + (this.cuts === 0 ? 1 : 1 / this.limit));
  }

  private cut(): void {
    this.cuts += 1;
    this.limit = Math.max(1, this.limit / 2);
  }

  private async takeSlot(signal: AbortSignal, first: boolean): Promise<void> {
    if (this.hasRoom()) {
      this.inFlight += 1;
      return;
    }
    // One listener per signal, not per waiter: an event target scans its listeners for each one added.
    if (!this.watched.has(signal)) {
      this.watched.add(signal);
      signal.addEventListener('abort', () => this.refuseWaiting(signal), { once: true });
    }
    await new Promise<void>((resolve, reject) => {
      const waiter = { signal, admit: resolve, refuse: () => reject(interruption(signal)) };
      if (first) this.waiting.unshift(waiter);
      else this.waiting.push(waiter);
    });
  }

  private freeSlot(): void {
    this.inFlight -= 1;
    while (this.hasRoom()) {
      const waiter = this.waiting.shift();
      if (waiter === undefined) return;
      this.inFlight += 1;
      waiter.admit();
    }
  }

  private hasRoom(): boolean {
    return this.inFlight < Math.floor(this.limit);
  }

  private refuseWaiting(signal: AbortSignal): void {
    const refused = this.waiting.filter((waiter) => waiter.signal === signal);
    const kept = this.waiting.filter((waiter) => waiter.signal !== signal);
    this.waiting.splice(0, this.waiting.length, ...kept);
    for (const waiter of refused) waiter.refuse();
  }
}
