"""The terminal takes its settings from the environment, and what is missing there from the platform's last start."""

from __future__ import annotations

from pathlib import Path

from cli.environment import load_environment


def test_the_file_fills_what_the_environment_lacks(tmp_path: Path):
    (tmp_path / "cdmp.env").write_text("CDMP_A=from file\nCDMP_B=postgresql://u:p@h/d?x=1\n\n# a note=1\nnonsense\n")
    environment = {"CDMP_VAR": str(tmp_path), "CDMP_A": "set"}
    load_environment(environment)
    assert environment == {"CDMP_VAR": str(tmp_path), "CDMP_A": "set", "CDMP_B": "postgresql://u:p@h/d?x=1"}


def test_without_a_file_nothing_is_added(tmp_path: Path):
    environment = {"CDMP_VAR": str(tmp_path)}
    load_environment(environment)
    assert environment == {"CDMP_VAR": str(tmp_path)}
