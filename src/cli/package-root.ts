import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of our package.json, which lies above the sources and all that is built from them; ends in a slash. */
export function packageRoot(): string {
  for (const up of ['../', '../../', '../../../']) {
    const folder = fileURLToPath(new URL(up, import.meta.url));
    if (!existsSync(`${folder}package.json`)) continue;
    const found = JSON.parse(readFileSync(`${folder}package.json`, 'utf8')) as { name?: string };
    if (found.name === 'bt-migrate') return folder;
  }
  throw new Error('package.json of bt-migrate is missing');
}
