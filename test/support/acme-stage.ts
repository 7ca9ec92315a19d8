import type { AcmeFolder, AcmeProcess } from './acme-process.ts';

/** Slugs of the prompts in the source. */
export const SLUGS = ['answer', 'refund', 'triage'];

/** A source with one project of three prompts, an empty destination, and a folder with a spec. */
export interface AcmeStage {
  readonly acme: AcmeProcess;
  readonly folder: AcmeFolder;
}

/** @param acme as it was at its start */
export async function setStage(acme: AcmeProcess): Promise<AcmeStage> {
  const folder = acme.folder('resources: { include: [projects, prompts] }\n');
  const project = await acme.source.object('POST', '/v1/project', { name: 'Support bot' });
  for (const slug of SLUGS) {
    await acme.source.object('POST', '/v1/prompt', { project_id: project.id, name: slug, slug });
  }
  return { acme, folder };
}
