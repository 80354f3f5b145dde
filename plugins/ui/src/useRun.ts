// Loads a run, and loads it again every two seconds while it is active.
import { useEffect, useState } from "react";

import { isActive, type Run } from "./run";

const AGAIN_MS = 2000;

export type Loaded =
  | { kind: "loading" }
  | { kind: "run"; run: Run; stale: boolean; takenBack: boolean }
  | { kind: "absent" }
  | { kind: "error"; detail: string };

export function useRun(collection: string | null, runId: string | undefined): Loaded {
  const [loaded, setLoaded] = useState<Loaded>({ kind: "loading" });

  useEffect(() => {
    if (collection === null || runId === undefined) return undefined;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    setLoaded({ kind: "loading" });

    const load = async (): Promise<void> => {
      const next = await read(collection, runId, stop.signal);
      if (stop.signal.aborted) return;
      // one answer that fails does not take away what is on the page
      setLoaded((before) => (next.kind === "error" && before.kind === "run" ? { ...before, stale: true } : next));
      if (next.kind !== "run" || isActive(next.run)) timer = setTimeout(() => void load(), AGAIN_MS);
    };

    void load();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [collection, runId]);

  return loaded;
}

async function read(collection: string, runId: string, signal: AbortSignal): Promise<Loaded> {
  // relative to <base>, so that it works behind a proxy's prefix; the cookie of the same origin signs in
  const ask = (path: string): Promise<Response> =>
    fetch(new URL(`twinergy-api/${path}`, document.baseURI), { credentials: "same-origin", signal });
  try {
    const answer = await ask(`data-collection/${collection}/run/${encodeURIComponent(runId)}`);
    if (answer.ok) {
      const run = (await answer.json()) as Run;
      return { kind: "run", run, stale: false, takenBack: await isTakenBack(run, ask) };
    }
    if (answer.status === 404) return { kind: "absent" };
    const problem = (await answer.json()) as { detail?: string };
    return { kind: "error", detail: problem.detail ?? `The platform answered ${answer.status}.` };
  } catch {
    return { kind: "error", detail: "The platform does not answer." };
  }
}

/** A batch that was taken back is none any more, or is another run's: the same content is the same batch again. */
async function isTakenBack(run: Run, ask: (path: string) => Promise<Response>): Promise<boolean> {
  if (run.state !== "succeeded" || run.batch === null) return false;
  const answer = await ask(`dataset/${run.dataset}/batch/${run.batch}`);
  if (!answer.ok || run.replay !== null) return answer.status === 404;
  return ((await answer.json()) as { run: string }).run !== run.id;
}
