"""Makes cells of tables: invented personal data with right check digits, and what only looks like it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from stdnum import ean, iban, luhn
from stdnum.be import nn
from stdnum.cy import vat as cy_vat
from stdnum.de import idnr
from stdnum.es import cups, dni
from stdnum.eu import eic
from stdnum.gb import nhs
from stdnum.gr import vat as gr_vat
from stdnum.ie import vat as ie_vat
from stdnum.it import codicefiscale

WORDS = yaml.safe_load((Path(__file__).parents[2] / "data/pii/words.yaml").read_text(encoding="utf-8"))
DIGITS, LETTERS, HEX = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789abcdef"
START = datetime(2025, 1, 1, tzinfo=UTC)


class Cells:
    """Makes the cells of one table; `half` chooses which names and streets are used."""

    def __init__(self, seed: str, half: int) -> None:
        self.random = random.Random(seed)
        self.half = half

    def make(self, recipe: str, row: int) -> str:
        name, *options = recipe.split()
        return str(getattr(self, f"_{name}")(row, *options))

    def some(self, signs: str, count: int) -> str:
        return "".join(self.random.choice(signs) for _ in range(count))

    def until(self, make: Callable[[], str], right: Callable[[str], bool]) -> str:
        return next(text for _ in range(10_000) if right(text := make()))

    def pick(self, kind: str, language: str) -> str:
        return str(self.random.choice(WORDS[kind][language][self.half :: 2]))

    def day(self, first: int, last: int) -> datetime:
        return datetime(first, 1, 1, tzinfo=UTC) + timedelta(days=self.random.randrange((last - first) * 365))

    # persons and where they live

    def _given(self, _: int, language: str) -> str:
        return self.pick("given", language)

    def _surname(self, _: int, language: str) -> str:
        return self.pick("surnames", language)

    def _person(self, _: int, language: str) -> str:
        return f"{self.pick('given', language)} {self.pick('surnames', language)}"

    def _email(self, row: int) -> str:
        language = self.random.choice(["de", "en", "fr", "it"])
        name = f"{self.pick('given', language)}.{self.pick('surnames', language)}{row}"
        return f"{name}@example.org".replace("ß", "ss").replace(" ", "").lower()

    def _street(self, _: int, language: str) -> str:
        return self.pick("streets", language).format(self.random.randrange(1, 190))

    def _streetname(self, _: int, language: str) -> str:
        return self.pick("streets", language).replace("{}", "").strip(" ,")

    def _postcode(self, _: int, country: str) -> str:
        r = self.random
        match country:
            case "BE" | "CY":
                return str(r.randrange(1000, 9990))
            case "NL":
                return f"{r.randrange(1000, 9999)} {self.some('ABCDEGHJKLMN', 2)}"
            case "GB":
                area, inward = r.choice(["SW", "M", "LS", "EH", "CF"]), self.some("ABDEFGHJLN", 2)
                return f"{area}{r.randrange(1, 20)} {r.randrange(1, 9)}{inward}"
            case "IE":
                return f"{r.choice(['D02', 'T12', 'A94', 'H91', 'V94'])} {self.some('ACDEFHKNPRTVWXY0123456789', 4)}"
            case "GR":
                return f"{r.randrange(100, 860)} {r.randrange(10, 99)}"
        return f"{r.randrange(1001, 98000):05d}"

    def _birth(self, _: int, style: str) -> str:
        return self.day(1930, 2006).strftime("%Y-%m-%d" if style == "iso" else "%d.%m.%Y")

    def _phone(self, _: int, country: str, style: str) -> str:
        d = self.some
        national, code = {
            "BE": (
                f"04{self.random.choice('79')}{d('123456789', 1)} {d(DIGITS, 2)} {d(DIGITS, 2)} {d(DIGITS, 2)}",
                "32",
            ),
            "DE": (f"0151 {d('123456789', 1)}{d(DIGITS, 7)}", "49"),
            "GR": (f"69{self.random.choice('4789')} {d(DIGITS, 3)} {d(DIGITS, 4)}", "30"),
            "IE": (f"08{self.random.choice('567')} {d('123456789', 1)}{d(DIGITS, 2)} {d(DIGITS, 4)}", "353"),
            "IT": (f"3{self.random.choice('2348')}{d(DIGITS, 1)} {d('123456789', 1)}{d(DIGITS, 6)}", "39"),
            "ES": (f"6{d(DIGITS, 2)} {d(DIGITS, 3)} {d(DIGITS, 3)}", "34"),
            "GB": (f"07{self.random.choice('4578')}{d(DIGITS, 2)} {d(DIGITS, 6)}", "44"),
            "CY": (f"9{self.random.choice('5679')} {d(DIGITS, 6)}", "357"),
        }[country]
        return national if style == "national" else f"+{code} {national.removeprefix('0')}"

    def _note(self, row: int) -> str:
        said = [
            f"Please call {self._phone(row, 'DE', 'intl')} after five",
            f"Spoke to Mrs. {self.pick('surnames', 'en')} about the reading",
            f"Send the bill to {self._email(row)} from now on",
            "Display is dark since the power cut",
            "Reading was estimated, meter behind a locked door",
            "Inverter reset, works again",
        ]
        return f"{self.random.choice(said)} ({row})"

    # numbers of persons

    def _be_nn(self, _: int, style: str) -> str:
        day = self.day(1940, 1999).strftime("%y%m%d")
        body = f"{day}{self.random.randrange(1, 998):03d}"
        plain = f"{body}{97 - int(body) % 97:02d}"
        return nn.format(plain) if style == "dotted" else plain

    def _de_tax(self, _: int) -> str:
        return self.until(lambda: self.some("123456789", 1) + self.some(DIGITS, 10), idnr.is_valid)

    def _de_id(self, _: int) -> str:
        body = self.some("CFGHJKLMNPRTVWXYZ", 1) + self.some("CFGHJKLMNPRTVWXYZ0123456789", 8)
        return body + str(sum(int(sign, 36) * (7, 3, 1)[at % 3] for at, sign in enumerate(body)) % 10)

    def _gr_amka(self, _: int) -> str:
        body = self.day(1940, 1999).strftime("%d%m%y") + self.some(DIGITS, 4)
        return body + luhn.calc_check_digit(body)

    def _gr_afm(self, _: int) -> str:
        body = self.random.choice("01234") + self.some(DIGITS, 7)
        return body + gr_vat.calc_check_digit(body)

    def _ie_pps(self, _: int) -> str:
        body = self.some("123456789", 1) + self.some(DIGITS, 6)
        return body + ie_vat.calc_check_digit(body)

    def _it_cf(self, _: int) -> str:
        consonants = "BCDFGLMNPRSTV"
        day = f"{self.random.randrange(1, 29) + self.random.choice([0, 40]):02d}"
        place = self.some("ABCDEFGHIL", 1) + self.some("123456789", 3)
        body = self.some(consonants, 6) + self.some(DIGITS, 2) + self.some("ABCDEHLMPRST", 1) + day + place
        return body + codicefiscale.calc_check_digit(body)

    def _es_dni(self, _: int) -> str:
        body = self.some(DIGITS, 8)
        return body + dni.calc_check_digit(body)

    def _es_nie(self, _: int) -> str:
        at, body = self.random.randrange(3), self.some(DIGITS, 7)
        return "XYZ"[at] + body + dni.calc_check_digit(f"{at}{body}")

    def _uk_nino(self, _: int) -> str:
        return self.some("ABCEHJLMPRST", 1) + self.some("ABCEHJLMPRST", 1) + self.some(DIGITS, 6) + self.some("ABCD", 1)

    def _uk_nhs(self, _: int, style: str) -> str:
        plain = self.until(lambda: self.some("4679", 1) + self.some(DIGITS, 9), nhs.is_valid)
        return nhs.format(plain) if style == "spaced" else plain

    def _cy_tic(self, _: int) -> str:
        body = "0" + self.some(DIGITS, 7)
        return body + cy_vat.calc_check_digit(body)

    def _cy_id(self, _: int) -> str:
        return str(self.random.randrange(500_000, 1_200_000))

    # money

    def _iban(self, _: int, country: str) -> str:
        lengths = {"DE": 18, "NL": 0, "IT": 0, "BE": 12}
        chosen = self.random.choice(list(lengths)) if country == "mixed" else country
        if chosen == "NL":
            body = self.some("ABINRGO", 4) + self.some(DIGITS, 10)
        elif chosen == "IT":
            return self.random.choice(["IT60X0542811101000000123456", "IT40S0542811101000000123456"])
        elif chosen == "BE":
            number = self.some("123456789", 1) + self.some(DIGITS, 9)
            body = f"{number}{int(number) % 97 or 97:02d}"
        else:
            body = self.some("123456789", 1) + self.some(DIGITS, lengths[chosen] - 1)
        return chosen + iban.calc_check_digits(f"{chosen}00{body}") + body

    def _card(self, _: int) -> str:
        body = self.random.choice(["4", "51", "53", "55"])
        body += self.some(DIGITS, 15 - len(body))
        return body + luhn.calc_check_digit(body)

    # metering points, devices, vehicles

    def _ean18(self, _: int, country: str) -> str:
        body = ("541448" if country == "be" else "871687") + self.some(DIGITS, 11)
        return body + ean.calc_check_digit(body)

    def _cups(self, _: int) -> str:
        body = "ES" + self.random.choice(["0021", "0031", "0022"]) + self.some(DIGITS, 12)
        return body + cups.calc_check_digits(body) + self.random.choice(["", "0F"])

    def _mpan(self, _: int, digits: str) -> str:
        body = self.random.choice("12") + self.some("0123", 1) + self.some(DIGITS, 10)
        primes = (3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43)
        core = f"{body}{sum(int(a) * b for a, b in zip(body, primes, strict=True)) % 11 % 10}"
        return core if digits == "13" else f"0{self.random.randrange(1, 9)}801{self.some(DIGITS, 3)}{core}"

    def _pod(self, _: int) -> str:
        return "IT001E" + self.some(DIGITS, 8)

    def _melo(self, _: int) -> str:
        return "DE000" + self.some(DIGITS, 3) + self.some(DIGITS, 5) + self.some(DIGITS + "ABCDEF", 20)

    def _malo(self, _: int) -> str:
        body = self.some("12345", 1) + self.some(DIGITS, 9)
        total = sum(int(a) for a in body[::2]) + 2 * sum(int(a) for a in body[1::2])
        return f"{body}{-total % 10}"

    def _fr_prm(self, _: int) -> str:
        return self.some("0123", 1) + self.some(DIGITS, 13)

    def _ie_mprn(self, _: int) -> str:
        return "10" + self.some(DIGITS, 9)

    def _gr_supply(self, _: int) -> str:
        return self.some("123456789", 1) + self.some(DIGITS, 8) + self.random.choice(["01", "02"])

    def _mac(self, _: int, style: str) -> str:
        plain = self.random.choice(["b827eb", "dca632", "001a22", "a4cf12", "d05099"]) + self.some(HEX, 6)
        match style:
            case "colon":
                return ":".join(plain[at : at + 2] for at in range(0, 12, 2))
            case "dash":
                return "-".join(plain[at : at + 2] for at in range(0, 12, 2)).upper()
            case "dotted":
                return ".".join(plain[at : at + 4] for at in range(0, 12, 4))
        return plain.upper()

    def _ipv4(self, _: int, style: str) -> str:
        r = self.random
        if style == "private":
            return f"192.168.{r.randrange(4)}.{r.randrange(2, 254)}"
        return ".".join(str(r.randrange(low, 250)) for low in (20, 0, 0, 1))

    def _ipv6(self, _: int) -> str:
        return "2a02:a0" + ":".join([self.some(HEX, 2), *(self.some(HEX, 4).lstrip("0") or "1" for _ in range(6))])

    def _vin(self, _: int) -> str:
        maker = self.random.choice(["WVW", "VF1", "5YJ", "WBY", "KNA", "TMB", "LRW", "ZFA"])
        return maker + self.some("ABCDEFGHJKLMNPRSTUVWXYZ0123456789", 8) + self.some(DIGITS, 6)

    def _emaid(self, _: int, style: str) -> str:
        country, provider = self.random.choice(["DE", "NL", "BE", "FR"]), self.some("ABCDEFGH8", 3)
        body, check = "C" + self.some(DIGITS + LETTERS, 7) + self.some(DIGITS, 1), self.some(DIGITS, 1)
        return f"{country}-{provider}-{body}-{check}" if style == "dash" else f"{country}{provider}{body}"

    def _rfid(self, _: int, size: str) -> str:
        return ("04" if size == "7" else "") + self.some("0123456789ABCDEF", 12 if size == "7" else 8)

    # what is harmless

    def _seq(self, row: int, first: str) -> int:
        return int(first) + 7 * row

    def _serial(self, _: int) -> str:
        return f"{self.some(LETTERS, 2)}{self.some(DIGITS, 4)}-{self.some(DIGITS, 5)}"

    def _counter11(self, row: int) -> int:
        return 20_000_000_000 + 137 * row + self.random.randrange(100)

    def _counter6(self, row: int) -> int:
        return 100_000 + 37 * row

    def _reading(self, _: int) -> str:
        return f"{self.random.uniform(1, 9000):.3f}"

    def _power(self, _: int) -> str:
        return f"{self.random.uniform(1, 15):.1f}"

    def _percent(self, _: int) -> str:
        return f"{self.random.uniform(0, 100):.1f}"

    def _temp(self, _: int) -> str:
        return f"{self.random.uniform(-5, 30):.2f}"

    def _price(self, _: int) -> str:
        return f"{self.random.uniform(5, 300):.2f}"

    def _small(self, _: int) -> int:
        return self.random.randrange(1, 40)

    def _negative(self, _: int) -> int:
        return -self.random.randrange(40, 95)

    def _year(self, _: int) -> int:
        return self.random.randrange(1960, 2020)

    def _category(self, _: int) -> str:
        return self.random.choice(["A", "B1", "Standard", "Dual", "normal", "high"])

    def _company(self, _: int) -> str:
        return self.random.choice(["Voltara GmbH", "Nordnetz AG", "Helio SA", "Certi-Elec vzw", "Gridworks Ltd"])

    def _product(self, _: int) -> str:
        name, kind = self.random.choice(WORDS["products"]), self.random.choice(["Plus", "Flex", "S", "2", "Eco"])
        return f"{name} {kind}"

    def _station(self, row: int) -> str:
        places = WORDS["stations"]
        return f"{places[row % len(places)]} {self.random.choice(['West', 'Nord', 'II', 'Airport'])}"

    def _lat(self, _: int) -> str:
        return f"{self.random.uniform(36, 56):.5f}"

    def _lon(self, _: int) -> str:
        return f"{self.random.uniform(-9, 33):.5f}"

    def _date(self, _: int, style: str) -> str:
        return self.day(2019, 2025).strftime("%Y-%m-%d" if style == "iso" else "%d.%m.%Y")

    def _ts(self, row: int, style: str) -> str:
        when = START + timedelta(minutes=15 * row)
        return when.strftime("%Y-%m-%dT%H:%M:%SZ" if style == "iso" else "%d.%m.%Y %H:%M")

    def _ts14(self, row: int) -> str:
        return (START + timedelta(minutes=15 * row)).strftime("%Y%m%d%H%M%S")

    def _epoch(self, row: int) -> int:
        return int(START.timestamp()) + 900 * row

    def _epochms(self, row: int) -> int:
        return (int(START.timestamp()) + 900 * row) * 1000

    def _eic(self, _: int) -> str:
        body = self.random.choice(["10Y", "11X", "22W", "10T"]) + self.some(LETTERS, 12)
        return body + eic.calc_check_digit(body)

    def _gs1(self, body: str) -> str:
        return body + ean.calc_check_digit(body)

    def _ean13(self, _: int) -> str:
        return self._gs1(self.random.choice(["400", "541", "871", "301"]) + self.some(DIGITS, 9))

    def _gln(self, _: int) -> str:
        return self._gs1("541" + self.some(DIGITS, 9))

    def _gtin14(self, _: int) -> str:
        return self._gs1("1" + self.some(DIGITS, 12))

    def _sscc(self, _: int) -> str:
        return self._gs1("3" + "4012345" + self.some(DIGITS, 9))

    def _imei(self, _: int) -> str:
        body = "35" + self.some(DIGITS, 12)
        return body + luhn.calc_check_digit(body)

    def _iccid(self, _: int) -> str:
        body = "8932" + self.some(DIGITS, 14)
        return body + luhn.calc_check_digit(body)

    def _version(self, _: int) -> str:
        return ".".join(str(self.random.randrange(0, 13)) for _ in range(4))

    def _uuid(self, _: int) -> str:
        return "-".join(self.some(HEX, count) for count in (8, 4, 4, 4, 12))

    def _obis(self, _: int) -> str:
        return self.random.choice(["1-0:1.8.0", "1-0:2.8.0", "1-0:1.7.0", "1-0:32.7.0"])

    def _evse(self, _: int) -> str:
        return f"DE*8AA*E{self.some(DIGITS, 5)}*{self.random.randrange(1, 3)}"

    def _vat(self, _: int) -> str:
        return "DE" + self.some("123456789", 1) + self.some(DIGITS, 8)

    def _path(self, _: int) -> str:
        return f"/api/v1/{self.random.choice(['data', 'meters', 'login'])}/{self.random.randrange(99)}"
