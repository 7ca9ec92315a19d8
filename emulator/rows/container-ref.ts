/** The kinds of row containers. Prompts and functions, though rows too, are kept as objects. */
export const CONTAINER_TYPES = ['project_logs', 'experiment', 'dataset', 'playground_logs'] as const;

export type ContainerType = (typeof CONTAINER_TYPES)[number];

/** One container of rows. For project_logs `id` is the project's id. */
export interface ContainerRef {
  readonly type: ContainerType;
  readonly id: string;
  readonly projectId: string;
  readonly orgId: string;
}

export function isContainerType(text: string): text is ContainerType {
  return (CONTAINER_TYPES as readonly string[]).includes(text);
}
