import { expect, test } from 'vitest';
import { ownersOf } from './owners-of.ts';

test.each([
  ['project."Support bot"', []],
  ['role.Reviewer', []],
  ['ai_secret.OPENAI_API_KEY', []],
  ['prompt.*', []],
  ['prompt."Support bot".triage', ['project."Support bot"']],
  ['dataset_snapshot.P.Golden.v1', ['dataset.P.Golden', 'project.P']],
  ['view.organization.projects.Active', []],
  ['view.project.P.logs.Active', ['project.P']],
  ['view.dataset.P.Golden.dataset.Active', ['dataset.P.Golden', 'project.P']],
  ['env_var.organization.TOKEN', []],
  ['env_var.function.P.lookup.TOKEN', ['function.P.lookup', 'prompt.P.lookup', 'project.P']],
  ['environment_object.dataset.P.Golden.production', ['dataset.P.Golden', 'project.P']],
  ['acl.project.P."user:ann@acme.example".-.-', ['project.P']],
  ['acl.project_log.P."group:Owners".read.-', ['project.P']],
  ['acl.organization.-."group:Owners".read.-', []],
  ['acl.group.Reviewers."user:ann@acme.example"."role:Owner".-', ['group.Reviewers']],
  ['logs.P', ['project.P']],
  ['dataset_rows.P.Golden', ['dataset.P.Golden', 'project.P']],
  ['experiment_rows.P."Run 1"', ['experiment.P."Run 1"', 'project.P']],
])('%s lives in %j', (address, owners) => {
  expect(ownersOf(address)).toEqual(owners);
});
