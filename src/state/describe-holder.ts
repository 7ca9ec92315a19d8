import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { LeaseHolder } from '../domain/state.ts';

/**
 * Says who this process is to others that want the lock. The boot id includes the pid namespace: two containers on one
 * kernel may both have a process 7, and only within one namespace does a missing pid prove a dead process.
 */
export function describeHolder(jobUrl: string | null): LeaseHolder {
  return { host: hostname(), pid: process.pid, bootId: bootId(), jobUrl };
}

/** Empty where the platform does not say; a dead holder is then only noticed by its missing heartbeat. */
function bootId(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}
