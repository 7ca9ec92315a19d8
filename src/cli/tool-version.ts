import { readFileSync } from 'node:fs';

/** The version in our package.json, which lies above both the sources and what is built from them. */
export function toolVersion(): string {
  for (const up of ['../../', '../../../']) {
    try {
      const found = JSON.parse(readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (found.name === 'bt-migrate' && found.version !== undefined) return found.version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error('package.json of bt-migrate is missing');
}
