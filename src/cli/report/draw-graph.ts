import { type GraphNode, layoutGraph, type PlacedNode } from './graph-layout.ts';
import { html, type Markup } from './html.ts';

/** A box of the drawing. */
export interface DrawnNode extends GraphNode {
  readonly label: string;
  /** Shown when somebody points at it. */
  readonly hint: string;
  /** One of the classes `op-create`, `op-blocked`, …: it gives the box its colour. */
  readonly tone: string;
}

const BOX = { width: 216, height: 30, gapX: 64, gapY: 12, margin: 8 };
const LABEL_CHARACTERS = 30;

/** Draws boxes from left to right in the order of their needs, as inline SVG. */
export function drawGraph(nodes: readonly DrawnNode[], title: string): Markup {
  const placed = layoutGraph(nodes);
  const spots = new Map(placed.map((one) => [one.node.id, spotOf(one)]));
  const width = 2 * BOX.margin + Math.max(...[...spots.values()].map(({ x }) => x)) + BOX.width;
  const height = 2 * BOX.margin + Math.max(...[...spots.values()].map(({ y }) => y)) + BOX.height;
  const edges = nodes.flatMap(({ id, needs }) =>
    needs.flatMap((need) => {
      const [from, to] = [spots.get(need), spots.get(id)];
      return from === undefined || to === undefined || need === id ? [] : [drawEdge(from, to)];
    }),
  );
  return html`<div class="scroll"><svg role="img" aria-label="${title}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<title>${title}</title>
<g class="edges">${edges}</g>
${placed.map(drawBox)}
</svg></div>`;
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

function spotOf({ layer, place }: PlacedNode<DrawnNode>): Spot {
  return {
    x: BOX.margin + layer * (BOX.width + BOX.gapX),
    y: BOX.margin + place * (BOX.height + BOX.gapY),
  };
}

function drawEdge(from: Spot, to: Spot): Markup {
  const [x1, y1] = [from.x + BOX.width, from.y + BOX.height / 2];
  const [x2, y2] = [to.x, to.y + BOX.height / 2];
  const bend = BOX.gapX / 2;
  return html`<path d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"/>
`;
}

function drawBox(placed: PlacedNode<DrawnNode>): Markup {
  const { x, y } = spotOf(placed);
  const { label, hint, tone } = placed.node;
  const short = label.length > LABEL_CHARACTERS ? `${[...label].slice(0, LABEL_CHARACTERS - 1).join('')}…` : label;
  return html`<g class="${tone}"><title>${hint}</title><rect x="${x}" y="${y}" width="${BOX.width}" height="${BOX.height}" rx="4"/><text x="${x + 10}" y="${y + 20}">${short}</text></g>
`;
}
