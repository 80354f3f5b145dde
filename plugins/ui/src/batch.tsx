// The tab "Batch" of a DAG run: what became of the rows, stage by stage, and why.
import { Alert, Badge, Box, Heading, HStack, Link, Stack, Text } from "@chakra-ui/react";
import type { FC } from "react";

import { Report } from "./Report";
import { collectionOf, isActive, type Run } from "./run";
import { Stages } from "./Stages";
import { useRun } from "./useRun";

interface Props {
  dagId?: string;
  runId?: string;
}

const WORDS: Record<Run["state"], { text: string; palette: string }> = {
  queued: { text: "waiting", palette: "gray" },
  running: { text: "running", palette: "blue" },
  "awaiting-review": { text: "waits for review", palette: "orange" },
  succeeded: { text: "loaded", palette: "green" },
  failed: { text: "failed", palette: "red" },
  unchanged: { text: "nothing new", palette: "gray" },
  rejected: { text: "rejected", palette: "red" },
};

const TAKEN_BACK = { text: "taken back", palette: "orange" };
const NOTHING = { text: "no row loaded", palette: "orange" };

const Batch: FC<Props> = ({ dagId = "", runId }) => {
  const collection = collectionOf(dagId);
  const loaded = useRun(collection, runId);

  if (collection === null) {
    return <Note text="This DAG is no data collection, so its runs have no batch." />;
  }
  switch (loaded.kind) {
    case "loading":
      return <Note text="Loading …" />;
    case "absent":
      return (
        <Note text="There is nothing of this run that you may see: it has not begun, its collection was deleted, or it is somebody else's." />
      );
    case "error":
      return <Note text={loaded.detail} status="error" />;
    case "run":
      return <Whole run={loaded.run} stale={loaded.stale} takenBack={loaded.takenBack} />;
  }
};

const Whole: FC<{ run: Run; stale: boolean; takenBack: boolean }> = ({ run, stale, takenBack }) => {
  const word = takenBack ? TAKEN_BACK : run.state === "succeeded" && isEmpty(run) ? NOTHING : WORDS[run.state];
  return (
    <Stack gap={5} p={4} overflow="auto" height="100%" data-testid="cdmp-batch">
      <HStack gap={3} wrap="wrap">
        <Heading size="md">{run.title}</Heading>
        <Badge colorPalette={word.palette} size="md" data-testid="cdmp-state">
          {word.text}
        </Badge>
        <Text color="fg.muted" fontSize="sm">
          version {run.version}
          {run.requested_by === null ? ", by its schedule" : `, asked for by ${run.requested_by}`}
          {part(run)}
          {isActive(run) ? ", refreshed every 2 s" : ""}
        </Text>
      </HStack>
      {stale ? <Note text="The platform does not answer now; what you see is from its last answer." /> : null}
      {run.failure === null ? null : (
        <Alert.Root status="error" data-testid="cdmp-failure">
          <Alert.Indicator />
          <Alert.Content>
            <Alert.Title>
              {run.failure.where}: {sentence(run.failure.what)}
            </Alert.Title>
            <Alert.Description>
              {sentence(run.failure.remedy)} {isLoaded(run) ? "Its rows were loaded before." : "None of its rows was loaded."}
            </Alert.Description>
          </Alert.Content>
        </Alert.Root>
      )}
      {run.held.length === 0 ? null : <Held run={run} />}
      {takenBack ? <Note text="This batch was loaded, and taken back since: the dataset does not hold its rows." /> : null}
      {run.note === null ? null : <Note text={run.note} />}
      <Stages run={run} />
      {run.report === null ? null : <Report report={run.report} />}
      <HStack gap={4} fontSize="sm">
        <Link href={`${run.links.records}?limit=50`} target="_blank" rel="noreferrer" colorPalette="blue">
          Records
        </Link>
        <Link href={run.links.dataset} target="_blank" rel="noreferrer" colorPalette="blue">
          Dataset
        </Link>
        <Link href={run.links.collection} target="_blank" rel="noreferrer" colorPalette="blue">
          Collection
        </Link>
      </HStack>
    </Stack>
  );
};

const Held: FC<{ run: Run }> = ({ run }) => (
  <Alert.Root status={run.state === "awaiting-review" ? "warning" : "info"} data-testid="cdmp-held">
    <Alert.Indicator />
    <Alert.Content>
      <Alert.Title>Held for a review: {run.held.map(sentence).join(" ")}</Alert.Title>
      {run.review === null ? null : (
        <Alert.Description>
          {run.review.approved ? "Approved" : "Rejected"}
          {run.review.by === null ? ": nobody answered in time." : ` by ${run.review.by}.`} {sentence(run.review.note)}
        </Alert.Description>
      )}
    </Alert.Content>
  </Alert.Root>
);

/** What was asked for, where it is not whatever is new. */
function part(run: Run): string {
  if (run.replay !== null) return run.replay.release ? ", rows released from quarantine" : ", rows out of quarantine again";
  return run.window === null ? "" : `, from ${run.window.start} until ${run.window.end}`;
}

const sentence = (text: string): string => (text === "" || /[.!?]$/.test(text) ? text : `${text}.`);

/** Whether nothing of the batch came as far as the dataset, not even as a row that is there already. */
const isEmpty = (run: Run): boolean =>
  run.stages.some(
    (stage) => stage.task === "load_postgres" && Object.values(stage.counts).every((count) => count === 0),
  );

const isLoaded = (run: Run): boolean => run.stages.some((stage) => stage.task === "load_postgres");

const Note: FC<{ text: string; status?: "info" | "warning" | "error" }> = ({ text, status = "info" }) => (
  <Box p={4}>
    <Alert.Root status={status}>
      <Alert.Indicator />
      <Alert.Title>{text}</Alert.Title>
    </Alert.Root>
  </Box>
);

// Airflow's page imports this file, and looks for a component under the label of the tab.
Reflect.set(globalThis, "Batch", Batch);
