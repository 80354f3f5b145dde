// The validation report: rules, counts and row ids; it holds no values.
import { Box, Heading, Table, Text } from "@chakra-ui/react";
import type { FC } from "react";

import type { Report as ReportOfRun, Rule } from "./run";

const ACTIONS: Record<string, string> = {
  quarantine: "row set aside",
  drop: "row left out",
  set_null: "value emptied",
  fill: "value filled",
  clamp: "value brought to its limit",
  flag: "row flagged",
  hold: "batch held for a review",
  fail: "batch refused",
};

const RULES: Record<string, string> = {
  expect_column_values_to_not_be_null: "is there",
  expect_column_values_to_be_between: "lies within its limits",
  expect_column_values_to_be_in_set: "is one of the known values",
  expect_column_values_to_be_unique: "comes once",
  expect_compound_columns_to_be_unique: "come together once",
  expect_column_pair_values_a_to_be_greater_than_b: "the first lies after the second",
  expect_series_values_to_never_step_back: "never counts backwards",
  expect_series_intervals_to_leave_no_gap: "leave no gap",
  expect_series_intervals_to_not_overlap: "do not overlap",
  expect_series_values_to_not_be_stuck: "does not stay the same for too long",
  expect_series_values_to_not_spike: "is near the values around it",
  expect_column_max_to_be_recent: "ends not long ago",
  expect_column_distribution_to_be_stable: "is spread as in the batches before",
  expect_table_row_count_to_be_between: "has as many rows as it should",
};

export const Report: FC<{ report: ReportOfRun }> = ({ report }) => {
  const rules = [...report.rules].sort((one, other) => other.failed - one.failed);
  return (
    <Box>
      <Heading size="sm" mb={1}>
        Validation
      </Heading>
      <Text fontSize="sm" color="fg.muted" mb={2} data-testid="cdmp-report">
        {counts(report).join(", ")}
      </Text>
      {rules.length === 0 ? null : (
        <Table.Root size="sm">
          <Table.Header>
            <Table.Row>
              <Table.ColumnHeader>Field</Table.ColumnHeader>
              <Table.ColumnHeader>Rule</Table.ColumnHeader>
              <Table.ColumnHeader>On violation</Table.ColumnHeader>
              <Table.ColumnHeader textAlign="end">Checked</Table.ColumnHeader>
              <Table.ColumnHeader textAlign="end">Failed</Table.ColumnHeader>
              <Table.ColumnHeader>Rows of the source (the first)</Table.ColumnHeader>
            </Table.Row>
          </Table.Header>
          <Table.Body>
            {rules.map((rule, place) => (
              <Row key={place} rule={rule} />
            ))}
          </Table.Body>
        </Table.Root>
      )}
    </Box>
  );
};

const Row: FC<{ rule: Rule }> = ({ rule }) => (
  <Table.Row>
    <Table.Cell>{rule.field}</Table.Cell>
    <Table.Cell title={rule.rule}>
      {RULES[rule.rule] ?? rule.rule.replace(/^expect_(column_)?(values_)?(to_)?/, "").replaceAll("_", " ")}
    </Table.Cell>
    <Table.Cell>
      {ACTIONS[rule.action] ?? rule.action}
      {rule.failed > 0 && !rule.acted ? <Text color="fg.muted">not done: below the rule's threshold</Text> : null}
    </Table.Cell>
    <Table.Cell textAlign="end">{number(rule.checked)}</Table.Cell>
    <Table.Cell textAlign="end" {...(rule.failed > 0 && rule.acted ? { color: "fg.error", fontWeight: "bold" } : {})}>
      {number(rule.failed)}
    </Table.Cell>
    <Table.Cell>{rule.row_ids.join(", ")}</Table.Cell>
  </Table.Row>
);

/** What became of the rows; of the ways that curation has, only those that it took. */
function counts(report: ReportOfRun): string[] {
  const taken: [count: number, says: string][] = [
    [report.rows_flagged, "of them flagged"],
    [report.rows_quarantined, "set aside for their owner"],
    [report.rows_dropped, "left out"],
    [report.cells_set_null, "values emptied"],
    [report.cells_filled, "values filled"],
    [report.cells_clamped, "values brought to their limits"],
  ];
  return [
    `${number(report.rows_in)} rows in`,
    `${number(report.rows_out)} went on`,
    ...taken.filter(([count]) => count > 0).map(([count, says]) => `${number(count)} ${says}`),
  ];
}

const number = (value: number): string => value.toLocaleString("en");
