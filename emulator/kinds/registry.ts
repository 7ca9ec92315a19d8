import { DATASET } from './dataset.ts';
import type { KindDefinition } from './kind-definition.ts';
import { PROJECT } from './project.ts';

/** Every kind served by the generic verbs. Prompts and functions are one versioned table of their own. */
export const KINDS: readonly KindDefinition[] = [PROJECT, DATASET];
