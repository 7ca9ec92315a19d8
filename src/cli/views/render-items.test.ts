import { expect, test } from 'vitest';
import type { DriftItem } from '../../domain/drift.ts';
import { renderItems } from './render-items.ts';

const plain = { color: false };
const inSync: DriftItem = { address: 'prompt.Acme.greeting', status: 'in_sync', changes: [] };

test('drift is grouped by who moved, with the differences', async () => {
  const items: DriftItem[] = [
    inSync,
    {
      address: 'prompt.Acme.triage',
      status: 'destination_moved',
      changes: [{ path: 'prompt_data.options.model', before: 'gpt-4o-mini', after: 'gpt-5' }],
    },
    {
      address: 'prompt.Acme.refund\u001b[2J',
      status: 'both_moved',
      changes: [
        { path: 'prompt_data.content', before: 'Be brief.\nBe kind.', after: 'Be brief.\nBe fair.', moved: 'both' },
      ],
    },
    { address: 'prompt.Acme.escalate', status: 'source_moved', changes: [{ path: 'description', after: 'New' }] },
    { address: 'dataset.Acme.golden', status: 'missing', changes: [] },
    { address: 'acl.*', status: 'unknown', changes: [] },
    { address: 'project.Scratch', status: 'unmanaged', changes: [] },
  ];
  await expect(renderItems(items, plain)).toMatchFileSnapshot('../../../test/golden/drift.txt');
});

test('what is in sync is counted, and what is not ours is no drift', () => {
  expect(renderItems([], plain)).toBe('No drift.\n');
  expect(renderItems([inSync], plain)).toBe('No drift. 1 in sync.\n');
  const foreign = Array.from(
    { length: 51 },
    (_, index): DriftItem => ({ address: `project.p${index}`, status: 'unmanaged', changes: [] }),
  );
  const text = renderItems(foreign, plain);
  expect(text).toContain(' + project.p49\n   and 1 more, see --json\n');
  expect(text).toContain('No drift. 51 unmanaged.');
});
