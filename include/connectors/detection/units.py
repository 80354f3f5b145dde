"""Which unit a column's name tells: in brackets, as its last word, or as its ending."""

from __future__ import annotations

import re
from typing import Final

from include.cim.unit_codes import named_unit
from include.cim.units import find_units_but_case, known_unit

_UNIT_COLUMN: Final = re.compile(
    r"(.*[^a-z])?(units?([_ ]?(type|code|of[_ ]measure(ment)?))?|einheit|eenheid|unité|unite|unidad|unità"
    r"|uom|jednostka|jednotka|egység|(måle)?enhe[dt]|yksikkö(tyyppi)?)(\.name)?",
    re.IGNORECASE,
)
PLACES: Final = re.compile(r"(^|[^a-z])(position|m?rid|id|index|number|nr|no|row|version|sequence)$", re.IGNORECASE)
"""Names of numbers that count nothing with a unit."""

_BRACKETS: Final = re.compile(r"(\s?)[\[(]([^\[\]()]{1,24})[\])]")
_BLANKS: Final = re.compile(r"[\s_,;:|.]+")
_SIGNS: Final = re.compile(r"[-/]")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENDS_IN_K: Final = re.compile(r"(peak|work|[bp]ack|tank|week|clock|block|bank|stack|rack)$", re.IGNORECASE)
"""Words whose last letter is no thousand of a unit that is glued to them: `PeakW`."""
_NUMERATORS: Final = {
    "eur",
    "ct",
    "cent",
    "usd",
    "gbp",
    "chf",
    "nok",
    "sek",
    "dkk",
    "pln",
    "czk",
    "w",
    "kw",
    "wh",
    "kwh",
    "g",
    "kg",
    "m",
    "km",
    "l",
    "m3",
}
_THINGS: Final = frozenset({"meter", "metre", "hour", "bar", "degree"})
"""Names of units that rather name a thing where they stand at the end: a water meter."""

_LOOKS_MEASURED: Final = re.compile(r"[a-z][A-Z]|[A-Z][a-z]*[A-Z]|.[%°€/³²0-9]|^[km]?wh$")
_CODE: Final = re.compile(r"[A-Z]\d+")
"""Codes of UN/ECE Recommendation 20 that are no unit in a name: `P1` is a power or a period, and not percent."""
_NO_UNIT: Final = re.compile(
    r"utc|gmt|cet|cest|lst|local|time|date|[dmyhs:./\- ]+|code|source|flag|n|i|\d+|[a-z]{2,3}-[a-z]{2,3}|id|no|nr|text"
    r"|ende?|start|begin|von|bis|to|from",
    re.IGNORECASE,
)
_ATTACHED: Final = {"h", "n", "i", "s", "m", "l"}
"""What a letter in brackets that touch the name is not: G(h) is on the horizontal plane."""

_MEANT: Final = {
    "w": r"^p\d?[a-z]*_|power|load|demand|watt|solar|pv|grid|peak|generation|production|consumption|leistung|battery"
    r"|import|export",
    "v": r"^[uv]\d?_|volt|spannung|tension|spanning",
    "a": r"^i\d?_|current|amp|strom|stroom|courant|corriente",
    "c": r"^t\d?_|temp|dew|bulb|boiler|air|water|indoor|outdoor|ambient|forward|flow|return|supply|inlet|outlet|lauf",
    "f": r"temp|dew|bulb",
    "k": r"temp",
    "m": r"height|altitude|elevation|depth|distance|visib|level",
    "l": r"volume|water|fuel|lit",
    "s": r"duration|elapsed|uptime|interval",
    "h": r"duration|elapsed|uptime|operating",
    "min": r"duration|elapsed|uptime|interval",
    "j": r"energy|heat",
    "ms": r"duration|latency|delay|time|uptime|elapsed|ping|interval",
    "wp": r"peak|dc|pv|solar|modul|panel|install|rated|nenn|nominal|capacit|puissance|potencia|crete|picco|pico",
}
"""Endings that are a unit only of what is measured in it: `wind_speed_ms` is no thousandths of a second, and
`Vorlauf WP` of a heat pump (`Wärmepumpe`)."""
_LETTERS: Final = {"c": "degC", "f": "degF", "k": "K", "j": "J", "w": "W", "v": "V", "a": "A"}
_SPEED: Final = re.compile(r"wind|speed|gust|wspd|veloc|vent|viento", re.IGNORECASE)
_WORDS: Final = (
    (re.compile(r"(?<!per)(?<!per[ _-])kilowatt[ _-]?hours?", re.IGNORECASE), "kWh"),
    (re.compile(r"(?<!per)(?<!per[ _-])megawatt[ _-]?hours?", re.IGNORECASE), "MWh"),
    (re.compile(r"(^|[^a-z])watt[ _-]?hours?", re.IGNORECASE), "Wh"),
    (re.compile(r"(^|[^a-z])watts?([^a-z]|$)", re.IGNORECASE), "W"),
    (re.compile(r"(?<!per)(?<!per[ _-])kilowatts?([^a-z]|$)", re.IGNORECASE), "kW"),
    (re.compile(r"(?<!per)(?<!per[ _-])megawatts?([^a-z]|$)", re.IGNORECASE), "MW"),
)


def spell_unit(text: str) -> str | None:
    """Spell a unit as `units.yaml` does; None where it is not known.

    Example:
        >>> spell_unit("KWH"), spell_unit("[W/m^2]"), spell_unit("furlong")
        ('kWh', 'W/m2', None)
    """
    bracketed = _BRACKETS.fullmatch(text.strip())
    unit = known_unit((bracketed[2] if bracketed else text).strip())
    return unit.name if unit else None


def unit_in_cell(text: str) -> str | None:
    """Spell the unit that a cell of a column of units holds: NGSI has the codes of UN/ECE there.

    Example:
        >>> unit_in_cell("kWh"), unit_in_cell("WTT"), unit_in_cell("P1")
        ('kWh', 'W', '%')
    """
    unit = named_unit(text.strip())
    return unit.name if unit else spell_unit(text)


def tells_unit(column: str) -> bool:
    """Say whether a column's cells are the unit of its row's value, by its name."""
    return bool(_UNIT_COLUMN.fullmatch(column))


def unit_in_name(name: str) -> tuple[str | None, str | None]:
    """Find the unit that a column's name tells.

    Returns:
        The unit as `units.yaml` spells it, and a text that looks like one that is not known.

    Example:
        >>> unit_in_name("Gesamtverbrauch (Netzlast) [MWh]")
        ('MWh', None)
        >>> unit_in_name("active_power_l1_w"), unit_in_name("phase_a")
        (('W', None), (None, None))
        >>> unit_in_name("batteryPowerW"), unit_in_name("wind_speed_ms"), unit_in_name("Vorlauf WP")
        (('W', None), ('m/s', None), (None, None))
        >>> unit_in_name("load [furlong]")
        (None, 'furlong')
    """
    unknown = None
    for found in reversed(list(_BRACKETS.finditer(name))):
        space, text = found[1], found[2].strip()
        if not space and text in _ATTACHED and found.start() > 0:
            continue
        unit = _bracketed(text, name)
        if unit:
            return unit, None
        if _looks_like_unit(text, square=found[0].strip().startswith("[")):
            unknown = unknown or text
    outside = _BRACKETS.sub("", name).strip() or name
    for word, unit in _WORDS:
        if word.search(outside):
            return unit, None
    unit, ambiguous = _ending(outside)
    return unit, None if unit else unknown or ambiguous


def _bracketed(text: str, name: str) -> str | None:
    if (unit := spell_unit(text)) is not None:
        return unit
    if text.casefold() in {"c", "f"} and re.search(_MEANT["c"], name, re.IGNORECASE):
        return _LETTERS[text.casefold()]
    close = find_units_but_case(text)
    return close[0] if len(close) == 1 and len(text) > 1 else None


def _looks_like_unit(text: str, *, square: bool) -> bool:
    return not _NO_UNIT.fullmatch(text) and (
        square
        or bool(re.search(r"[%°€$£²³]|\w/\w|\^[23]", text))
        or bool(re.fullmatch(r"[kMGm]?(W|Wh|V|A|J|VA|var|Wp)\w?", text))
    )


def _ending(name: str) -> tuple[str | None, str | None]:
    if _LOOKS_MEASURED.search(name) and not _CODE.fullmatch(name) and (unit := spell_unit(name)):
        return unit, None
    parts = _parts(name)
    if len(parts) < 2 or parts[-1].casefold() in _THINGS or _CODE.fullmatch(parts[-1]):
        return None, None
    before, ending = parts[-2:]
    joined = find_units_but_case(f"{before}/{ending}") if before.casefold() in _NUMERATORS else ()
    if len(joined) == 1 or (joined := tuple(filter(None, [spell_unit(f"{before} {ending}".casefold())]))):
        return joined[0], None
    if len(ending) == 1 or (ending.casefold() in _MEANT and ending != "Wp"):
        return _meant(name, ending), None
    close = (unit,) if (unit := spell_unit(ending)) else find_units_but_case(ending)
    return (close[0], None) if len(close) == 1 else (None, ending if close else None)


def _parts(name: str) -> list[str]:
    parts = [part for part in _BLANKS.split(name) if part]
    for split in (_split_humps, _SIGNS.split):
        if parts and not spell_unit(parts[-1]):
            parts[-1:] = [part for part in split(parts[-1]) if part]
    return [part for part in parts if part.casefold() != "per"]


def _meant(name: str, ending: str) -> str | None:
    """Read an ending that is a unit only of some things."""
    meant = _MEANT.get(ending.casefold())
    if meant and re.search(meant, name[: -len(ending)], re.IGNORECASE):
        return _LETTERS.get(ending.casefold()) or spell_unit(ending)
    speed = ending.casefold() == "ms" and _SPEED.search(name)
    return "%" if ending == "%" else "m/s" if speed else None


def _split_humps(text: str) -> list[str]:
    """Take `pressurehPa` and `PriceCtKwh` apart."""
    *before, last = _CAMEL.split(text)
    if not before:
        return [last]
    prefix = before[-1][-1]
    if prefix in "kh" and spell_unit(prefix + last) and not _ENDS_IN_K.search(before[-1]):
        return [*before[:-1], before[-1][:-1], prefix + last]
    return [*before, last]
