"""The prediction log: what it writes, and that the program that serves never notices it."""

from __future__ import annotations

import asyncio
import json
import logging
import math
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from auto_model_monitor import ConfigError, PredictionLog, SimulatedClock
from auto_model_monitor.sources.predictions import line_writer
from tests.small_disks import fill, small_disk_at
from tests.waiting import until

ROOT = Path(__file__).parents[3]


def rows(folder: Path, kind: str = "predictions") -> list[dict[str, Any]]:
    files = sorted(folder.glob(f"{kind}-*.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def run(code: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(
        command, check=True, capture_output=True, text=True, timeout=200, cwd=ROOT, **options
    )


def test_the_time_is_that_of_its_clock(tmp_path):
    """With a simulated clock the rows, and the files, are of the simulated day."""
    clock = SimulatedClock(datetime(2026, 11, 1, 23, tzinfo=timezone.utc))
    log = PredictionLog(tmp_path, clock=clock)
    with log.prediction(id="a") as row:
        row.prediction = 1
    clock.advance(7200)
    log.label(id="a", label=0)
    log.close()
    assert [(row["id"], row["time"][:13]) for row in rows(tmp_path)] == [("a", "2026-11-01T23")]
    assert [path.name[:17] for path in tmp_path.glob("labels-*")] == ["labels-2026-11-02"]


def test_a_row_has_the_columns_that_the_source_expects(tmp_path):
    """A prediction is one JSON line with the columns of the docstring and the features beside them."""
    log = PredictionLog(tmp_path / "log", model="credit", version="7")
    before = datetime.now(timezone.utc)
    with log.prediction(id=42, features={"age": 31, "city": "上海"}) as row:
        row.score = 0.75
        row.prediction = row.features["age"] > 30
    log.close()
    (found,) = rows(tmp_path / "log")
    when = datetime.fromisoformat(found.pop("time"))
    assert before - timedelta(seconds=1) <= when <= datetime.now(timezone.utc)
    assert when.utcoffset() == timedelta(0)
    assert 0 <= found.pop("latency") < 5
    assert found == {
        "id": "42", "model": "credit", "version": "7", "prediction": True, "score": 0.75, "error": None,
        "age": 31, "city": "上海",
    }  # fmt: skip


def test_the_files_are_private_and_of_one_day(tmp_path):
    """Only their owner may read the files, and their names hold their day."""
    log = PredictionLog(tmp_path / "deep" / "log")
    with log.prediction():
        pass
    log.label(id=1, label=0)
    log.close()
    log.label(id=2, label=0)
    log.close()
    folder = tmp_path / "deep" / "log"
    files = sorted(folder.iterdir())
    assert [file.name.rsplit("-", 2)[0] for file in files] == [
        f"{kind}-{datetime.now(timezone.utc).date()}" for kind in ("labels", "predictions")
    ]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert {stat.S_IMODE(place.stat().st_mode) for place in (folder, folder.parent)} == {0o700}


def test_an_exception_propagates_unchanged(tmp_path):
    """An exception that leaves the block is the same object outside, and its type is the row's error."""
    log = PredictionLog(tmp_path)
    secret = KeyError("4111 1111 1111 1111")
    with pytest.raises(KeyError) as raised, log.prediction(id="a"):
        raise secret
    log.close()
    assert raised.value is secret
    assert rows(tmp_path)[0]["error"] == "KeyError"
    assert "4111" not in next(tmp_path.iterdir()).read_text("utf-8")


def test_a_row_without_id_gets_one(tmp_path):
    """A row without an id gets a new one, to which a label can refer."""
    log = PredictionLog(tmp_path)
    with log.prediction() as one, log.prediction() as other:
        pass
    log.close()
    assert {row["id"] for row in rows(tmp_path)} == {one.id, other.id}
    assert one.id != other.id


def test_labels_lie_beside_and_join(tmp_path):
    """Labels that another log of the folder writes join the predictions by id in DuckDB."""
    duckdb = pytest.importorskip("duckdb")
    log = PredictionLog(tmp_path, model="credit")
    for number in range(3):
        with log.prediction(id=number) as row:
            row.prediction = number % 2
    PredictionLog(tmp_path).label(id=1, label=1)
    PredictionLog(f"{tmp_path}/").label(id="2", label=1)
    log.close()
    assert {row["label"] for row in rows(tmp_path, "labels")} == {1}
    joined = duckdb.sql(
        f"select p.id, prediction, label from '{tmp_path}/predictions-*.jsonl' p "
        f"join '{tmp_path}/labels-*.jsonl' l using (id) order by 1"
    ).fetchall()
    assert joined == [("1", 1, 1), ("2", 0, 1)]


def test_odd_values_stay_readable(tmp_path):
    """Scalars of NumPy, NaN, infinities, dates, decimals and any object become JSON that DuckDB reads."""
    duckdb = pytest.importorskip("duckdb")
    numpy = pytest.importorskip("numpy")

    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    circular: list[Any] = []
    circular.append(circular)
    odd = {
        "nan": math.nan, "infinite": numpy.float32("inf"), "small": numpy.float32(0.5),
        "count": numpy.int8(3), "flag": numpy.bool_(True), "vector": numpy.arange(2),
        "day": date(2026, 11, 28), "price": Decimal("1.5"),
        "bytes": b"\xff", "broken": Broken(), "circular": circular, "keys": {(1, 2): 3}, "half": "a\udc80",
        "set": {1}, 7: "number", "id": "taken", "Label": "taken",
    }  # fmt: skip
    log = PredictionLog(tmp_path)
    with log.prediction(id="é\n", features=odd) as row:
        row.score = numpy.float32(0.25)
        row.prediction = numpy.str_("是")
    with log.prediction(features={"nan": 1.5}) as row:
        row.score = math.nan
    log.close()
    relation = duckdb.sql(f"select * from read_json('{tmp_path}/*', union_by_name=true)")
    table = dict(zip(relation.columns, zip(*relation.fetchall(), strict=True), strict=True))
    assert table["id"][0] == "é\n"
    assert table["score"][0] == 0.25
    assert math.isnan(table["score"][1])
    assert math.isnan(table["nan"][0])
    assert table["nan"][1] == 1.5
    expected = {
        "prediction": "是", "infinite": math.inf, "small": 0.5, "count": 3, "flag": True, "vector": [0, 1],
        "day": date(2026, 11, 28), "price": 1.5, "bytes": r"b'\xff'", "broken": "an unprintable Broken",
        "circular": "[[...]]", "keys": "{(1, 2): 3}", "half": "a?", "set": [1], "7": "number",
        "feature_id": "taken", "feature_Label": "taken",
    }  # fmt: skip
    assert {name: table[name][0] for name in expected} == expected


@pytest.mark.parametrize("form", ["list", "array", "matrix", "series"])
def test_features_without_names_and_rows_of_tables(tmp_path, form):
    """A list, an array and a batch of one row become x0, x1, …; a row of pandas keeps its names."""
    features: Any = [1.5, 2]
    names = ["x0", "x1"]
    if form in ("array", "matrix"):
        features = pytest.importorskip("numpy").array([features] if form == "matrix" else features)
    elif form == "series":
        features, names = pytest.importorskip("pandas").Series([1.5, 2], ["age", "income"]), ["age", "income"]
    log = PredictionLog(tmp_path)
    with log.prediction(features=features):
        pass
    log.close()
    assert [rows(tmp_path)[0][name] for name in names] == [1.5, 2]


def test_features_are_those_that_were_asked_about(tmp_path):
    """A program that changes its features after the call changes no row."""
    log = PredictionLog(tmp_path)
    features = {"age": 31}
    with log.prediction(features=features):
        features["age"] = 0
    features.clear()
    log.close()
    assert rows(tmp_path)[0]["age"] == 31


def test_features_that_cannot_be_read_cost_only_themselves(tmp_path):
    """A row whose features raise is written without them, and the program goes on."""
    log = PredictionLog(tmp_path)
    with log.prediction(id="a", features=3) as row:
        row.score = 1
    log.close()
    assert rows(tmp_path)[0]["score"] == 1


def test_excluded_columns_are_not_written(tmp_path):
    """What is excluded stands in no file."""
    log = PredictionLog(tmp_path, exclude=["name", "phone"])
    with log.prediction(features={"name": "Müller", "phone": 13800000000, "age": 31}):
        pass
    log.close()
    text = next(tmp_path.iterdir()).read_text("utf-8")
    assert '"age":31' in text
    assert "Müller" not in text
    assert "phone" not in text


@pytest.mark.parametrize("exclude", ["name", ["id"], 3])
def test_exclude_is_a_list_of_features(tmp_path, exclude):
    """A single text, and a column that a row needs, are refused with the argument's name."""
    with pytest.raises(ConfigError, match=r"^exclude: expected"):
        PredictionLog(tmp_path, exclude=exclude)


def test_threads_and_asyncio(tmp_path):
    """Rows of threads and of coroutines that interleave are all written, each with its own values."""
    log = PredictionLog(tmp_path)

    def one(number: int) -> None:
        with log.prediction(id=number) as row:
            row.score = number

    async def two(number: int) -> None:
        with log.prediction(id=number) as row:
            await asyncio.sleep(0)
            row.score = number

    async def all_of_them() -> None:
        await asyncio.gather(*map(two, range(500, 1000)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(500)))
    asyncio.run(all_of_them())
    log.close()
    assert {row["id"]: row["score"] for row in rows(tmp_path)} == {str(n): n for n in range(1000)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_writes_each_row_once(tmp_path):
    """A log used before a fork, in the children and after it writes each row once, in a file a process."""
    code = (
        "import os, sys; from auto_model_monitor import PredictionLog; log = PredictionLog(sys.argv[1])\n"
        "def use(name):\n"
        "    for n in range(100):\n"
        "        with log.prediction(id=f'{name}{n}'): pass\n"
        "use('before')\n"
        "children = []\n"
        "for c in 'ab':\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        use(c); sys.exit()\n"
        "    children.append(child)\n"
        "use('after')\n"
        "for child in children: os.waitpid(child, 0)\n"
    )
    run(code, tmp_path)
    expected = {f"{name}{n}" for name in ("before", "a", "b", "after") for n in range(100)}
    assert sorted(row["id"] for row in rows(tmp_path)) == sorted(expected)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_of_multiprocessing_writes_its_last_rows(tmp_path):
    """A process of multiprocessing, which runs no function of atexit, writes its rows at its end."""
    code = (
        "import multiprocessing, sys; from auto_model_monitor import PredictionLog\n"
        "log = PredictionLog(sys.argv[1])\n"
        "def use():\n"
        "    with log.prediction(id='a'): pass\n"
        "child = multiprocessing.get_context('fork').Process(target=use); child.start(); child.join()\n"
    )
    run(code, tmp_path)
    assert [row["id"] for row in rows(tmp_path)] == ["a"]


def test_eight_processes_in_one_folder(tmp_path):
    """Eight processes that write 2,000 rows each into one folder lose none and tear none."""
    code = (
        "import sys; from auto_model_monitor import PredictionLog; log = PredictionLog(sys.argv[1])\n"
        "for n in range(2000):\n"
        "    with log.prediction(id=f'{sys.argv[2]}-{n}', features={f'f{i}': i / 7 for i in range(25)}):\n"
        "        pass\n"
        "    if n % 1000 == 999: log.close()\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen([*command, str(number)], cwd=ROOT) for number in range(8)]
    assert [process.wait(250) for process in running] == [0] * 8
    ids = sorted(row["id"] for row in rows(tmp_path))
    assert ids == sorted(f"{process}-{n}" for process in range(8) for n in range(2000))


def test_what_a_killed_process_recorded_is_in_its_file(tmp_path):
    """What a process recorded is written while it goes on, without a close, and outlives kill -9."""
    code = (
        "import sys; from auto_model_monitor import PredictionLog; log = PredictionLog(sys.argv[1])\n"
        "for n in range(1000):\n"
        "    with log.prediction(id=n): pass\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdin=subprocess.PIPE
    ) as process:
        until(lambda: sum(path.read_bytes().count(b"\n") for path in tmp_path.glob("*.jsonl")) == 1000)
        process.kill()
    assert [row["id"] for row in rows(tmp_path)] == [str(number) for number in range(1000)]


def test_a_full_disk_drops_rows_and_counts_them(tmp_path, monkeypatch, caplog):
    """On a full disk rows wait and further ones are dropped and counted; later all that waited is written."""
    monkeypatch.setattr(line_writer, "MOST_PENDING", 50)
    with small_disk_at(tmp_path / "disk", "1m") as disk:
        log = PredictionLog(disk)
        filler = fill(disk)
        for number in range(80):
            with log.prediction(id=number, features={"text": "x" * 300}):
                pass
        assert log.dropped == 30
        with caplog.at_level(logging.ERROR):
            log.close()
        assert "No space left" in caplog.text
        assert "50 rows wait in memory, 30 were dropped" in caplog.text
        with log.prediction(id="beyond"):
            pass
        assert log.dropped == 31
        filler.unlink()
        log.close()
        assert [row["id"] for row in rows(disk)] == [str(number) for number in range(50)]


def test_a_folder_that_cannot_be_written_raises_nothing(tmp_path, caplog):
    """A folder that is a file is reported in the log once, and the program goes on."""
    (tmp_path / "log").write_text("a file")
    log = PredictionLog(tmp_path / "log")
    for number in range(3):
        with log.prediction(id=number):
            pass
        log.close()
    assert caplog.text.count("cannot be written") == 1


def test_a_removed_folder_comes_back(tmp_path):
    """Files that were moved away, folder and all, begin again."""
    log = PredictionLog(tmp_path / "log")
    with log.prediction(id="a"):
        pass
    log.close()
    (tmp_path / "log").rename(tmp_path / "old")
    with log.prediction(id="b"):
        pass
    log.close()
    assert [row["id"] for folder in ("old", "log") for row in rows(tmp_path / folder)] == ["a", "b"]


def test_the_end_of_the_program_writes_what_is_pending(tmp_path):
    """A program that just ends leaves all its rows in the folder, also those of its last words."""
    code = (
        "import sys; from auto_model_monitor import PredictionLog; log = PredictionLog(sys.argv[1])\n"
        "for n in range(10):\n"
        "    with log.prediction(id=n): pass\n"
        "with log.prediction(id=10): raise SystemExit\n"
    )
    run(code, tmp_path)
    assert [row["id"] for row in rows(tmp_path)] == [str(n) for n in range(11)]


def test_the_version_is_the_commit(tmp_path, monkeypatch):
    """``version="git"`` is the commit, with -dirty beside changes, and None where there is none."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    assert PredictionLog("log", version="git").version is None

    def git(*arguments: str) -> str:
        names = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        return subprocess.run(
            ["git", *names, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    assert PredictionLog("log", version="git").version is None
    Path("model.py").write_text("1")
    git("add", ".")
    git("commit", "-qm", "one")
    git("tag", "-a", "v1", "-m", "one")
    commit = git("rev-parse", "--short=12", "HEAD")
    assert PredictionLog("log", version="git").version == commit
    Path("model.py").write_text("2")
    assert PredictionLog("log", version="git").version == f"{commit}-dirty"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert PredictionLog("log", version="git").version is None
    assert PredictionLog("log", version="2026.1").version == "2026.1"


def test_the_import_is_cheap():
    """The log needs the standard library alone, and neither a subprocess nor the parts of the monitor."""
    code = (
        "import sys; from auto_model_monitor import PredictionLog; log = PredictionLog('x', model='m')\n"
        "heavy = {'duckdb', 'numpy', 'yagmail', 'sqlalchemy', 'subprocess', 'asyncio', 'sqlite3', 'ssl'}\n"
        "print(*sorted(heavy & set(sys.modules)),"
        " *sorted(m.split('.')[1] for m in sys.modules if m.startswith('auto_model_monitor.')"
        " and m.split('.')[1] not in ('core', 'text', 'sources')))"
    )
    assert run(code).stdout.strip() == ""
