import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planModel } from '../../src/cli/report/plan-model.ts';
import { renderPage } from '../../src/cli/report/render-page.ts';
import { acmePlan } from '../support/acme-plan.ts';
import { chromiumPath } from '../support/chromium.ts';
import { type CliFixture, cliFixture } from '../support/cli-fixture.ts';
import { plannedAction, planOf } from '../support/plan-fixture.ts';

/** Runs in the browser. */
const FAINT_TEXTS = readFileSync(new URL('../support/faint-texts.mjs', import.meta.url), 'utf8');
const EVIL = '<img src=x onerror="document.title=1">\u202e"; @acme </script><script>document.title=1</script>';
const hostile = planOf([
  ...acmePlan.actions,
  plannedAction({
    op: 'create',
    address: `prompt."Support bot".${JSON.stringify(EVIL)}`,
    reason: 'missing_in_destination',
    after: { name: EVIL, prompt_data: { prompt: { content: `${EVIL}\n${'long'.repeat(400)}` } } },
    depends_on: ['create:project."Support bot"'],
  }),
]);

describe.skipIf(chromiumPath === undefined)('the HTML page in a browser', () => {
  let browser: Browser;
  let folder: CliFixture;
  let url: string;
  beforeAll(async () => {
    folder = cliFixture();
    url = pathToFileURL(folder.write('plan.html', renderPage(planModel(hostile)))).href;
    // Tests run as root in CI, where the sandbox of Chromium does not start.
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
    folder.remove();
  });

  /** Opens the page; what it complains about, and what it asks of anybody, is kept. */
  async function open(width: number, colorScheme: 'light' | 'dark') {
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const page = await context.newPage();
    const complaints: string[] = [];
    const requests: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(url);
    return { page, complaints, requests };
  }

  test('opens without a complaint, runs no script of others and asks nobody for anything', async () => {
    const { page, complaints, requests } = await open(1200, 'light');
    expect(complaints).toEqual([]);
    expect(requests).toEqual([url]);
    expect(await page.title()).toBe('Migration plan: Acme Dev to Acme Prod');
    expect(await page.locator('img, iframe, object, embed, link').count()).toBe(0);
    expect(await page.locator('.item').count()).toBe(hostile.actions.length);
    // The style was accepted by the policy: without it there would be no grid.
    expect(await page.evaluate("getComputedStyle(document.querySelector('dl')).display")).toBe('grid');
    await page.context().close();
  });

  test('finds actions by every word that is typed, also by what they hold', async () => {
    const { page } = await open(1200, 'light');
    const visible = () => page.locator('.item:visible').count();
    await page.fill('#search', 'handover create');
    expect(await visible()).toBe(1);
    expect(await page.locator('#found').textContent()).toBe(`1 of ${hostile.actions.length} shown`);
    await page.fill('#search', 'gpt-4o');
    expect(await visible()).toBe(1);
    await page.fill('#search', 'no such thing');
    expect(await visible()).toBe(0);
    await page.fill('#search', '');
    expect(await visible()).toBe(hostile.actions.length);
    await page.context().close();
  });

  test.each([
    [400, 'light'],
    [400, 'dark'],
    [1200, 'dark'],
  ] as const)('fits %i pixels in %s mode, and all its text can be read', async (width, scheme) => {
    const { page, complaints } = await open(width, scheme);
    expect(complaints).toEqual([]);
    await unfold(page);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    expect(await page.evaluate(FAINT_TEXTS)).toEqual([]);
    await page.context().close();
  });
});

async function unfold(page: Page): Promise<void> {
  await page.locator('details').evaluateAll((all) => {
    for (const one of all) one.setAttribute('open', '');
  });
}
