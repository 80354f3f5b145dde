"""Curation rules that nobody can mean, each with the place that is told and a word of what would be right."""

from __future__ import annotations

from typing import Any

Wrong = tuple[str, Any, str, str]
"""What is wrong with it, what is sent, its place in the rule or plan, and a word of what would be right."""

BETWEEN = "column_values_to_be_between"
IN_SET = "column_values_to_be_in_set"
REGEX = "column_values_to_match_regex"
LENGTHS = "column_value_lengths_to_be_between"
PAIRS = "column_pair_values_to_be_in_set"
AT_LEAST = "column_pair_values_a_to_be_at_least_b"
SUM = "multicolumn_sum_to_equal"
COMPOUND = "compound_columns_to_be_unique"
COUNTER = "series_values_to_never_step_back"
GAP = "series_intervals_to_leave_no_gap"
STUCK = "series_values_to_not_be_stuck"
SPIKE = "series_values_to_not_spike"
ROWS = "table_row_count_to_be_between"
MEAN = "column_mean_to_be_between"
RECENT = "column_max_to_be_recent"
STABLE = "column_distribution_to_be_stable"
NON_NULL = "column_proportion_of_non_null_values_to_be_between"


def rule(kind: str, /, meta: dict[str, Any] | None = None, **kwargs: Any) -> dict[str, Any]:
    return {"type": f"expect_{kind}", "kwargs": kwargs, "meta": meta or {}}


def energy(**kwargs: Any) -> dict[str, Any]:
    return rule(BETWEEN, column="energy", **kwargs)


def about(**meta: Any) -> dict[str, Any]:
    return rule(BETWEEN, meta, column="energy", min_value=0)


def fill(**fill: Any) -> dict[str, Any]:
    return about(on_violation="fill", fill=fill)


HOLD = {"on_violation": "hold"}

WRONG_RULES: list[Wrong] = [
    # the type
    ("a type that is misspelt", rule("column_values_to_be_betwen", column="energy"), "type", "to_be_between"),
    ("a type that is no expectation", {"type": "between", "kwargs": {}}, "type", "expect_"),
    ("a type that is not served", rule("column_values_to_be_dateutil_parseable", column="x"), "type", "Did you mean"),
    ("a type that is a number", {"type": 5, "kwargs": {}}, "type", "text in quotes"),
    ("no type", {"kwargs": {"column": "energy"}}, "type", "Add"),
    ("no arguments", {"type": f"expect_{BETWEEN}"}, "kwargs", "Add"),
    ("arguments in a list", {"type": f"expect_{BETWEEN}", "kwargs": ["energy"]}, "kwargs", "keys"),
    ("a key that is not known", {**about(), "qqq": True}, "qqq", "Leave"),
    # the column
    ("a column that is gone", rule(BETWEEN, column="volume", min_value=0), "kwargs.column", "fields are"),
    ("a column that is misspelt", rule(BETWEEN, column="enrgy", min_value=0), "kwargs.column", "energy"),
    ("no column", rule(BETWEEN, min_value=0), "kwargs.column", "Add"),
    ("a column that is null", rule(BETWEEN, column=None, min_value=0), "kwargs.column", "value"),
    ("a column that is a number", rule(BETWEEN, column=5, min_value=0), "kwargs.column", "energy"),
    ("a column that is a list", rule(BETWEEN, column=["energy"], min_value=0), "kwargs.column", "energy"),
    ("an argument that is misspelt", energy(minvalue=0), "kwargs.minvalue", "min_value"),
    ("a condition that is code", energy(min_value=0, row_condition="1/0"), "kwargs.row_condition", "min_value"),
    ("words between numbers", rule(BETWEEN, column="register", min_value=1), "kwargs.column", "float"),
    ("one field twice", rule(COMPOUND, column_list=["register", "register"]), "kwargs.column_list[1]", "different"),
    ("a key of one field", rule(COMPOUND, column_list=["register"]), "kwargs.column_list", "two"),
    ("a key of no field", rule(COMPOUND, column_list=[]), "kwargs.column_list", "two"),
    ("a key that is text", rule(COMPOUND, column_list="register"), "kwargs.column_list", "list"),
    ("a sum of words", rule(SUM, column_list=["energy", "register"], sum_total=1), "kwargs.column_list[1]", "float"),
    ("a sum in quotes",
     rule(SUM, column_list=["energy", "cumulative_energy"], sum_total="1"), "kwargs.sum_total", "number"),
    ("half a pair", rule(AT_LEAST, column_A="energy"), "kwargs.column_B", "Add"),
    # bounds
    ("no bound", energy(), "kwargs", "min_value"),
    ("bounds that are null", energy(min_value=None, max_value=None), "kwargs", "min_value"),
    ("a number in quotes", energy(min_value="0"), "kwargs.min_value", "number"),
    ("a word as bound", energy(max_value="much"), "kwargs.max_value", "number"),
    ("true as bound", energy(min_value=True), "kwargs.min_value", "number"),
    ("a list as bound", energy(min_value=[0]), "kwargs.min_value", "number"),
    ("a date as bound of a number", energy(min_value="2024-01-01T00:00:00Z"), "kwargs.min_value", "number"),
    ("an expression as bound", energy(min_value={"$PARAMETER": "now()"}), "kwargs.min_value", "number"),
    ("bounds the wrong way round", energy(min_value=2, max_value=1), "kwargs.min_value", "Swap"),
    ("no room between bounds", energy(min_value=1, max_value=1, strict_max=True), "kwargs.strict_max", "Leave"),
    ("strict in quotes", energy(min_value=0, strict_min="yes"), "kwargs.strict_min", "true"),
    ("strict in digits", energy(min_value=0, strict_min=1), "kwargs.strict_min", "true"),
    ("a bound that nothing reaches", energy(min_value=1e12), "kwargs.min_value", "from -1e+06"),
    ("a time as a number", rule(BETWEEN, column="interval_start", min_value=0), "kwargs.min_value", "offset"),
    ("a time without zone",
     rule(BETWEEN, column="interval_start", min_value="2024-01-01"), "kwargs.min_value", "offset"),
    ("a time that never was",
     rule(BETWEEN, column="interval_start", min_value="2024-02-30T00:00:00Z"), "kwargs.min_value", "offset"),
    ("times the wrong way round",
     rule(BETWEEN, column="interval_start", min_value="2025-01-01T00:00:00Z", max_value="2024-01-01T00:00:00Z"),
     "kwargs.min_value", "Swap"),
    ("a length in quotes", rule(LENGTHS, column="register", min_value="1"), "kwargs.min_value", "whole"),
    ("a length below nothing", rule(LENGTHS, column="register", min_value=-1), "kwargs.min_value", "from 0"),
    ("half a letter", rule(LENGTHS, column="register", max_value=2.5), "kwargs.max_value", "whole"),
    ("lengths the wrong way round",
     rule(LENGTHS, column="register", min_value=3, max_value=2), "kwargs.min_value", "Swap"),
    ("a tolerance in quotes",
     rule(AT_LEAST, column_A="energy", column_B="cumulative_energy", tolerance="1"), "kwargs.tolerance", "1"),
    ("a tolerance below nothing",
     rule(AT_LEAST, column_A="energy", column_B="cumulative_energy", tolerance=-1), "kwargs.tolerance", "0"),
    # sets
    ("no set", rule(IN_SET, column="quality"), "kwargs.value_set", "Add"),
    ("an empty set", rule(IN_SET, column="quality", value_set=[]), "kwargs.value_set", "leave"),
    ("a set that is null", rule(IN_SET, column="quality", value_set=None), "kwargs.value_set", "value"),
    ("a set that is a word", rule(IN_SET, column="quality", value_set="measured"), "kwargs.value_set", "list"),
    ("a word that is never there",
     rule(IN_SET, column="quality", value_set=["mesured"]), "kwargs.value_set", "measured"),
    ("numbers in quotes in a set", rule(IN_SET, column="energy", value_set=[0, "1"]), "kwargs.value_set", "number"),
    ("true in a set of numbers", rule(IN_SET, column="energy", value_set=[True]), "kwargs.value_set", "number"),
    ("null in a set", rule(IN_SET, column="quality", value_set=[None]), "kwargs.value_set", "text"),
    ("a set of times",
     rule(IN_SET, column="interval_start", value_set=["2024-01-01T00:00:00Z"]), "kwargs.column", "fields of"),
    ("no pairs", rule(PAIRS, column_A="register", column_B="quality"), "kwargs.value_pairs_set", "Add"),
    ("an empty set of pairs",
     rule(PAIRS, column_A="register", column_B="quality", value_pairs_set=[]), "kwargs.value_pairs_set", "leave"),
    ("three in a pair",
     rule(PAIRS, column_A="register", column_B="quality", value_pairs_set=[["1", "measured", "2"]]),
     "kwargs.value_pairs_set", "two"),
    ("one in a pair",
     rule(PAIRS, column_A="register", column_B="quality", value_pairs_set=[["1"]]), "kwargs.value_pairs_set", "two"),
    ("pairs that are words",
     rule(PAIRS, column_A="register", column_B="quality", value_pairs_set=["ab"]), "kwargs.value_pairs_set", "two"),
    # patterns
    ("no pattern", rule(REGEX, column="register"), "kwargs.regex", "pattern"),
    ("an empty pattern", rule(REGEX, column="register", regex=""), "kwargs.regex", "meant"),
    ("a pattern that does not close", rule(REGEX, column="register", regex="^[0-9"), "kwargs.regex", "RE2"),
    ("a pattern that looks ahead", rule(REGEX, column="register", regex="(?=1)1"), "kwargs.regex", "RE2"),
    ("a pattern that looks back at a group",
     rule(REGEX, column="register", regex=r"(a+)+\1$"), "kwargs.regex", "RE2"),
    ("a pattern that grows without end",
     rule(REGEX, column="register", regex="(?:(?:.{1,100}){1,100}){1,100}"), "kwargs.regex", "RE2"),
    ("a number as pattern", rule(REGEX, column="register", regex=5), "kwargs.regex", '"5"'),
    ("a pattern for numbers", rule(REGEX, column="energy", regex="^1"), "kwargs.column", "text"),
    ("no patterns", rule(f"{REGEX}_list", column="register", regex_list=[]), "kwargs.regex_list", "leave"),
    ("a list that is one pattern",
     rule(f"{REGEX}_list", column="register", regex_list="^1"), "kwargs.regex_list", "list"),
    ("one bad pattern among good",
     rule(f"{REGEX}_list", column="register", regex_list=["^1", "("]), "kwargs.regex_list", "RE2"),
    ("an unknown way to match",
     rule(f"{REGEX}_list", column="register", regex_list=["1"], match_on="most"), "kwargs.match_on", "any"),
    # neighbours
    ("a series of what is gone",
     rule(STUCK, column="energy", readings=4, series=["meter"]), "kwargs.series[0]", "register"),
    ("a series that is text", rule(STUCK, column="energy", readings=4, series="register"), "kwargs", "list"),
    ("a series by readings", rule(STUCK, column="energy", readings=4, series=["energy"]), "kwargs.series[0]", "text"),
    ("a time that is none", rule(STUCK, column="energy", readings=4, time="register"), "kwargs.time", "timestamp"),
    ("stuck for how long", rule(STUCK, column="energy"), "kwargs", "readings"),
    ("stuck for one reading", rule(STUCK, column="energy", readings=1), "kwargs.readings", "2"),
    ("readings in quotes", rule(STUCK, column="energy", readings="4"), "kwargs.readings", "Write 4"),
    ("half a reading", rule(STUCK, column="energy", readings=2.5), "kwargs.readings", "2"),
    ("a duration that is a number", rule(STUCK, column="energy", duration=3600), "kwargs.duration", "PT15M"),
    ("a duration in words", rule(STUCK, column="energy", duration="an hour"), "kwargs.duration", "PT15M"),
    ("exceptions in quotes",
     rule(STUCK, column="energy", readings=4, except_values=["0"]), "kwargs.except_values", "0"),
    ("exceptions that are one",
     rule(STUCK, column="energy", readings=4, except_values=0), "kwargs.except_values", "list"),
    ("every month", rule(GAP, every="P1M"), "kwargs.every", "days"),
    ("every less than nothing", rule(GAP, every="-PT1H"), "kwargs.every", "PT15M"),
    ("a tolerance in words", rule(GAP, tolerance="little"), "kwargs.tolerance", "PT15M"),
    ("gaps between words", rule(GAP, start="register", end="quality"), "kwargs.start", "timestamp"),
    ("a counter that ends at 0", rule(COUNTER, column="energy", rollover=0), "kwargs.rollover", "more than 0"),
    ("a counter that ends below 0", rule(COUNTER, column="energy", rollover=-1), "kwargs.rollover", "more than 0"),
    ("reset in quotes", rule(COUNTER, column="energy", reset="true"), "kwargs.reset", "true"),
    ("a counter of words", rule(COUNTER, column="register"), "kwargs.column", "float"),
    ("a window of two", rule(SPIKE, column="energy", window=2), "kwargs.window", "3 or more"),
    ("a window beyond all", rule(SPIKE, column="energy", window=100_000), "kwargs.window", "1001"),
    ("a factor of nothing", rule(SPIKE, column="energy", factor=0), "kwargs.factor", "more than 0"),
    ("a factor in quotes", rule(SPIKE, column="energy", factor="6"), "kwargs.factor", "6"),
    ("a distance below nothing", rule(SPIKE, column="energy", at_least=-1), "kwargs.at_least", "0 or more"),
    # batches
    ("a batch that is quarantined", rule(ROWS, min_value=1), "meta.on_violation", "hold"),
    ("a batch that is clamped",
     rule(MEAN, {"on_violation": "clamp"}, column="energy", min_value=0), "meta.on_violation", "hold"),
    ("rows in quotes", rule(ROWS, HOLD, min_value="1"), "kwargs.min_value", "whole"),
    ("half a row", rule(ROWS, HOLD, min_value=0.5), "kwargs.min_value", "whole"),
    ("a share of 90", rule(NON_NULL, HOLD, column="energy", min_value=90), "kwargs.min_value", "0.9"),
    ("a mean in quotes", rule(MEAN, HOLD, column="energy", max_value="9"), "kwargs.max_value", "number"),
    ("means the wrong way round",
     rule(MEAN, HOLD, column="energy", min_value=2, max_value=1), "kwargs.min_value", "Swap"),
    ("a threshold of one batch", rule(ROWS, {**HOLD, "threshold": 0.1}, min_value=1), "meta.threshold", "Leave"),
    ("recent without a length", rule(RECENT, HOLD, column="interval_start"), "kwargs.within", "Add"),
    ("recent in seconds", rule(RECENT, HOLD, column="interval_start", within=60), "kwargs.within", "PT15M"),
    ("how recent a number is", rule(RECENT, HOLD, column="energy", within="P1D"), "kwargs.column", "timestamp"),
    ("a drift below nothing", rule(STABLE, HOLD, column="energy", most=-1), "kwargs.most", "0"),
    ("a drift in quotes", rule(STABLE, HOLD, column="energy", most="0.2"), "kwargs.most", "0.2"),
    ("no batches to compare with", rule(STABLE, HOLD, column="energy", batches=0), "kwargs.batches", "1"),
    ("edges that a run fills in", rule(STABLE, HOLD, column="energy", edges=[1]), "kwargs.edges", "most"),
    # what happens
    ("an unknown action", about(on_violation="delete"), "meta.on_violation", "quarantine"),
    ("an action in capitals", about(on_violation="Flag"), "meta.on_violation", "flag"),
    ("no action", about(on_violation=None), "meta.on_violation", "quarantine"),
    ("a threshold of everything", about(threshold=1), "meta.threshold", "less than 1"),
    ("a threshold below nothing", about(threshold=-0.1), "meta.threshold", "0"),
    ("a threshold in per cent", about(threshold=5), "meta.threshold", "less than 1"),
    ("a threshold in quotes", about(threshold="0.1"), "meta.threshold", "number"),
    ("a threshold of true", about(threshold=True), "meta.threshold", "number"),
    ("a share that decides over rows", energy(min_value=0, mostly=0.9), "kwargs.mostly", "threshold"),
    ("more than all",
     rule(BETWEEN, {"on_violation": "fail"}, column="energy", min_value=0, mostly=1.5), "kwargs.mostly", "1"),
    ("a required cell emptied",
     rule(BETWEEN, {"on_violation": "set_null"}, column="interval_start", min_value="2024-01-01T00:00:00Z"),
     "meta.on_violation", "drop"),
    ("a cell of two fields",
     rule(AT_LEAST, {"on_violation": "set_null"}, column_A="energy", column_B="cumulative_energy"),
     "meta.on_violation", "quarantine"),
    ("a set brought to a bound",
     rule(IN_SET, {"on_violation": "clamp"}, column="energy", value_set=[1]), "meta.on_violation", "between"),
    ("a time brought to a bound",
     rule(BETWEEN, {"on_violation": "clamp"}, column="interval_end", min_value="2024-01-01T00:00:00Z"),
     "meta.on_violation", "drop"),
    ("clamped to what is not allowed",
     rule(BETWEEN, {"on_violation": "clamp"}, column="energy", min_value=0, strict_min=True),
     "meta.on_violation", "strict_"),
    ("clamped beyond the concept",
     rule(BETWEEN, {"on_violation": "clamp"}, column="energy", min_value=0, max_value=1e9),
     "kwargs.max_value", "to 1e+06"),
    # fills
    ("a fill without saying how", about(on_violation="fill"), "meta.fill", "method"),
    ("a fill beside another action",
     about(on_violation="flag", fill={"method": "constant", "value": 1}), "meta.fill", "fill"),
    ("a fill that is text", about(on_violation="fill", fill="linear"), "meta.fill", "keys"),
    ("an unknown fill", fill(method="mean", within="PT1H"), "meta.fill.method", "median"),
    ("no method of fill", fill(within="PT1H"), "meta.fill.method", "Add"),
    ("a constant without value", fill(method="constant"), "meta.fill", "constant"),
    ("a line with a value", fill(method="linear", within="PT1H", value=1), "meta.fill", "Leave"),
    ("a line without limit", fill(method="linear"), "meta.fill", "PT1H"),
    ("a limit that is a number", fill(method="linear", within=3600), "meta.fill.within", "PT15M"),
    ("a limit of months", fill(method="previous", within="P1M"), "meta.fill.within", "days"),
    ("a limit of no time", fill(method="previous", within="PT0S"), "meta.fill.within", "more than nothing"),
    ("a limit below nothing", fill(method="previous", within="-PT1H"), "meta.fill.within", "more than nothing"),
    ("a limit in words", fill(method="median", within="a week"), "meta.fill.within", "ISO 8601"),
    ("a constant in quotes", fill(method="constant", value="1"), "meta.fill.value", "number"),
    ("a constant of true", fill(method="constant", value=True), "meta.fill.value", "number"),
    ("a constant of two", fill(method="constant", value=[1, 2]), "meta.fill.value", "a number"),
    ("a constant that breaks the rule", fill(method="constant", value=-5), "meta.fill.value", "keeps"),
    ("a constant beyond the concept", fill(method="constant", value=1e9), "meta.fill.value", "to 1e+06"),
    ("a word that is never there as fill",
     rule(IN_SET, {"on_violation": "fill", "fill": {"method": "constant", "value": "good"}},
          column="quality", value_set=["measured"]),
     "meta.fill.value", "measured"),
    ("a line between words",
     rule(IN_SET, {"on_violation": "fill", "fill": {"method": "linear", "within": "PT1H"}},
          column="quality", value_set=["measured"]),
     "meta.fill.method", "previous"),
    ("the key filled",
     rule("column_values_to_not_be_null", {"on_violation": "fill", "fill": {"method": "constant", "value": "x"}},
          column="register"),
     "meta.on_violation", "drop"),
]  # fmt: skip
