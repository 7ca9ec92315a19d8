import { expect, test } from 'vitest';
import { loadSpec } from '../spec/load-spec.ts';
import { checkSecrets } from './check-secrets.ts';

const check = (address: string) => () =>
  checkSecrets(loadSpec({ path: '/acme/migration.yaml', text: `secrets: { '${address}': "$\{VALUE}" }`, env: {} }));

test.each(['ai_secret.OPENAI_API_KEY', 'env_var.project."Support bot".TOKEN'])('%s takes a secret', (address) => {
  expect(check(address)).not.toThrow();
});

test.each(['prompt."Support bot".triage', 'logs."Support bot"'])('%s takes none', (address) => {
  expect(check(address)).toThrow(
    expect.objectContaining({
      code: 'BTM_SPEC_INVALID',
      detail: expect.stringContaining(address),
      hint: expect.stringContaining('ai_secret, env_var'),
    }),
  );
});
