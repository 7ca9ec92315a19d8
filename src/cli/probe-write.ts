import { randomUUID } from 'node:crypto';
import { BtMigrateError } from '../domain/errors.ts';
import type { OrgWriter } from '../domain/org.ts';

const PATH = '/v1/project';

/**
 * Proves write access: creates a project with a name nobody has, and deletes it.
 * @throws what the writes throw; BTM_FAILED naming the scratch project when it could not be deleted.
 */
export async function probeWrite(writer: OrgWriter): Promise<void> {
  const { orgName } = await writer.identity();
  const name = `bt-migrate write probe ${randomUUID()}`;
  const id = await createProject(writer, orgName, name);
  try {
    await writer.write({ kind: 'project', method: 'DELETE', path: `${PATH}/${id}`, body: undefined, idempotent: true });
  } catch (cause) {
    throw new BtMigrateError('BTM_FAILED', {
      detail: `The scratch project "${name}" was created but not deleted: ${cause instanceof BtMigrateError ? cause.detail : String(cause)}`,
      hint: 'Delete it by hand. The key may create but not delete, which is enough unless policy.prune is set.',
      cause,
    });
  }
}

async function createProject(writer: OrgWriter, orgName: string, name: string): Promise<string> {
  try {
    const body = { name, org_name: orgName };
    const answer = await writer.write({ kind: 'project', method: 'POST', path: PATH, body, idempotent: false });
    if (typeof answer.object.id === 'string') return answer.object.id;
  } catch (error) {
    if (!(error instanceof BtMigrateError) || error.code !== 'BTM_OUTCOME_UNKNOWN') throw error;
  }
  // The answer got lost or said nothing: the name is ours alone, so whatever has it is what we created.
  const query = { org_name: orgName, project_name: name };
  const found = await writer.list({ kind: 'project', path: PATH, query, paging: 'whole', envelope: 'objects' });
  const id = found.objects[0]?.id;
  if (typeof id === 'string') return id;
  throw new BtMigrateError('BTM_OUTCOME_UNKNOWN', {
    detail: `Creating the scratch project "${name}" got no answer, and it is not there.`,
    hint: 'Run validate --probe-write again.',
  });
}
