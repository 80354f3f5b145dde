"""The table of units, judged by pint."""

from __future__ import annotations

import pint
import pytest
import yaml

from include.cim.units import TABLE, find_conversion, find_unit
from include.errors import NotFound

MONEY = {
    "EUR": "eurocent",
    "GBP": "penny",
    "USD": "cent_us",
    "DKK": "oere_dk",
    "SEK": "oere_se",
    "NOK": "oere_no",
    "CHF": "rappen",
}
BTU = "international_british_thermal_unit"
# how pint spells what the table holds, where it is spelled differently; None where pint does not know it
PINT = {
    "varh": "VA*h",
    "kvarh": "kVA*h",
    "Mvarh": "MVA*h",
    "var": "VA",
    "kvar": "kVA",
    "Mvar": "MVA",
    "fraction": "dimensionless",
    "%": "percent",
    "per_mille": "permille",
    "knot": "knot",
    "W/m2": "W/m**2",
    "kW/m2": "kW/m**2",
    "J/m2": "J/m**2",
    "Wh/m2": "W*h/m**2",
    "kWh/m2": "kW*h/m**2",
    "m3": "m**3",
    "mWh": "mW*h",
    "Wh": "W*h",
    "kWh": "kW*h",
    "MWh": "MW*h",
    "GWh": "GW*h",
    "TWh": "TW*h",
    "g/kWh": "g/(kW*h)",
    "kg/MWh": "kg/(MW*h)",
    "kg/kWh": "kg/(kW*h)",
    "t/MWh": "metric_ton/(MW*h)",
    "lb/MWh": "pound/(MW*h)",
    "Btu": "international_british_thermal_unit",
    "kBtu": "thousand_btu",
    "MMBtu": "million_btu",
    "therm": "hundred_thousand_btu",
    "Wp": "W",
    "kWp": "kW",
    "MWp": "MW",
    "inHg": "inch_Hg",
    "kJ/m2": "kJ/m**2",
    "J/cm2": "J/cm**2",
    "MJ/m2": "MJ/m**2",
    "ft3": "foot**3",
    "ccf": "hundred_cubic_feet",
    "gal": "US_liquid_gallon",
    "m3/h": "m**3/h",
    "m3/s": "m**3/s",
    "l/min": "l/minute",
    "p/kWh": "penny/(kW*h)",
    "ct/kWh": "eurocent/(kW*h)",
    "Rp/kWh": "rappen/(kW*h)",
    **{f"{money}/{energy}": f"{money}/({energy[0]}W*h)" for money in MONEY for energy in ("kWh", "MWh")},
}
TABLE_NAMES = [(dimension, name) for dimension, units in yaml.safe_load(TABLE.read_text()).items() for name in units]


@pytest.fixture(scope="module")
def registry() -> pint.UnitRegistry:
    registry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    for money, hundredth in MONEY.items():
        registry.define(f"{money} = [{money}]")
        registry.define(f"{hundredth} = 0.01 * {money}")
    for name, factor in (("thousand", "1e3"), ("million", "1e6"), ("hundred_thousand", "1e5")):
        registry.define(f"{name}_btu = {factor} * {BTU}")
    registry.define("hundred_cubic_feet = 100 * foot**3")
    return registry


@pytest.mark.parametrize(("dimension", "name"), TABLE_NAMES)
def test_a_unit_converts_as_pint_converts_it(dimension: str, name: str, registry: pint.UnitRegistry) -> None:
    source = registry.Quantity(37.25, PINT.get(name, name))
    for other in [other for of, other in TABLE_NAMES if of == dimension]:
        ours = find_conversion(find_unit(name), find_unit(other))(37.25)
        assert ours == pytest.approx(source.to(PINT.get(other, other)).magnitude, rel=1e-12)


def test_case_tells_milli_from_mega() -> None:
    milli, mega, kilo = find_unit("mWh"), find_unit("MWh"), find_unit("kWh")
    assert find_conversion(mega, kilo)(1.0) == 1000.0
    assert find_conversion(milli, kilo)(1.0) == 1e-6


@pytest.mark.parametrize(
    ("text", "close"),
    [
        pytest.param("mwh", ["'MWh'", "'mWh'"], id="two units but for case"),
        pytest.param("kWhh", ["'kWh'"], id="a slip of the finger"),
        pytest.param("C", [], id="coulomb, or what?"),
        pytest.param("", [], id="nothing"),
        pytest.param(" kWh", ["'kWh'"], id="a blank before it"),
    ],
)
def test_an_unknown_unit_is_refused_with_what_is_close(text: str, close: list[str]) -> None:
    with pytest.raises(NotFound) as raised:
        find_unit(text)
    for name in close:
        assert name in str(raised.value)


def test_units_of_different_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="kW is a unit of power, kWh of energy"):
        find_conversion(find_unit("kW"), find_unit("kWh"))
    with pytest.raises(ValueError, match="reactive"):
        find_conversion(find_unit("kvarh"), find_unit("kWh"))
