import type { RunEvent } from '../domain/event.ts';

type CopyProgress = Extract<RunEvent, { type: 'copy_progress' }>;

/** Remembers what the hosts are asked for, also from before a run begins. Times are milliseconds. */
export class SeenLimits {
  private readonly hosts = new Map<string, { readonly in_flight: number; readonly until: number }>();
  private pageRows: number | null = null;

  take(event: RunEvent, now: number): void {
    if (event.type === 'host_limits') {
      const until = Math.max(this.hosts.get(event.host)?.until ?? 0, now + event.wait_ms);
      this.hosts.set(event.host, { in_flight: event.in_flight, until });
    } else if (event.type === 'page_limit') this.pageRows = event.rows;
  }

  current(now: number): Pick<CopyProgress, 'page_rows' | 'hosts'> {
    const hosts = [...this.hosts].map(([host, { in_flight, until }]) => ({
      host,
      in_flight,
      wait_ms: Math.max(0, until - now),
    }));
    return { page_rows: this.pageRows, hosts };
  }
}
