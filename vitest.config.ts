import { defineConfig } from 'vitest/config';
import { ClosingLine } from './test/support/closing-line.ts';

export default defineConfig({
  test: {
    setupFiles: ['test/support/check-responses.ts'],
    include: ['src/**/*.test.ts', 'emulator/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', new ClosingLine()],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    // Half of the time goes into waiting for programs that tests start: no core is left out for the runner.
    maxWorkers: '100%',
  },
});
