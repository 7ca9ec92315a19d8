import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Dump, loadWorld, readDump } from '../store/dump.ts';
import type { World } from '../world.ts';

/** `demo`, a folder with dump files, or a dump. */
export type Seed = string | Dump;

/** Reads every .json file of a folder and joins the dumps in order of file name. @throws Error for a file that is no dump. */
function readSeedFolder(folder: string): Dump {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort();
  if (files.length === 0) throw new Error(`no dump files (*.json) in ${folder}`);
  const dumps = files.map((name) => readDump(JSON.parse(readFileSync(join(folder, name), 'utf8'))));
  return dumps.reduce(joinDumps);
}

function joinDumps(first: Dump, second: Dump): Dump {
  const objects = { ...first.objects };
  for (const [kind, stored] of Object.entries(second.objects)) objects[kind] = [...(objects[kind] ?? []), ...stored];
  return { ...first, objects, rows: first.rows ?? second.rows, blobs: first.blobs ?? second.blobs };
}

/** Fills a fresh world from dumps; the demo is written later, through the routes. */
export function seedWorld(world: World, seed: Seed): void {
  loadWorld(world, typeof seed === 'string' ? readSeedFolder(seed) : seed);
}
