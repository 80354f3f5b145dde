"""What a text calls by what it is: `customer no. 1234`, `lives at …`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

LABELLED: Final = {
    "CUSTOMER_ID": (
        r"customer|client|account|contract|policy|member|subscriber|invoice|case|ticket|kunden?|vertrags?|rechnungs?|mitglieds?"
        r"|klant(?:en)?|contract|factuur|lid|client|contrat|abonné|facture|cliente|contrato|abonado|factura|contratto|utente"
        r"|fattura|πελάτη|συμβολαίου|λογαριασμού"
    ),
    "DEVICE_ID": (
        r"meter|serial|device|inverter|charger|zähler|geräte|serien|wechselrichter|teller|serie|toestel|compteur|série"
        r"|appareil|contador|serie|dispositivo|contatore|matricola|μετρητή|συσκευής|σειριακός"
    ),
}
_NUMBERED: Final = (
    r"(?:number|no|nr|num|id|ref|reference|nummer|kennung|numéro|nº|n°|número|núm|numero|codice|code|código|αριθμός|αρ)"
)
_BEFORE: Final = r"(?:numéro|nº|n°|número|núm|numero|codice|código|αριθμός|αρ)"
_VALUE: Final = r"(?P<value>[A-Z\d](?=[A-Z\d/.-]*\d{2})[A-Z\d]*(?:[/.-][A-Z\d]+){0,5})"
_SEEKS: Final = {
    entity: re.compile(
        rf"(?<!\w)(?:(?:{labels})[\s-]?{_NUMBERED}\b\.?|{_BEFORE}\.?\s(?:de |du |di |del )?(?:{labels})\b)"
        rf"(?:\s(?:is|ist|es|est|è|lautet))?\s?[:#=]?\s?{_VALUE}(?![\w])",
        re.IGNORECASE,
    )
    for entity, labels in LABELLED.items()
}


_LIVES: Final = re.compile(
    r"(?<!\w)(?:(?:lives?|living|resid(?:es|ing)) at|wohnt (?:in|am)|wohnhaft(?: in)?|woont (?:in|op|te|aan)"
    r"|habite(?: au| à)?|vive en|abita in|μένει (?:στη[νς]?|στο[νυ]?))\s+"
    r"(?P<value>[^,;.!?\n]{0,50}\d{1,4}[a-z]?)(?!\w)",
    re.IGNORECASE,
)


def find_labelled(text: str) -> Iterator[tuple[str, int, int]]:
    """Give entity, start and end of each number, or address, right behind what it is called.

    Example:
        >>> text = "Customer no. 1234, Zählernummer: 1EMH0012345, n° client 998877"
        >>> [(entity, text[start:end]) for entity, start, end in find_labelled(text)]
        [('CUSTOMER_ID', '1234'), ('CUSTOMER_ID', '998877'), ('DEVICE_ID', '1EMH0012345')]
    """
    for entity, seeks in (*_SEEKS.items(), ("ADDRESS", _LIVES)):
        for found in seeks.finditer(text):
            yield entity, found.start("value"), found.end("value")
