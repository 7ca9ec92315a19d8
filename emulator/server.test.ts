import { expect, test } from 'vitest';
import { startEmulator } from './start-emulator.ts';

test('many requests that are delayed at once are served without a warning of Node', async () => {
  const warnings: string[] = [];
  const listen = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', listen);
  const emulator = await startEmulator();
  try {
    emulator.faults.add({ match: { path: '/v1/project' }, action: { type: 'delay', delay: 20 } });
    const headers = { authorization: `Bearer ${emulator.orgs[0]?.key}` };
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => fetch(`${emulator.url}/v1/project`, { headers })),
    );
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(warnings).toEqual([]);
  } finally {
    await emulator.close();
    process.off('warning', listen);
  }
});
