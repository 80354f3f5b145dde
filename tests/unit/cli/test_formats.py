"""What the terminal writes stands in columns."""

from __future__ import annotations

from cli.formats import write_table


def test_text_stands_left_and_numbers_right():
    table = write_table(["TITLE", "READ"], [["a", 5], ["bcdefgh", 1234], ["c", None]])
    assert table.splitlines() == ["TITLE    READ", "a           5", "bcdefgh  1234", "c"]


def test_no_rows_leave_the_header():
    assert write_table(["A", "B"], []) == "A  B"
