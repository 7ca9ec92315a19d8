import { afterEach, expect, test } from 'vitest';
import { apiFixture, withLogin } from '../../test/support/api-fixture.ts';
import { type ScriptedServer, startScriptedServer } from '../../test/support/scripted-server.ts';
import { openWriter } from '../api/open-org.ts';
import { PROVIDERS } from '../providers/registry.ts';
import { createObject } from './create-object.ts';

let server: ScriptedServer;
afterEach(() => server.close());

test('an experiment that the server had to name otherwise is reported, not recorded', async () => {
  // Two creates of one name in the same moment (fact sheet 2.1).
  const stored = { id: 'e-2', project_id: 'p-1', name: 'Run-ee1c8d57', description: null };
  server = await startScriptedServer(withLogin(() => ({ body: stored })));
  const { options } = apiFixture(server.url, { side: 'destination' });
  const destination = openWriter(options);
  const context = { destination, org: await destination.identity(), pause: async () => undefined };
  await expect(createObject(PROVIDERS.experiment, { project_id: 'p-1', name: 'Run' }, context)).rejects.toMatchObject({
    code: 'BTM_EXISTS_NOW',
    detail: expect.stringMatching(/stored this one as name "Run-ee1c8d57" \(id e-2\)/),
    hint: expect.stringContaining('Delete the object with this id, which this run made'),
  });
  await destination.close();
});
