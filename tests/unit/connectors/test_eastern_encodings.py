"""Texts in the encodings of East Asia, which read one another's bytes as other letters."""

from __future__ import annotations

import pytest

from include.connectors.detection.encoding import DetectedEncoding, detect_encoding

JAPANESE = [
    "日時,使用量(kWh),発電量(kWh),備考\n" + "2024/06/01 00:00,1.5,2,正常\n" * 20,
    "日付,電力量\n2024/06/01,1.5\n2024/06/02,2.5\n",
    "年月日,時刻,スマートメーター計測値(kWh),エリア\n" + "2024/06/01,0:00,1.5,東京電力エリア\n" * 9,
    "供給地点特定番号,契約名義,使用電力量\n0300111,田中太郎,12\n0300112,佐藤花子,13\n",
    "コマ,システムプライス(円/kWh),エリアプライス東京(円/kWh)\n1,10.5,11\n2,10,12\n",
]
CHINESE = [
    "日期,时间,电量(千瓦时),备注\n" + "2024/06/01,0:00,1.5,正常\n" * 9,
    "序号,站点名称,有功功率(kW),负荷率\n1,江苏南通光伏站,3.2,45\n2,山东济南储能站,1,2\n",
    "用户编号,姓名,用电量\n1,张伟,2\n2,王芳,3\n",
]
TAIWANESE = [
    "日期,時間,用電量(度),備註\n" + "2024/06/01,0:00,1.5,正常\n" * 9,
    "案場名稱,發電量,日射量\n高雄太陽光電,3.2,4\n台南倉庫屋頂,3,2\n",
]
KOREAN = [
    "일자,시간,전력사용량(kWh),비고\n" + "2024/06/01,0:00,1.5,정상\n" * 9,
    "고객번호,고객명,사용량\n1,김철수,3\n2,박영희,4\n",
]
GREEK = ["Ημερομηνία;Ώρα;Κατανάλωση (kWh);Παραγωγή\n" + "01/06/2024;00:00;1,5;2\n" * 9]
RUSSIAN = ["Дата;Время;Потребление (кВтч);Примечание\n" + "01.06.2024;00:00;1,5;норма\n" * 9]
TEXTS = [
    *((text, encoding) for text in JAPANESE for encoding in ("shift_jis", "cp932", "euc_jp")),
    *((text, encoding) for text in CHINESE for encoding in ("gb2312", "gbk", "gb18030")),
    *((text, "big5") for text in TAIWANESE),
    *((text, encoding) for text in KOREAN for encoding in ("euc-kr", "cp949")),
    *((text, encoding) for text in GREEK for encoding in ("cp1253", "iso-8859-7")),
    *((text, encoding) for text in RUSSIAN for encoding in ("cp1251", "koi8-r")),
]


def _detect(body: bytes) -> DetectedEncoding:
    found = detect_encoding(body)
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "encoding"), TEXTS)
def test_a_text_is_read_in_its_language(text: str, encoding: str) -> None:
    body = text.encode(encoding)
    assert body.decode(_detect(body).encoding) == text


def test_signs_of_windows_are_read() -> None:
    body = "日時,使用量①（kWh）,㈱電力\n2024/06/01,1.5,～\n".encode("cp932")
    assert _detect(body).encoding == "cp932"


def test_names_alone_are_asked_about() -> None:
    body = "小林;鈴木;斎藤\n1;2;3\n".encode("euc_jp")
    (question,) = _detect(body).questions
    assert {"euc_jp", "gb18030"} <= set(question.options)
