// What the interface answers for a run (`RunAnswer` in api/schemas/data_collection.py).

export interface Stage {
  task: string;
  started: string;
  seconds: number;
  counts: Record<string, number>;
  notes: string[];
}

export interface Rule {
  rule: string;
  field: string;
  action: string;
  checked: number;
  failed: number;
  row_ids: number[];
  acted: boolean;
}

export interface Report {
  rows_in: number;
  rows_out: number;
  rows_quarantined: number;
  rows_dropped: number;
  cells_set_null: number;
  cells_filled: number;
  cells_clamped: number;
  rows_flagged: number;
  rules: Rule[];
}

export interface Failure {
  task: string;
  where: string;
  what: string;
  remedy: string;
}

export interface Review {
  approved: boolean;
  by: string | null;
  note: string;
}

export interface Run {
  id: string;
  collection: string;
  title: string;
  version: number;
  state: "queued" | "running" | "awaiting-review" | "succeeded" | "failed" | "unchanged" | "rejected";
  requested_by: string | null;
  queued: string;
  started: string | null;
  finished: string | null;
  batch: string | null;
  stages: Stage[];
  report: Report | null;
  failure: Failure | null;
  note: string | null;
  window: { start: string; end: string } | null;
  replay: { release: boolean } | null;
  held: string[];
  review: Review | null;
  dataset: string;
  links: { self: string; collection: string; dataset: string; records: string };
}

export const isActive = (run: Run): boolean => ["queued", "running", "awaiting-review"].includes(run.state);

/** The collection of a DAG, or null for a DAG that is none. */
export function collectionOf(dagId: string): string | null {
  return /^collection_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(dagId)?.[1] ?? null;
}
