"""Draws `benchmarks/results/load.json` as `docs/images/load.svg`: each way's time, as a multiple of its peer's."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Final

from benchmarks.__main__ import HERE

TARGET: Final = HERE.parent / "docs" / "images" / "load.svg"
LABEL: Final = 570
WIDTH: Final = 300
ROW: Final = 22
MOST: Final = 6.0
"""The longest bar, in multiples of the peer; a longer one is cut, with its number beside it."""


def main() -> None:
    """Write the picture."""
    cases: list[dict[str, Any]] = json.loads((HERE / "results" / "load.json").read_text())["cases"]
    height = ROW * (len(cases) + 1) + 10
    one = LABEL + WIDTH / MOST
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LABEL + WIDTH + 130}" height="{height}"'
        ' font-family="sans-serif" font-size="12">',
        f'<rect width="100%" height="{height}" fill="white"/>',
        f'<line x1="{one:.0f}" x2="{one:.0f}" y1="5" y2="{height - ROW}" stroke="#b00020" stroke-dasharray="4 3"/>',
    ]
    for place, case in enumerate(cases):
        ratio, top = float(case["ratio_to_peer"]), 5 + ROW * place
        ours = case["case"].split(", ", 1)[1].startswith("CSV to curated")
        length = WIDTH * min(ratio, MOST) / MOST
        end = max(LABEL + length, one if ratio <= 1 else 0) + 6
        lines += [
            f'<text x="{LABEL - 8}" y="{top + 15}" text-anchor="end">{escape(case["case"])}</text>',
            f'<rect x="{LABEL}" y="{top + 3}" width="{length:.0f}" height="{ROW - 6}"'
            f' fill="{"#1a7f5a" if ours else "#9aa5b1"}"/>',
            f'<text x="{end:.0f}" y="{top + 15}">{ratio:.2f} × · {case["seconds"]:.1f} s</text>',
        ]
    lines += [
        f'<text x="{one:.0f}" y="{height - 8}" text-anchor="middle" fill="#b00020">\\copy = 1</text>',
        "</svg>",
    ]
    TARGET.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
