"""What the terminal writes stands in columns."""

from __future__ import annotations

from cli.formats import write_table


def test_text_stands_left_and_numbers_right():
    table = write_table(["TITLE", "READ"], [["a", 5], ["bcdefgh", 1234], ["c", None]])
    assert table.splitlines() == ["TITLE    READ", "a           5", "bcdefgh  1234", "c"]


def test_no_rows_leave_the_header():
    assert write_table(["A", "B"], []) == "A  B"


def test_what_a_terminal_would_obey_is_shown():
    table = write_table(["TITLE", "READ"], [["a\x1b[31mb\r\nc\x9b", 5], ["é ⚡\tx", 6]])
    assert [" ".join(line.split()) for line in table.splitlines()] == [
        "TITLE READ",
        r"a\x1b[31mb\r\nc\x9b 5",
        r"é ⚡\tx 6",
    ]
