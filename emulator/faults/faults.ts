import type { FaultRule, FaultState } from './fault-rule.ts';
import { type FaultSubject, matchesRequest } from './match-request.ts';

/** A rule that fires for a request. */
export interface FiredFault {
  readonly id: string;
  readonly action: FaultRule['action'];
  /** Resolves when the rule is released or cleared, or when the signal fires. */
  hold(signal: AbortSignal): Promise<void>;
}

class Entry {
  readonly id: string;
  readonly rule: FaultRule;
  seen = 0;
  hits = 0;
  readonly waiting = new Set<() => void>();

  constructor(id: string, rule: FaultRule) {
    this.id = id;
    this.rule = rule;
  }

  state(): FaultState {
    return { id: this.id, rule: this.rule, seen: this.seen, hits: this.hits, holding: this.waiting.size };
  }

  /** Lets the oldest `count` waiting requests go, or all of them. */
  release(count = this.waiting.size): number {
    const going = [...this.waiting].slice(0, count);
    for (const resume of going) resume();
    return going.length;
  }
}

/**
 * The fault rules. A request that matches a rule is let through (`after`), hit (`times`), or past it.
 * A held request is `waiting`; release, clear and close all let it go on.
 */
export class Faults {
  readonly #entries: Entry[] = [];
  readonly #watchers = new Set<() => void>();
  #next = 1;

  /** Appends rules and returns their ids. */
  add(...rules: FaultRule[]): string[] {
    return rules.map((rule) => {
      const entry = new Entry(rule.id ?? `fault-${this.#next++}`, rule);
      this.remove(entry.id);
      this.#entries.push(entry);
      return entry.id;
    });
  }

  remove(id: string): boolean {
    const position = this.#entries.findIndex((entry) => entry.id === id);
    if (position < 0) return false;
    for (const entry of this.#entries.splice(position, 1)) entry.release();
    return true;
  }

  /** Removes every rule; held requests go on. */
  clear(): void {
    for (const entry of this.#entries.splice(0)) entry.release();
  }

  list(): FaultState[] {
    return this.#entries.map((entry) => entry.state());
  }

  /** How often a rule has fired; 0 for an unknown id. */
  hits(id: string): number {
    return this.#entries.find((entry) => entry.id === id)?.hits ?? 0;
  }

  /** Lets held requests of one rule (or of all) go on, the oldest first; returns how many. */
  release(id?: string, count?: number): number {
    const chosen = this.#entries.filter((entry) => id === undefined || entry.id === id);
    return chosen.reduce((sum, entry) => sum + entry.release(count), 0);
  }

  /** Resolves as soon as `count` requests are held by the rule. */
  async held(id: string, count = 1): Promise<void> {
    for (;;) {
      const entry = this.#entries.find((candidate) => candidate.id === id);
      if ((entry?.waiting.size ?? 0) >= count) return;
      await new Promise<void>((resolve) => {
        const once = (): void => {
          this.#watchers.delete(once);
          resolve();
        };
        this.#watchers.add(once);
      });
    }
  }

  /** The rule that fires for this request, if any; counts it. */
  async next(subject: FaultSubject): Promise<FiredFault | null> {
    for (const entry of [...this.#entries]) {
      if (!(await matchesRequest(entry.rule.match ?? {}, subject))) continue;
      entry.seen += 1;
      if (entry.seen <= (entry.rule.after ?? 0)) continue;
      if (entry.rule.times !== undefined && entry.hits >= entry.rule.times) continue;
      entry.hits += 1;
      return { id: entry.id, action: entry.rule.action, hold: (signal) => this.#hold(entry, signal) };
    }
    return null;
  }

  get idle(): boolean {
    return this.#entries.length === 0;
  }

  #hold(entry: Entry, signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.#entries.includes(entry)) return Promise.resolve();
    return new Promise((resolve) => {
      const resume = (): void => {
        entry.waiting.delete(resume);
        signal.removeEventListener('abort', resume);
        resolve();
      };
      entry.waiting.add(resume);
      signal.addEventListener('abort', resume, { once: true });
      for (const watcher of [...this.#watchers]) watcher();
    });
  }
}
