"""Finds out in which encoding a text is written: marks and strict UTF-8 first, then what reads as a language."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from include.collection.inspection import Issue, Question

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_SIGNS: Final = frozenset("°²³€µ–—·“”„‘’…§£±º«»¹×Ω\u00a0\u202f™®©½")
_INSIDE_WORDS: Final = frozenset("’·–—\u00a0")

_LATIN: Final = (
    "äöüßÄÖÜ",
    "éèêàçùûôîïëœâÉÈÀÇÊÎÔ",
    "áéíóúñüÁÉÍÓÚÑ¿¡ªº",
    "ãõáéíóúâêôçàÃÕÁÉÍÓÚÇ",
    "àèéìòùÀÈÌÒÙ",
    "ëïéóüöèáê",
    "åäöæøÅÄÖÆØéü",
    "áéíóúýþæðöÁÉÍÓÚÝÞÆÐÖ",
)
_CENTRAL: Final = (
    "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ",
    "áčďéěíňóřšťúůýžÁČĎÉĚÍŇÓŘŠŤÚŮÝŽľôäĽ",
    "áéíóöőúüűÁÉÍÓÖŐÚÜŰ",
    "ăâîşţĂÂÎŞŢșț",
    "čćđšžČĆĐŠŽ",
    "äöüßÄÖÜ",
)
_TURKISH: Final = ("çğıöşüÇĞİÖŞÜâ",)
_CYRILLIC: Final = ("абвгдежзийклмнопрстуфхцчшщъыьэюяіїєґАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯІЇЄҐёЁ",)
_GREEK: Final = ("αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΆΈΉΊΌΎΏ",)
_BALTIC: Final = ("ąčęėįšųūžĄČĘĖĮŠŲŪŽ", "āčēģīķļņšūžĀČĒĢĪĶĻŅŠŪŽ", "äõöüšžÄÕÖÜŠŽ")

_CANDIDATES: Final = (
    ("latin-1", _LATIN),
    ("cp1252", _LATIN),
    ("iso-8859-15", _LATIN),
    ("cp1250", _CENTRAL),
    ("iso-8859-2", _CENTRAL),
    ("cp1254", _TURKISH),
    ("cp1257", _BALTIC),
    ("cp1251", _CYRILLIC),
    ("koi8-r", _CYRILLIC),
    ("cp1253", _GREEK),
    ("cp850", _LATIN),
    ("cp437", _LATIN),
    ("cp852", _CENTRAL),
    ("mac-roman", _LATIN),
)
"""Encodings and, for each, the letters beyond ASCII of the languages written in it; the commoner ones first."""

_RARE: Final = {"cp850": 0.1, "cp437": 0.1, "cp852": 0.1, "mac-roman": 0.1}

_JAPANESE: Final = frozenset(
    "日時年月分秒使用量電力発売買供給気料金地点特定番号単価区合計備考正常東京関西中部北海道陸国九州沖縄県市社名称氏住所契約"
    "種別最大小需要実績予測値平均間帯度湿温風速射太陽光蓄池充放消費計器識別検針確報速需給設備容低高圧者目的上下有無曜平祝"
)
_SIMPLIFIED: Final = frozenset(
    "日期时间年月分秒用电量户编号功率千瓦正常备注数据地址表计价格总单位名称类型状态最大小平均值有无压流频因上下午网光伏发储"
    "能充放温度湿风速辐射照站点区域省市县公司项目序北京海广东江苏峰谷尖负荷出力实际预测设备逆变器电厂机组"
)
_TRADITIONAL: Final = frozenset(
    "日期時間年月分秒用電量戶編號功率千瓦正常備註數據資料地址表計價格總單位名稱類型狀態最大小平均值有無壓流頻率因太陽光發儲"
    "能充放溫度濕風速射站點區域縣市公司案場序台北中南高雄尖峰離負載淨備轉機組"
)
_HANGUL: Final = frozenset(
    "전력사용량시간일자년월분초발소요금계약번호고객명주비정상최대평균값온도습풍속태양광저장충방구단위합지역한국서울부산업량기"
    "설실적예측수거래가격총누유무효율압류"
)
_EAST: Final = (
    ("cp932", _JAPANESE),
    ("euc_jp", _JAPANESE),
    ("gb18030", _SIMPLIFIED),
    ("cp949", _HANGUL),
    ("big5", _TRADITIONAL),
)
"""Encodings of letters of two bytes, which read one another's; what tables of energy usually write tells them apart."""

_KANA: Final = re.compile("[\u3040-\u30ff]")
_EASTERN: Final = re.compile("[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af\u3000-\u303f\uff00-\uffef]")
_EASTERN_SIGN: Final = re.compile("[\u2460-\u24ff\u3000-\u303f\u3200-\u33ff\uff00-\uffef]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_TWICE: Final = re.compile("Ã[¤¶¼Ÿ©¨±³¡­º]|Â[°²³µ]|â‚¬")


@dataclass(frozen=True, slots=True)
class DetectedEncoding:
    """An encoding that reads all of a head."""

    encoding: str
    confidence: float
    issues: tuple[Issue, ...] = ()
    questions: tuple[Question, ...] = ()


def detect_encoding(head: bytes) -> DetectedEncoding | None:
    """Say how the beginning of a text is encoded; None where it is no text.

    A character that the end of the head cuts is no error.

    Example:
        >>> detect_encoding("Energía; español".encode("latin-1")).encoding
        'latin-1'
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return DetectedEncoding(encoding, 1.0) if _reads(head, encoding) is not None else None
    if b"\0" in head:
        return _without_mark(head)
    text = _reads(head, "utf-8")
    if text is not None:
        if _is_no_text(text):
            return None
        found = _TWICE.search(text)
        issues = () if found is None else (_encoded_twice(text[: found.start()].count("\n") + 1),)
        return DetectedEncoding("utf-8", 1.0, issues)
    if sum(byte < 32 and byte not in b"\t\n\r\x0c\x1a" for byte in head[:65536]) > 0:
        return None
    return _damaged(head) or _rank(head)


def decode_head(head: bytes, encoding: str) -> str:
    """Decode as much of a head as is whole; what the encoding does not know becomes U+FFFD."""
    return codecs.getincrementaldecoder(encoding)("replace").decode(head).removeprefix("\ufeff")


def _reads(head: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)("strict").decode(head)
    except (UnicodeDecodeError, UnicodeError):
        return None


def _without_mark(head: bytes) -> DetectedEncoding | None:
    even, odd = head[0:65536:2].count(0), head[1:65536:2].count(0)
    half = len(head[:65536]) / 2
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    if max(even, odd) < 0.3 * half or min(even, odd) > 0.05 * half:
        return None
    text = _reads(head, encoding)
    return None if text is None or "\0" in text or _is_no_text(text) else DetectedEncoding(encoding, 0.95)


def _is_no_text(text: str) -> bool:
    return len(_CONTROL.findall(text.removesuffix("\x1a"))) > len(text) / 500


def _encoded_twice(line: int) -> Issue:
    return Issue(
        f"line {line}",
        "letters look as if UTF-8 had been read as another encoding and written again (Ã¼ for ü)",
        "Export it again; or correct the names in the mapping.",
    )


def _damaged(head: bytes) -> DetectedEncoding | None:
    """Say that it is UTF-8 in which single bytes are damaged, where most letters beyond ASCII are whole."""
    text = head.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    whole = sum(sign > "\x7f" for sign in text) - lost
    if whole < 4 * lost:
        return None
    line = text[: text.index("\ufffd")].count("\n") + 1
    return DetectedEncoding(
        "utf-8",
        0.5,
        (
            Issue(
                f"line {line}", f"{lost} bytes are no UTF-8, in a file that is otherwise", "Export it again in UTF-8."
            ),
        ),
    )


def _rank(head: bytes) -> DetectedEncoding | None:
    scored: list[tuple[float, str, str]] = []
    for encoding, languages in _CANDIDATES:
        text = _reads(head, encoding)
        if text is not None and not _CONTROL.search(text):
            scored.append((_score(text, languages) - _RARE.get(encoding, 0.0), encoding, text))
    for encoding, usual in _EAST:
        text = _reads(head, encoding)
        if text is not None and len(set(_EASTERN.findall(text))) > 2:
            scored.append((_score(text, ("",), _EASTERN) - 0.1 + 0.2 * _share_usual(text, usual), encoding, text))
    if not scored:
        return None
    best, encoding, text = max(scored, key=lambda item: item[0])
    rivals = [(score, other) for score, other, read in scored if read != text and score > best - 0.08]
    confidence = round(min(max(best, 0.0), 0.95) * (0.7 if rivals else 1.0), 2)
    questions: tuple[Question, ...] = ()
    if confidence < 0.75:
        options = (encoding, *(other for _, other in sorted(rivals, reverse=True)[:3]))
        questions = (Question("encoding", "Letters beyond ASCII read in several ways: which encoding is it?", options),)
    return DetectedEncoding(encoding, confidence, questions=questions)


def _share_usual(text: str, usual: frozenset[str]) -> float:
    """Say how many letters of an eastern language are usual ones; kana are in the others' encodings too."""
    letters = [sign for sign in _EASTERN.findall(text) if not _KANA.match(sign) and sign.isalpha()]
    return sum(sign in usual for sign in letters) / len(letters) if letters else 0.0


def _score(text: str, languages: tuple[str, ...], letters_beyond: re.Pattern[str] | None = None) -> float:
    """Say how well letters beyond ASCII fit one of the languages, and how well signs stand where signs do.

    A Greek, Cyrillic or eastern letter does not stand beside a Latin one; õ stands before e, but in Estonian.
    """
    letters: dict[str, int] = {}
    signs = strange = alone = 0
    for at, sign in enumerate(text):
        if sign <= "\x7f":
            continue
        before, after = text[at - 1 : at], text[at + 1 : at + 2]
        inside = before.isalpha() and after.isalpha()
        beside_latin = (before.isascii() and before.isalpha()) or (after.isascii() and after.isalpha())
        if sign.isalpha() and sign not in "ªºµ":
            if (
                (sign.isupper() and before.islower())
                or (sign > "\u0370" and beside_latin)
                or (sign in "õÕ" and after not in "eE")
            ):
                strange += 1
            elif not before.isalpha() and not after.isalpha() and not letters_beyond:
                alone += 1
            else:
                letters[sign] = letters.get(sign, 0) + 1
        elif (sign in _SIGNS and (not inside or sign in _INSIDE_WORDS)) or (
            letters_beyond and _EASTERN_SIGN.match(sign)
        ):
            signs += 1
        else:
            strange += 1
    total = sum(letters.values()) + signs + strange + alone
    if letters_beyond:
        known = sum(count for sign, count in letters.items() if letters_beyond.match(sign))
    else:
        known = max(sum(count for sign, count in letters.items() if sign in language) for language in languages)
    return (known + 0.9 * signs + 0.4 * alone) / total
