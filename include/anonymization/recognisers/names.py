"""Names of persons: behind a title, where somebody gives theirs, and given names that are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from itertools import pairwise
from typing import Final

_LOCALES: Final = (
    "de_AT", "de_DE", "el_GR", "en_GB", "en_IE", "en_US", "es_ES", "fr_FR", "it_IT", "nl_BE", "nl_NL", "pt_PT",
)  # fmt: skip

_WORDS: Final = frozenset({
    "april", "august", "autumn", "bill", "chance", "christmas", "dawn", "don", "drew", "else", "ernst", "ever",
    "faith", "felix", "forest", "fox", "frank", "glen", "grace", "grant", "green", "harmony", "hans", "hope", "iris",
    "joy", "july", "june", "jules", "lance", "mark", "march", "marino", "may", "maria", "max", "mercedes", "mia",
    "mike", "miles", "north", "octavia", "ocean", "paris", "penny", "pie", "pilar", "port", "ray", "rose", "sage",
    "sky", "sol", "star", "storm", "summer", "sunny", "sunrise", "tag", "tesla", "van", "viola", "west", "will",
    "winter", "santa", "san", "real", "jean", "mars", "mini", "solar", "volt",
})  # fmt: skip
"""Given names that are words as well, of one of the languages; alone they are no names."""

_TITLES: Final = (
    r"(?:mr|mrs|ms|miss|dr|prof|herrn?|frau|fam|familie|dhr|mevr|mevrouw|meneer|mme|mlle|monsieur|madame"
    r"|señora?|doña|sig|sig\.ra|signora?|dott|κος|κα|κυρία|κύριος|kyria|kyrios)\b\.?"
)
_SAID: Final = (
    r"(?:(?:(?:last|first|maiden|family|full) )?name(?: is|'s|:|\?)|i am called|mein name ist|ich heiße|nachname:"
    r"|je m'appelle|mon nom est|nom ?:|mijn naam is|naam:|me llamo|mi nombre es|nombre:|mi chiamo|nome:|με λένε|όνομα:)"
)
_OF_WHOM: Final = (
    r"my|our|your|his|her|their|meine?|unsere?|ihre?|mijn|onze|ons|haar|zijn|mon|ma|notre|votre|son|sa|mi|su|nuestr[oa]"
    r"|il mio|la mia|il suo|la sua"
)
_KIN: Final = (
    r"son|daughter|kid|child|wife|husband|partner|mother|father|brother|sister|neighbour|neighbor|tenant|landlord|friend"
    r"|colleague|sohn|tochter|frau|mann|mutter|vater|bruder|schwester|nachbar(?:in)?|mieter(?:in)?|vermieter(?:in)?"
    r"|kolleg(?:e|in)|zoon|dochter|vrouw|echtgenoot|moeder|vader|broer|zus|buur(?:man|vrouw)|huurder|collega|fils|fille"
    r"|femme|mari|mère|père|frère|sœur|voisine?|locataire|collègue|hij[oa]|espos[oa]|mujer|marido|madre|padre|herman[oa]"
    r"|vecin[oa]|inquilin[oa]|figli[oa]|moglie|marito|fratello|sorella|vicin[oa]|colleg[ao]"
)
_GREETED: Final = (
    r"dear|hello|hallo|beste|geachte|lieve|lieber?|cher|chère|bonjour|estimad[oa]|querid[oa]|hola|car[oa]|gentile|ciao"
    r"|αγαπητ[έή]|(?:kind |best |warm )?regards,?|sincerely,?|cheers,?|grüßen?,?|gruß,?|groet(?:en|jes)?,?"
    r"|cordialement,?|saludos,?|saluti,?|με εκτίμηση,?"
)
_SPOKEN: Final = (
    r"says|said|asked|replied|wrote"
    r"|(?:signed|written|reported|requested|done|read|checked|called|directed|visited|witnessed|complaint) by"
    r"|(?:spoke|talked|spoken) (?:to|with)|(?:assistant|secretary|nurse|heir) (?:to|of)|starring|on behalf of|c/o"
    r"|sagte?|fragte?|schrieb|meinte|zegt|zei|vroeg|schreef|demande|répond|dice|dijo|preguntó|disse|chiede"
    r"|namens|im namen von|au nom de|en nombre de|a nome di|gesproken met"
    r"|gesprochen mit|telefoniert mit|parlé (?:à|avec)|parlato con"
    r"|hablado con|μίλησα με"
)
_ROLES: Final = (
    r"customer|tenant|owner|resident|occupant|landlord|landlady|caller|neighbour|neighbor|caretaker|electrician"
    r"|plumber|technician|engineer|installer|inspector|singer|actor|actress|director|president|nurse|doctor"
    r"|klant|huurder|bewoner|eigenaar|buurman|buurvrouw|loodgieter|elektricien|conciërge|locataire|propriétaire"
    r"|voisine?|gardien(?:ne)?|électricien|plombier|inquilin[oa]|propietari[oa]|vecin[oa]|portero|electricista"
    r"|proprietari[oa]|elettricista|idraulico|portinaio"
)
"""In small letters, which German has for no noun: there `Kunde Zähler getauscht` names nobody."""
_ACTS: Final = (
    r"(?:phoned|rang|telephoned|e?mailed|texted|shouted|cried|whispered|complained|insisted|apologi[sz]ed|thanked|smiled"
    r"|laughed|nodded|married|lived|resides|agreed|admitted|promised|hopes|loves|loved"
    r"|called (?:about|again|back|in|us|me|because|twice|yesterday|today|from|this morning)|told (?:us|me|him|her|them)"
    r"|(?:asked|wrote|said|says) (?:that|us|me|him|her|them|he|she|they|no|yes|if)"
    r"|spent (?:a|the) (?:day|week|month|year|night|summer))"
)
_OWNED: Final = rf"(?:{_KIN}|house|home|flat|apartment|kitchen|garage|bedroom|boss|dog|birthday|place)"
_ADDRESSED: Final = r"(?:(?:can|could|would|will) (?:you|I|we|i)|please|thank you|thanks for)"
_CAPITAL: Final = r"[^\W\d_a-zß-öø-ÿα-ωά-ώ]"
_ACTING: Final = re.compile(
    rf"(?<![\w'’])(?={_CAPITAL})[^\W\d_]{{2,40}}(?=(?: {_CAPITAL}[^\W\d_]{{1,40}})?"
    rf"(?:['’]s {_OWNED}\b| {_ACTS}\b))"
)
"""A name before what only a person does or has."""
_ASKED: Final = re.compile(rf"(?:\A|[.!?\n\"“])\s*(?P<name>{_CAPITAL}[^\W\d_]{{1,40}})(?=, {_ADDRESSED}\b)")
_MENTIONED: Final = re.compile(
    rf"(?<!\w)(?:(?i:(?:{_OF_WHOM})\s+(?:{_KIN})|{_GREETED}|{_SPOKEN})\s+|(?:{_ROLES}) )(?!(?i:{_TITLES}))"
    rf"(?={_CAPITAL})"
)
"""What stands before a name, and before other words too: those of `_NO_NAMES` are none."""
_NO_NAMES: Final = frozenset({
    "abonado", "abonné", "account", "accountant", "administrator", "afterwards", "agent", "aggregator", "airbnb",
    "alarm", "all", "also", "and", "anybody", "anyone", "anyway", "app", "april", "area", "as", "august", "batería",
    "batteria", "batterie", "batterij", "battery", "bewoner", "building", "but", "caller", "care", "charger", "client",
    "cliente", "clienti", "clients", "colleague", "colleagues", "collega", "company", "contact", "controller",
    "customer", "customers", "damen", "data", "december", "dienstag", "display", "distribuidora", "distributore",
    "doctor", "donnerstag", "eigentümer", "electrician", "engineer", "even", "everybody", "everyone", "february",
    "finally", "first", "fornitore", "fournisseur", "frau", "freitag", "friday", "gateway", "grid", "groeten", "gruß",
    "grüße", "grüßen", "guide", "he", "heat", "hello", "helpdesk", "herr", "herren", "herrn", "hi", "home", "hotline",
    "house", "householder", "however", "i", "id", "if", "inspector", "installer", "instead", "inversor", "inverter",
    "it", "january", "july", "june", "klant", "klanten", "kollegen", "kolleginnen", "kunde", "kunden", "kundin",
    "ladies", "landlady", "landlord", "later", "leverancier", "login", "madam", "madame", "man", "manager", "manual",
    "march", "may", "mayor", "meanwhile", "meter", "mieter", "mittwoch", "modbus", "monday", "monsieur", "montag",
    "monteur", "name", "neighbour", "netbeheerder", "netzbetreiber", "next", "no", "nobody", "november", "now",
    "number", "nurse", "occupant", "october", "office", "officer", "ok", "okay", "omvormer", "onduleur", "operator",
    "otherwise", "owner", "participant", "people", "please", "plumber", "police", "portal", "president", "provider",
    "pump", "reception", "red", "regards", "relations", "report", "resident", "residents", "rete", "router", "réseau",
    "saludos", "saluti", "samstag", "saturday", "scada", "secretary", "sensor", "september", "server", "service", "she",
    "signora", "signore", "signori", "sir", "sirs", "so", "somebody", "someone", "sonntag", "sorry", "speicher",
    "station", "sunday", "supplier", "support", "system", "team", "technician", "technicien", "techniker", "tecnico",
    "tenant", "thanks", "that", "the", "then", "there", "they", "this", "thursday", "today", "tomorrow", "tuesday",
    "técnico", "user", "utente", "we", "wechselrichter", "wednesday", "well", "wensen", "what", "when", "who", "woman",
    "wünsche", "yes", "yesterday", "you", "zähler",
})  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]{1,40}(?:['’-][^\W\d_]{1,40}){0,3}")
_BEHIND: Final = re.compile(rf"(?<!\w)(?i:{_TITLES}|{_SAID})\s+(?=[^\W\d_])")
_POSSESSIVE: Final = re.compile(r"['’]s$")
_LONGEST: Final = 3
"""So many words are one name at most."""


@cache
def given_names() -> frozenset[str]:
    """Give the given names that are known, of Faker's lists."""
    return _listed("first_names", "first_names_female", "first_names_male", "first_names_nonbinary")


@cache
def family_names() -> frozenset[str]:
    """Give the family names that are known; many are words as well."""
    return _listed("last_names", "last_names_female", "last_names_male")


def _listed(*attributes: str) -> frozenset[str]:
    providers = [import_module(f"faker.providers.person.{locale}").Provider for locale in _LOCALES]
    listed = (name for provider in providers for attribute in attributes for name in getattr(provider, attribute, ()))
    return frozenset(part for name in listed for part in name.split() if len(part) > 2)


def find_names(text: str) -> list[tuple[int, int]]:
    """Find where names stand: behind a title, where somebody gives theirs, or from a given name on.

    Behind the first word, only words with a capital belong to a name.

    Example:
        >>> find_names("Spoke to Mrs. Walsh about it; my name is Jan Maes. Sofie agrees.")
        [(14, 19), (41, 49), (51, 56)]
    """
    words = list(_WORD.finditer(text))
    behind, mentioned = ({found.end() for found in each.finditer(text)} for each in (_BEHIND, _MENTIONED))
    mentioned |= {found.start() for found in _ACTING.finditer(text)}
    mentioned |= {found.start("name") for found in _ASKED.finditer(text)}
    spans: list[tuple[int, int]] = []
    for at, word in enumerate(words):
        if spans and word.start() < spans[-1][1]:
            continue
        unspelled = _is_unspelled(text, words[at : at + 2])
        name = words[at : at + (2 if unspelled else _length(text, words, at))]
        told = word.start() in behind or (word.start() in mentioned and _may_be_name(word.group()))
        if told or unspelled or _is_given(name) or _is_initialed(text, name):
            spans.append((word.start(), word.start() + len(_POSSESSIVE.sub("", text[word.start() : name[-1].end()]))))
    return spans


def find_full_names(text: str) -> list[tuple[int, int]]:
    """Find names of two words and more that begin with a given name which is no other word: `Max Power` is none."""
    return [
        (start, end)
        for start, end in find_names(text)
        if len(words := _WORD.findall(text[start:end])) > 1
        and words[0].lower() not in _WORDS
        and words[0] in given_names()
    ]


def share_of_names(values: Sequence[str]) -> float:
    """Give the share of values that are a person's name: some words, one of them a given name that is known."""
    return sum(map(_is_name, values)) / len(values)


def _length(text: str, words: Sequence[re.Match[str]], at: int) -> int:
    """Count the words with a capital that follow each other; a full stop ends a name but behind an initial."""
    length = 1
    for before, word in pairwise(words[at : at + _LONGEST]):
        between = text[before.end() : word.start()]
        initial = between == ". " and len(before.group()) == 1
        if not (between == " " or initial) or not word.group()[0].isupper():
            break
        length += 1
    return length


def may_be_names(words: str) -> bool:
    """Say whether none of the words is one that only stands where names do."""
    return all(map(_may_be_name, _WORD.findall(words)))


def _may_be_name(word: str) -> bool:
    short = word.isupper() and len(word) <= 4  # `BMS`
    return not short and _POSSESSIVE.sub("", word).lower() not in _NO_NAMES


def _is_unspelled(text: str, pair: Sequence[re.Match[str]]) -> bool:
    """Whether two known names follow each other, both in small letters or both in large ones."""
    if len(pair) < 2 or text[pair[0].end() : pair[1].start()] != " ":
        return False
    first, last = (word.group() for word in pair)
    alike = (first.islower() and last.islower()) or (first.isupper() and last.isupper())
    return alike and first.lower() not in _WORDS and first.title() in given_names() and last.title() in family_names()


def _is_initialed(text: str, name: Sequence[re.Match[str]]) -> bool:
    """Whether a known family name stands behind an initial: `J. Peeters`."""
    if len(name) < 2 or len(name[0].group()) > 1 or not name[0].group().isupper():
        return False
    return text[name[0].end()] == "." and name[-1].group() in family_names()


def _is_given(name: Sequence[re.Match[str]]) -> bool:
    first = name[0].group().partition("'")[0].partition("’")[0]
    if not first[0].isupper() or first not in given_names():
        return False
    return len(name) > 1 or first.lower() not in _WORDS


def _is_name(value: str) -> bool:
    words = _WORD.findall(value)
    if not 2 <= len(words) <= 4 or any(map(str.isdigit, value)):
        return False
    return any(word in given_names() for word in _spelled(words))


def _spelled(words: Sequence[str]) -> Iterator[str]:
    """Give words as lists of names spell them: `ANNA` and `anna` too."""
    for word in words:
        yield word if not (word.isupper() or word.islower()) else word.capitalize()
