"""What the name of a column says that its cells are: times, weeks, names of things, parts of a unit."""

from __future__ import annotations

import re
from typing import Final

NAMES_SOMETHING: Final = re.compile(
    r"(^|[^a-zà-ü])(ean|gln|id|ids|nr|no|num|number|nummer|serial|code|zip|plz|postcode|postal|phone|tel|mpan|mprn|nmi|cups|pod|account)($|[^a-zà-ü])",
    re.IGNORECASE,
)
SCALED: Final = re.compile(r"\((ten|hundred|thousand)(s|ths) of .*\)|\((tenth|hundredth|thousandth)s\)")
"""Names of what is counted in parts of a unit: whole numbers, however they are padded."""

NAMES_TIME: Final = re.compile(
    r"(?:aaaa|yyyy|jjjj)mm(?:jj|dd|tt)|time|date|datum|zeit|tijd|stamp|epoch|fecha|heure|jour|unix_?s"
    r"|last[_ ]?(?:seen|changed|reported)"
    r"|(^|[^a-z])(ts|at|day(?!.?ahead)|tag|dag|dia|giorno|data(?!\.)|data_?ora|hora|ora|mtu)($|[^a-z])",
    re.IGNORECASE,
)

NAMES_END: Final = re.compile(r"(?i:(^|[^a-z])(start|begin|end|until)(ed|s)?($|[^a-z]))|[a-z](Start|Begin|End)$")
"""Names of an interval's ends, which may be counted since 1970; `from` and `to` name parties as well."""

NAMES_WEEK: Final = re.compile(
    r"(^|[^a-z])((calendar|iso).?)?(weeks?|wk|(kalender)?woche|kw|cw|semaine|semana|settimana|uke|vecka|viikko|tydzień)($|[^a-z])",
    re.IGNORECASE,
)

FIRST_NAMELESS: Final = "column_1"
"""What the first column is called where the source gives none a name: there, lists of pairs have their time."""
