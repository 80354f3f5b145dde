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
    r"(?P<value>[^,;.!?\n]{0,50}\d{1,4}[a-z]?(?:,\s(?-i:[A-ZÀ-ÞΑ-Ω])[\w'’-]{1,30})?)(?!\w)",
    re.IGNORECASE,
)
_DWELLS: Final = re.compile(
    r"(?<!\w)(?i:(?:lives?|lived|living|resid(?:es?|ed|ing)|born|grew up) in|emigrated to"
    r"|(?:he|she|they|we|i|family|tenants?|customer|parents|who)(?: has| have|'ve| had)? moved to"
    r"|originally from|wohnt in|lebt in|geboren in|(?:zieht|zog|umgezogen) nach|woont in|geboren te"
    r"|verhuis(?:t|d|de) naar|(?:habite|vit|née?|déménagée?) à|originaire de|vive en|nacid[oa] en|natural de"
    r"|se muda a|(?:vive|abita|nat[oa]) a|originari[oa] di|si trasferisce a|(?:μένει|ζει|γεννήθηκε) στη[νς]?"
    r"|κατάγεται από τη[νς]?)\s+(?P<value>[A-ZÀ-ÞΑ-Ω][a-zß-ÿ\u0100-\u017fά-ώ'’-]{2,30}"
    r"(?:[ -][A-ZÀ-Þ][a-zß-ÿ\u0100-\u017f'’-]{1,30}){0,2})(?!\w)"
)
"""A town names nobody; that somebody lives there, or was born there, leads to them."""
_NO_TOWNS: Final = frozenset({
    "angst", "april", "august", "december", "dezember", "einer", "february", "frieden", "grid", "haus", "high", "home",
    "house", "january", "januar", "july", "juli", "june", "juni", "keller", "low", "manual", "march", "may", "miete",
    "monday", "november", "october", "oktober", "september", "the", "wohnung",
})  # fmt: skip


def find_labelled(text: str) -> Iterator[tuple[str, int, int]]:
    """Give entity, start and end of each number, or address, right behind what it is called.

    Example:
        >>> text = "Customer no. 1234, Zählernummer: 1EMH0012345, n° client 998877"
        >>> [(entity, text[start:end]) for entity, start, end in find_labelled(text)]
        [('CUSTOMER_ID', '1234'), ('CUSTOMER_ID', '998877'), ('DEVICE_ID', '1EMH0012345')]
    """
    for entity, seeks in (*_SEEKS.items(), ("ADDRESS", _LIVES), ("ADDRESS", _DWELLS)):
        for found in seeks.finditer(text):
            if found["value"].split()[0].lower() in _NO_TOWNS:
                continue
            yield entity, found.start("value"), found.end("value")
