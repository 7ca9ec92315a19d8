import { formatBytes, formatCount, formatDuration } from '../views/count-words.ts';
import { html, type Markup } from './html.ts';
import type { Throughput } from './report-model.ts';

const WIDTH = 640;
const HEIGHT = 140;
const FOOT = 18;

/** Draws rows per second over the time of a run. */
export function drawThroughput({ sliceMs, rowsPerSlice, bytes }: Throughput): Markup {
  const rates = rowsPerSlice.map((rows) => (rows * 1000) / sliceMs);
  const most = Math.max(...rates, 1);
  const step = WIDTH / Math.max(1, rates.length - 1);
  const points = rates.map((rate, index) => {
    const y = FOOT + (HEIGHT - 2 * FOOT) * (1 - rate / most);
    return `${(index * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const duration = formatDuration(sliceMs * rowsPerSlice.length);
  const sum = rowsPerSlice.reduce((rows, more) => rows + more, 0);
  const title = `${formatCount(sum)} rows, ${formatBytes(bytes)} in ${duration}; at most ${formatCount(Math.round(most))} rows a second`;
  return html`<p class="muted">${title}</p>
<div class="scroll"><svg role="img" aria-label="${title}" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}">
<line class="axis" x1="0" y1="${HEIGHT - FOOT}" x2="${WIDTH}" y2="${HEIGHT - FOOT}"/>
<polyline class="curve" points="${points.join(' ')}"/>
<text x="2" y="12">${formatCount(Math.round(most))} rows/s</text>
<text x="2" y="${HEIGHT - 4}">0 s</text><text x="${WIDTH - 2}" y="${HEIGHT - 4}" text-anchor="end">${duration}</text>
</svg></div>`;
}
