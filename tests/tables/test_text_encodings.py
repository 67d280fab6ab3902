"""Files of text in other encodings than UTF-8: read as a person would, or refused with what to do."""

from __future__ import annotations

import gzip
import logging
from pathlib import Path

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")

from auto_model_monitor import ConfigError, SourceError
from auto_model_monitor.tables import table_of

CHINESE = "id,城市,分数\n" + "".join(
    f"{number},{'上海' if number % 2 else '北京'},0.5\n" for number in range(50)
)
FRENCH = "id,ville\n" + "".join(
    f"{number},{'Besançon' if number % 2 else 'Orléans'}\n" for number in range(50)
)


def _counts(path: Path, column: str, **options: str) -> dict[str | None, int]:
    with table_of(path, **options).open([column]) as rows:
        assert rows.left_out()["unreadable"] == 0
        return {values[0]: count for values, count in rows.counts([column]).items()}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gbk", "gb18030"]
)
def test_a_chinese_table_is_read_in_its_encoding(tmp_path: Path, encoding: str, caplog):
    """A CSV file of a Chinese user is read in any encoding; only one that is guessed is a warning."""
    path = tmp_path / "p.csv"
    path.write_bytes(CHINESE.encode(encoding))
    assert _counts(path, "城市") == {"上海": 25, "北京": 25}
    assert ("read as what looks like GB18030" in caplog.text) == (encoding in ("gbk", "gb18030"))
    assert len(caplog.records) <= 1


@pytest.mark.parametrize("name", ["p.jsonl", "p.csv.gz"])
def test_packed_files_and_lines_of_json_are_recognised_too(tmp_path: Path, name: str):
    """Packed CSV and lines of JSON in GBK are read as those of plain CSV are."""
    path = tmp_path / name
    lines = "".join(f'{{"id": {number}, "城市": "广州"}}\n' for number in range(20))
    path.write_bytes(lines.encode("gbk") if name.endswith("jsonl") else gzip.compress(CHINESE.encode("gbk")))
    assert sum(_counts(path, "城市").values()) in (20, 50)


def test_latin_1_is_recognised_and_reported_once(tmp_path: Path, caplog):
    """A CSV file in Latin-1 is read, with one warning however often the table is looked at."""
    path = tmp_path / "p.csv"
    path.write_bytes(FRENCH.encode("latin-1"))
    table = table_of(path)
    for _ in range(3):
        with table.open(["ville"]) as rows:
            assert rows.counts(["ville"]) == {("Besançon",): 25, ("Orléans",): 25}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "encoding = 'cp1252' confirms it" in caplog.text


def test_damaged_lines_do_not_change_the_encoding_of_the_others(tmp_path: Path, caplog):
    """A few lines in another encoding cost themselves alone, and are counted."""
    path = tmp_path / "p.csv"
    path.write_bytes(CHINESE.encode() + "90,广州,0.5\n".encode("gbk"))
    with table_of(path).open(["城市"]) as rows:
        assert rows.counts(["城市"]) == {("上海",): 25, ("北京",): 25}
        assert rows.left_out()["unreadable"] == 1
    path.write_bytes(CHINESE.encode("gbk") + b"90,\xff\xff,0.5\n")
    with table_of(path, encoding="gbk").open(["城市"]) as rows:
        assert rows.counts(["城市"]) == {("上海",): 25, ("北京",): 25}
        assert rows.left_out()["unreadable"] == 1
    assert not caplog.records


def test_an_encoding_that_is_not_recognised_has_to_be_given(tmp_path: Path):
    """Text in another encoding is refused with the file and the setting, and read once it is given."""
    path = tmp_path / "p.csv"
    path.write_bytes("".join(["id,都市\n", *(f"{n},東京\n" for n in range(20))]).encode("shift_jis"))
    with pytest.raises(SourceError, match=r"p\.csv: expected UTF-8, .*'shift_jis'"):
        table_of(path).columns()
    assert _counts(path, "都市", encoding="shift_jis") == {"東京": 20}
    for unknown in ("klingon", "base64", "gbk\0"):
        with pytest.raises(ConfigError, match="encoding: expected one such as"):
            table_of(path, encoding=unknown)


def test_copies_in_utf_8_are_removed(tmp_path: Path, monkeypatch):
    """What a look copies into UTF-8 is gone after it."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    path = tmp_path / "p.csv"
    path.write_bytes(CHINESE.encode("utf-16"))
    assert sum(_counts(path, "城市").values()) == 50
    assert not list((tmp_path / "temporary").iterdir())
