import { createHash } from 'node:crypto';
import { TOOL_VERSION } from '../../domain/tool-version.ts';
import { formatBytes, formatCount, plural } from '../views/count-words.ts';
import { drawGraph } from './draw-graph.ts';
import { drawThroughput } from './draw-throughput.ts';
import { html, Markup } from './html.ts';
import { PAGE_SCRIPT } from './page-script.ts';
import { PAGE_STYLE } from './page-style.ts';
import type { Concern, ReportItem, ReportModel, Share, StreamRow } from './report-model.ts';

/** More would make a page that no browser opens with pleasure; the rest is counted. */
const MOST_ITEMS = 5_000;
const MOST_PER_CONCERN = 200;

/**
 * Writes a report as one HTML page that needs nothing else: no network, no file beside it. Only our own style and script
 * run in it (content security policy), and texts from outside are nothing but text.
 */
export function renderPage(model: ReportModel): string {
  const policy = `default-src 'none'; style-src '${hashOf(PAGE_STYLE)}'; script-src '${hashOf(PAGE_SCRIPT)}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${model.title}</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
<header>
<h1>${model.title}</h1>
<p class="headline">${model.headline}</p>
<ul class="tiles">${model.tiles.filter(({ count }) => count > 0).map(tile)}</ul>
<dl>${model.facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
</header>
<main>
${concerns(model.concerns)}
${kindBars(model.kinds)}
${graph(model)}
${streams(model)}
${itemList(model.items)}
${model.lists.filter(({ lines }) => lines.length > 0).map(plainList)}
</main>
<footer class="muted"><p>Made by bt-migrate ${TOOL_VERSION}. This page loads nothing and sends nothing.</p></footer>
<script>${new Markup(PAGE_SCRIPT)}</script>
</body>
</html>
`;
  return page.text;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}

function tile({ word, count, tone }: Share): Markup {
  return html`<li class="tone-${tone}"><b>${formatCount(count)}</b>${word}</li>`;
}

function concerns(all: readonly Concern[]): Markup {
  if (all.length === 0) return html``;
  return html`<section id="concerns"><h2>What to look at</h2>
${all.map(
  ({ title, tone, meaning, next, items }) => html`<div class="concern tone-${tone}"><h3>${title}</h3>
${meaning === undefined ? undefined : html`<p>${meaning}</p>`}
${next === undefined ? undefined : html`<p><b>What to do:</b> ${next}</p>`}
<ul>${items.slice(0, MOST_PER_CONCERN).map(concernItem)}</ul>
${leftOut(items.length - MOST_PER_CONCERN)}</div>
`,
)}</section>`;
}

function concernItem({ name, notes }: Concern['items'][number]): Markup {
  return html`<li><code>${name}</code>${notes.map((note) => html`<br>${note}`)}</li>`;
}

function kindBars(kinds: ReportModel['kinds']): Markup {
  if (kinds.length === 0) return html``;
  const most = Math.max(...kinds.map(({ shares }) => total(shares)));
  return html`<section id="kinds"><h2>By kind</h2>
<table><thead><tr><th scope="col">Kind</th><th scope="col">Share</th><th scope="col" class="number">Number</th></tr></thead><tbody>
${kinds.map(
  ({ kind, shares }) => html`<tr><th scope="row"><code>${kind}</code></th>
<td class="bar">${bar(kind, shares, most)}</td><td class="number">${formatCount(total(shares))}</td></tr>
`,
)}</tbody></table></section>`;
}

function bar(kind: string, shares: readonly Share[], most: number): Markup {
  let at = 0;
  const parts = shares
    .filter(({ count }) => count > 0)
    .map(({ word, count, tone }) => {
      const x = at;
      const width = (count / most) * 100;
      at += width;
      return html`<g class="tone-${tone}"><title>${formatCount(count)} ${word}</title><rect x="${x.toFixed(3)}" y="0" width="${width.toFixed(3)}" height="10"/></g>`;
    });
  const words = shares.filter(({ count }) => count > 0).map(({ word, count }) => `${formatCount(count)} ${word}`);
  return html`<svg role="img" aria-label="${kind}: ${words.join(', ')}" viewBox="0 0 100 10" preserveAspectRatio="none">${parts}</svg>`;
}

function total(shares: readonly Share[]): number {
  return shares.reduce((sum, { count }) => sum + count, 0);
}

function graph({ graph: { nodes, note } }: ReportModel): Markup {
  if (nodes.length === 0) return html``;
  return html`<section id="graph"><h2>What needs what</h2><p class="muted">${note}</p>
${drawGraph(nodes, 'What needs what, from left to right')}</section>`;
}

function streams({ streams: rows, throughput }: ReportModel): Markup {
  if (rows.length === 0) return html``;
  const timed = rows.some(({ durationMs }) => durationMs !== undefined);
  const columns = ['Rows', 'Size', ...(timed ? ['Rows a second'] : []), 'Quarantined'];
  return html`<section id="streams"><h2>Rows</h2>
${throughput === undefined ? undefined : drawThroughput(throughput)}
<div class="scroll"><table><thead><tr><th scope="col">Stream</th>${columns.map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead><tbody>
${rows.slice(0, MOST_ITEMS).map((row) => streamRow(row, timed))}</tbody></table></div>${leftOut(rows.length - MOST_ITEMS)}</section>`;
}

function streamRow({ name, rows, bytes, quarantined, durationMs = 0 }: StreamRow, timed: boolean): Markup {
  const rate = rows === null || durationMs === 0 ? '' : formatCount(Math.round((rows * 1000) / durationMs));
  const cells = [
    rows === null ? 'not counted' : formatCount(rows),
    bytes === null ? 'unknown' : formatBytes(bytes),
    ...(timed ? [rate] : []),
    formatCount(quarantined),
  ];
  return html`<tr><th scope="row"><code>${name}</code></th>${cells.map((cell) => html`<td class="number">${cell}</td>`)}</tr>
`;
}

function itemList(items: readonly ReportItem[]): Markup {
  return html`<section id="items"><h2>Every action (${formatCount(items.length)})</h2>
<div class="find"><label for="search" class="muted">Search by address, kind, word or value</label><br><input id="search" type="search" autocomplete="off"> <span id="found" class="muted" role="status"></span></div>
${items.slice(0, MOST_ITEMS).map(item)}
${leftOut(items.length - MOST_ITEMS)}</section>`;
}

function item({ tone, word, name, why, detail }: ReportItem): Markup {
  const line = html`<span class="word">${word}</span> <code>${name}</code> <span class="muted">${why}</span>`;
  if (detail === undefined)
    return html`<div class="item tone-${tone}">${line}</div>
`;
  return html`<details class="item tone-${tone}"><summary>${line}</summary>${detail}</details>
`;
}

function plainList({ title, lines }: ReportModel['lists'][number]): Markup {
  return html`<section><h2>${title}</h2><ul>${lines.slice(0, MOST_ITEMS).map((line) => html`<li>${line}</li>`)}</ul>${leftOut(lines.length - MOST_ITEMS)}</section>`;
}

function leftOut(count: number): Markup {
  return count > 0
    ? html`<p class="muted">Left out here: ${plural(count, 'more', 'more')}. The file this page was made of has them all.</p>`
    : html``;
}
