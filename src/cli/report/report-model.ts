import type { DrawnNode } from './draw-graph.ts';
import type { Markup } from './html.ts';

/** What a colour stands for; the word always stands beside it. */
export type Tone = 'create' | 'update' | 'link' | 'copy' | 'delete' | 'blocked' | 'skip';

/** So many of something, as a tile or as a part of a bar. */
export interface Share {
  readonly word: string;
  readonly count: number;
  readonly tone: Tone;
}

/** Something that needs a person: what it is, what it means, what to do. */
export interface Concern {
  readonly title: string;
  readonly tone: Tone;
  readonly meaning?: string | undefined;
  readonly next?: string | undefined;
  readonly items: readonly { readonly name: string; readonly notes: readonly string[] }[];
}

/** One action in the list that can be searched. */
export interface ReportItem {
  readonly tone: Tone;
  readonly word: string;
  readonly name: string;
  readonly why: string;
  /** Shown when it is unfolded. */
  readonly detail: Markup | undefined;
}

export interface StreamRow {
  readonly name: string;
  readonly rows: number | null;
  readonly bytes: number | null;
  readonly quarantined: number;
  /** Milliseconds; undefined when no events of the run were given. */
  readonly durationMs: number | undefined;
}

/** Rows per second over time, in slices of equal length. */
export interface Throughput {
  readonly sliceMs: number;
  readonly rowsPerSlice: readonly number[];
  readonly bytes: number;
}

/** A plan or a run, arranged for the page; all texts are as they came and are escaped by the page. */
export interface ReportModel {
  readonly title: string;
  readonly headline: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly tiles: readonly Share[];
  readonly kinds: readonly { readonly kind: string; readonly shares: readonly Share[] }[];
  readonly concerns: readonly Concern[];
  readonly graph: { readonly note: string; readonly nodes: readonly DrawnNode[] };
  readonly streams: readonly StreamRow[];
  readonly throughput: Throughput | undefined;
  readonly items: readonly ReportItem[];
  /** Lists of what stands beside the actions: what is not migrated, notices. */
  readonly lists: readonly { readonly title: string; readonly lines: readonly string[] }[];
}
