"""The table of units, judged by pint."""

from __future__ import annotations

from datetime import timedelta

import pint
import pytest
import yaml

from include.cim.definition import load_definition
from include.cim.unit_codes import TABLE as CODES
from include.cim.unit_codes import find_codes
from include.cim.units import (
    TABLE,
    Conversion,
    find_conversion,
    find_conversion_over,
    find_unit,
    known_unit,
    needs_interval,
)
from include.errors import NotFound

OTHERS = ("NZD", "PLN", "CZK", "HUF", "RON", "BGN", "ISK", "TRY", "UAH", "JPY", "BRL", "INR", "ZAR")
MONEY = {
    "EUR": "eurocent",
    "GBP": "penny",
    "USD": "cent_us",
    "DKK": "oere_dk",
    "SEK": "oere_se",
    "NOK": "oere_no",
    "CHF": "rappen",
    "AUD": "cent_au",
    "CAD": "cent_ca",
    **{code: f"hundredth_{code}" for code in OTHERS},
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
    "ug/m3": "ug/m**3",
    "mg/m3": "mg/m**3",
    "W/(m2.K)": "W/(m**2*K)",
    "m2": "m**2",
    "ft2": "ft**2",
    "m3/h": "m**3/h",
    "m3/s": "m**3/s",
    "l/min": "l/minute",
    "p/kWh": "penny/(kW*h)",
    "Gcal": "gigacalorie_it",
    "toe": "oil_tonne",
    "ktoe": "kilo_oil_tonne",
    "VAh": "VA*h",
    "kVAh": "kVA*h",
    "MVAh": "MVA*h",
    "kWh/d": "kW*h/day",
    "MWh/d": "MW*h/day",
    "GWh/d": "GW*h/day",
    "Btu/h": f"{BTU}/h",
    "Ah": "A*h",
    "mAh": "mA*h",
    "kAh": "kA*h",
    "kOhm": "kohm",
    "MOhm": "Mohm",
    "Ohm": "ohm",
    "rps": "revolution/s",
    "mW/cm2": "mW/cm**2",
    "in/h": "inch/h",
    "mm/d": "mm/day",
    "l/m2": "l/m**2",
    "Mcf": "thousand_cubic_feet",
    "m3/d": "m**3/day",
    "gpm": "US_liquid_gallon/minute",
    "cfm": "foot**3/minute",
    "d": "day",
    "t": "metric_ton",
    "t/h": "metric_ton/h",
    "lb": "pound",
    "ppb": "billionth",
    "g/m3": "g/m**3",
    "Bq/m3": "Bq/m**3",
    "pCi/l": "pcurie/l",
    "m2.K/W": "m**2*K/W",
    "Wh/K": "W*h/K",
    "kWh/K": "kW*h/K",
    "W/(m.K)": "W/(m*K)",
    "MJ/m3": "MJ/m**3",
    "kWh/m3": "kW*h/m**3",
    "kWh/kWp": "kW*h/kW",
    "kWh/(m2.a)": "kW*h/(m**2*year)",
    "Wh/km": "W*h/km",
    "kWh/km": "kW*h/km",
    "kWh/100km": "kW*h/hundred_km",
    "kWh/mi": "kW*h/mile",
    "ct/kWh": "eurocent/(kW*h)",
    "Rp/kWh": "rappen/(kW*h)",
    "USct/kWh": "cent_us/(kW*h)",
    "AUct/kWh": "cent_au/(kW*h)",
    "CAct/kWh": "cent_ca/(kW*h)",
    "öre/kWh": "oere_se/(kW*h)",
    "EUR/GJ": "EUR/GJ",
    "GBP/therm": "GBP/hundred_thousand_btu",
    "p/therm": "penny/hundred_thousand_btu",
    "USD/MMBtu": "USD/million_btu",
    "EURct": "eurocent",
    "pence": "penny",
    "USct": "cent_us",
    **{f"{money}/{energy}": f"{money}/({energy[0]}W*h)" for money in MONEY for energy in ("kWh", "MWh")},
}
# what can be converted: of the units of a currency, those
TABLE_NAMES = [
    (f"{dimension} {entry.get('currency', '')}".strip(), name)
    for dimension, units in yaml.safe_load(TABLE.read_text()).items()
    for name, entry in units.items()
]
# of no currency: how they scale is that of the units which have one
OPEN = {"1/MWh": "EUR/MWh", "1/kWh": "EUR/kWh", "currency_unit": "EUR"}


@pytest.fixture(scope="module")
def registry() -> pint.UnitRegistry:
    registry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    for money, hundredth in MONEY.items():
        registry.define(f"{money} = [{money}]")
        registry.define(f"{hundredth} = 0.01 * {money}")
    for name, factor in (("thousand", "1e3"), ("million", "1e6"), ("hundred_thousand", "1e5")):
        registry.define(f"{name}_btu = {factor} * {BTU}")
    for definition in (
        "hundred_cubic_feet = 100 * foot**3",
        "thousand_cubic_feet = 1000 * foot**3",
        "gigacalorie_it = 1e9 * international_calorie",
        "oil_tonne = 1e10 * international_calorie",
        "kilo_oil_tonne = 1e13 * international_calorie",
        "billionth = 0.001 * ppm",
        "tenth = 0.1",
        "okta = 0.125",
        "hundred_km = 100 * km",
    ):
        registry.define(definition)
    return registry


@pytest.mark.parametrize(("dimension", "name"), TABLE_NAMES)
def test_a_unit_converts_as_pint_converts_it(dimension: str, name: str, registry: pint.UnitRegistry) -> None:
    source = registry.Quantity(37.25, PINT.get(OPEN.get(name, name), OPEN.get(name, name)))
    for other in [other for of, other in TABLE_NAMES if of == dimension]:
        ours = find_conversion(find_unit(name), find_unit(other))(37.25)
        pints = PINT.get(OPEN.get(other, other), OPEN.get(other, other))
        assert ours == pytest.approx(source.to(pints).magnitude, rel=1e-12)


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


@pytest.mark.parametrize("currency", sorted(MONEY))
def test_a_price_scales_to_one_without_a_currency_and_never_to_another(currency: str) -> None:
    price = find_unit(f"{currency}/kWh")
    assert price.currency == currency
    assert find_conversion(price, find_unit("1/MWh")) == Conversion(1000, 0, 1)
    others = [find_unit(f"{other}/MWh") for other in MONEY if other != currency]
    for other in [*others, *([find_unit("EUR")] if currency != "EUR" else [])]:
        with pytest.raises(ValueError, match=r"price in|unit of"):
            find_conversion(price, other)
    with pytest.raises(ValueError, match=f"no currency, {currency}/kWh in {currency}"):
        find_conversion(find_unit("1/MWh"), price)


@pytest.mark.parametrize(
    ("rate", "amount", "of_one_in_an_hour"),
    [("kW", "kWh", 1), ("MW", "kWh", 1000), ("W", "MJ", 0.0036), ("kvar", "kvarh", 1), ("W/m2", "Wh/m2", 1),
     ("m3/h", "m3", 1), ("l/min", "m3", 0.06)],
)  # fmt: skip
def test_what_is_a_rate_becomes_an_amount_over_an_interval_and_back(
    rate: str, amount: str, of_one_in_an_hour: float
) -> None:
    flow, total = find_unit(rate), find_unit(amount)
    hour, quarter = timedelta(hours=1), timedelta(minutes=15)
    assert find_conversion_over(hour, flow, total)(1) == pytest.approx(of_one_in_an_hour, rel=1e-15)
    assert find_conversion_over(quarter, flow, total)(1) == pytest.approx(of_one_in_an_hour / 4, rel=1e-15)
    assert find_conversion_over(quarter, total, flow)(find_conversion_over(quarter, flow, total)(7)) == pytest.approx(7)
    assert needs_interval(flow, total) and needs_interval(total, flow) and not needs_interval(flow, flow)


def test_what_never_becomes_the_other_is_refused_with_an_interval_too() -> None:
    for rate, amount in (("kW", "kvarh"), ("kW", "m3"), ("kWh", "kWh"), ("VA", "kWh")):
        with pytest.raises(ValueError, match=f"{rate} is a unit of"):
            find_conversion_over(timedelta(hours=1), find_unit(rate), find_unit(amount))


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("kVARH", "kvarh"),
        ("kWh m-2", "kWh/m2"),
        ("˚C", "degC"),
        ("degrees Celsius", "degC"),
        ("dbm", "dBm"),
        ("k\u2126", "kOhm"),
        ("kWh/day", "kWh/d"),
        ("MWh/h", "MW"),
        ("U/min", "rpm"),
        ("kWh/m²a", "kWh/(m2.a)"),
        ("dB(A)", "dB"),
    ],
)
def test_units_are_found_as_sources_spell_them(written: str, unit: str) -> None:
    assert find_unit(written).name == unit


@pytest.mark.parametrize("text", ["in", "atm", "59", "p_atm", "day", "cal", "ton"])
def test_what_could_mean_something_else_is_nobodys_spelling(text: str) -> None:
    with pytest.raises(NotFound):
        find_unit(text)


def test_every_unit_of_a_field_is_called_what_other_vocabularies_call_it() -> None:
    codes = yaml.safe_load(CODES.read_text(encoding="utf-8"))
    held = {field.unit for concept in load_definition().concepts() for field in concept.fields.values() if field.unit}
    assert held <= set(codes)
    for unit in codes:
        assert find_unit(unit).name == unit
        for code in (find_codes(unit).ucum, find_codes(unit).unece):
            same = known_unit(code) if code else None
            assert same is None or same.name == unit, code
