import { readFileSync } from 'node:fs';
import { packageRoot } from './package-root.ts';

/** The version in our package.json. */
export function toolVersion(): string {
  const { version } = JSON.parse(readFileSync(`${packageRoot()}package.json`, 'utf8')) as { version: string };
  return version;
}
