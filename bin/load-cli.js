import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

// Planning makes much short-lived garbage. V8 would answer with a larger nursery, which costs 50 MB and saves no time here.
setFlagsFromString('--semi-space-growth-factor=1');
// Most commands are over before optimizing their code pays; what runs for longer is optimized a moment later.
setFlagsFromString('--interrupt-budget=500000');
// The only WebAssembly reads heads of HTTP answers. Optimizing it costs 0.2 CPU seconds and 30 MB, and gains nothing.
setFlagsFromString('--liftoff-only');

const BUNDLE = fileURLToPath(new URL('../dist/cli.cjs', import.meta.url));

/**
 * What V8 had compiled of the bundle when it was built, behind the bundle's SHA-256. V8 itself takes any bundle of the same
 * length for the same, and would run what the other one did. Another V8 refuses it and compiles again: slower, nothing else.
 */
export const CODE_CACHE = fileURLToPath(new URL('../dist/cli.cache', import.meta.url));
const DIGEST_BYTES = 32;

/**
 * Loads the command line, which is built into one file because hundreds of them take half a second to find and compile.
 * `compiled()` gives what belongs into the cache: what V8 has compiled of it so far.
 */
export function loadCli() {
  const bundle = readFileSync(BUNDLE);
  const digest = createHash('sha256').update(bundle).digest();
  // The bundle is ASCII, and text of one byte a character is made much faster.
  const source = bundle.latin1Slice();
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: BUNDLE,
    cachedData: cachedFor(digest),
  });
  const module = { exports: {} };
  const run = script.runInThisContext();
  run.call(module.exports, module.exports, createRequire(BUNDLE), module, BUNDLE, dirname(BUNDLE));
  return {
    main: module.exports.main,
    usedCache: script.cachedDataRejected === false,
    compiled: () => Buffer.concat([digest, script.createCachedData()]),
  };
}

function cachedFor(digest) {
  try {
    const cache = readFileSync(CODE_CACHE);
    return cache.subarray(0, DIGEST_BYTES).equals(digest) ? cache.subarray(DIGEST_BYTES) : undefined;
  } catch {
    return undefined;
  }
}
