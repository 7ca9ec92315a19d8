import { type EmulatorOptions, startEmulator } from '../../emulator/start-emulator.ts';

/** The process behind forkEmulator: argument 1 is EmulatorOptions as JSON. */
const emulator = await startEmulator(JSON.parse(process.argv[2] ?? '{}') as EmulatorOptions);
process.on('message', (message) => {
  if (message === 'close') {
    void emulator.close().then(() => process.exit(0));
    return;
  }
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuSeconds: (user + system) / 1e6, rssBytes: process.memoryUsage.rss() });
});
process.send?.(emulator.url);
