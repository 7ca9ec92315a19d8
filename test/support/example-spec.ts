import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A setting in a comment: `# name: value`. Prose begins with a capital letter. */
const EXAMPLE = /^( *)# ([a-z_]+: .+)$/gm;

export const EXAMPLE_PATH = fileURLToPath(new URL('../../examples/migration.yaml', import.meta.url));

/** The spec that ships as an example: every setting with its default, further ones in comments. */
export const exampleSpec = readFileSync(EXAMPLE_PATH, 'utf8');

/** The example with the settings that stand in its comments. */
export const exampleSpecInFull = exampleSpec.replace(EXAMPLE, '$1$2');
