"""What ESPI's code numbers mean.

Source: NAESB REQ.21 (ESPI) 3.x, `espi.xsd`: UnitSymbolKind, FlowDirectionKind, CommodityKind, AccumulationKind,
QualityOfReading; ISO 4217 for currencies.
"""

from __future__ import annotations

from typing import Final

UNITS: Final = {
    "5": "A", "6": "K", "23": "degC", "29": "V", "31": "J", "33": "Hz", "38": "W", "42": "m3", "45": "m3/s", "61": "VA",
    "63": "var", "65": "cos phi", "67": "V2", "69": "A2", "71": "VAh", "72": "Wh", "73": "varh", "106": "Ah",
    "119": "ft3",
    "122": "ft3/h", "125": "m3/h", "128": "gal", "129": "gal/h", "130": "imperial gal", "131": "imperial gal/h",
    "132": "BTU", "133": "BTU/h", "134": "L", "137": "L/h", "138": "kPa", "140": "psi", "155": "kPa", "169": "therm",
    "80": "count",
}  # fmt: skip

DIRECTIONS: Final = {
    "0": "none", "1": "forward", "2": "lagging", "3": "leading", "4": "net", "19": "reverse", "20": "total",
}  # fmt: skip

COMMODITIES: Final = {
    "0": "none", "1": "electricity", "2": "electricity (primary metered)", "3": "communication", "4": "air",
    "5": "insulative gas", "6": "insulative oil", "7": "natural gas", "8": "propane", "9": "potable water",
    "10": "steam",
    "11": "waste water", "12": "heating fluid", "13": "cooling fluid", "14": "non potable water",
}  # fmt: skip

ACCUMULATIONS: Final = {
    "0": "none", "1": "bulk quantity", "2": "continuous cumulative", "3": "cumulative", "4": "delta data",
    "6": "indicating", "9": "summation", "10": "time delay", "12": "instantaneous", "13": "latching quantity",
    "14": "bounded quantity",
}  # fmt: skip

QUALITIES: Final = {
    "0": "valid", "7": "manually edited", "8": "estimated by a reference day",
    "9": "estimated by linear interpolation",
    "10": "questionable", "11": "derived", "12": "projected", "13": "mixed", "14": "raw",
    "15": "normalized for weather",
    "16": "other", "17": "validated", "18": "verified", "19": "revenue-quality",
}  # fmt: skip

CURRENCIES: Final = {
    "36": "AUD", "124": "CAD", "203": "CZK", "208": "DKK", "356": "INR", "392": "JPY", "554": "NZD", "578": "NOK",
    "752": "SEK", "756": "CHF", "826": "GBP", "840": "USD", "978": "EUR", "985": "PLN",
}  # fmt: skip
