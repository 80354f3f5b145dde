// What each stage did: its seconds and counts.
import { Box, Heading, Table, Text } from "@chakra-ui/react";
import type { FC } from "react";

import type { Run, Stage } from "./run";

const STAGES: readonly [task: string, says: string][] = [
  ["ingest", "Read the source"],
  ["map_to_cim", "Map to the CIM"],
  ["validate", "Validate"],
  ["anonymize", "Anonymise"],
  ["load_postgres", "Load"],
  ["index_elasticsearch", "Index"],
  ["publish", "Publish"],
];

export const Stages: FC<{ run: Run }> = ({ run }) => {
  const done = new Map(run.stages.map((stage) => [stage.task, stage]));
  const next = STAGES.find(([task]) => !done.has(task))?.[0];
  return (
    <Box>
      <Heading size="sm" mb={2}>
        Stages
      </Heading>
      <Table.Root size="sm" maxW="4xl">
        <Table.Header>
          <Table.Row>
            <Table.ColumnHeader>Stage</Table.ColumnHeader>
            <Table.ColumnHeader textAlign="end">Seconds</Table.ColumnHeader>
            <Table.ColumnHeader>Counts</Table.ColumnHeader>
          </Table.Row>
        </Table.Header>
        <Table.Body>
          {STAGES.map(([task, says]) => (
            <Row
              key={task}
              says={task === "ingest" && run.replay !== null ? "Read quarantine" : says}
              stage={done.get(task)}
              failed={run.failure?.task === task}
              running={run.state === "running" && task === next}
            />
          ))}
        </Table.Body>
      </Table.Root>
    </Box>
  );
};

interface RowProps {
  says: string;
  stage: Stage | undefined;
  failed: boolean;
  running: boolean;
}

const Row: FC<RowProps> = ({ says, stage, failed, running }) => (
  <Table.Row {...(failed ? { color: "fg.error" } : {})}>
    <Table.Cell whiteSpace="nowrap">{says}</Table.Cell>
    <Table.Cell textAlign="end">{stage === undefined ? "" : stage.seconds.toFixed(2)}</Table.Cell>
    <Table.Cell>
      {stage === undefined ? (
        <Text color={failed ? "fg.error" : "fg.muted"}>{failed ? "failed here" : running ? "running …" : "–"}</Text>
      ) : (
        [counts(stage), ...stage.notes].map((line) => <Text key={line}>{line}</Text>)
      )}
    </Table.Cell>
  </Table.Row>
);

function counts(stage: Stage): string {
  return Object.entries(stage.counts)
    .map(([name, count]) => `${name.replaceAll("_", " ")} ${count.toLocaleString("en")}`)
    .join(", ");
}
