import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { REAL_ENVIRONMENT } from './environment.ts';
import { openForWriting } from './open-for-writing.ts';
import { WriteAheadLog } from './write-ahead-log.ts';

test('the log’s own file is flushed, and closed once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'acme-state-'));
  const db = await openForWriting(join(folder, 'state.db'), false, REAL_ENVIRONMENT);
  const log = new WriteAheadLog(join(folder, 'state.db'));
  await log.flush();
  await log.close();
  await log.close();
  await expect(log.flush()).rejects.toMatchObject({ code: 'EBADF', syscall: 'fdatasync' });
  db.close();
  rmSync(folder, { recursive: true });
});
