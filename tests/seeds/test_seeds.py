"""The seeds as programs: each runs as shipped and with a breach, and every line that it prints is known."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlencode

import pytest
from robot_server import AliyunSMS, RobotServer
from smtp_server import SMTPServer

from tests.campaigns import THOROUGH
from tests.seeds.model_data import (
    BAD,
    DATA,
    GOOD,
    PRODUCTION,
    TRAIN,
    Counts,
    loans,
    raw_lines,
    with_heading,
    write,
)

_NEEDED = ("cronsim", "duckdb", "pandas", "sklearn", "sqlalchemy")
pytestmark = pytest.mark.skipif(not all(map(find_spec, _NEEDED)), reason=f"needs {', '.join(_NEEDED)}")

SEEDS = Path(__file__).parent
SKIPPED_UNLESS_THOROUGH = pytest.mark.skipif(
    not THOROUGH, reason="takes seconds, and a shorter one shows nearly as much; THOROUGH=1 runs it"
)


def printed(
    name: str, *arguments: object, cwd: Path, env: dict[str, str] | None = None, error: str = ""
) -> list[str]:
    """Run a program to its end; return what it printed. ``error`` is what it logs, if anything."""
    command = [sys.executable, str(SEEDS / name), *map(str, arguments)]
    run = subprocess.run(
        command, cwd=cwd, capture_output=True, encoding="utf-8", check=False, timeout=200, env=env
    )
    assert run.returncode == 0, run.stderr
    assert error in run.stderr if error else run.stderr == ""
    return run.stdout.splitlines()


def without_table(url: str, name: str) -> None:
    """Drop a table that another test may have left on the server."""
    import sqlalchemy

    database = sqlalchemy.create_engine(url)
    with database.begin() as connection:
        connection.execute(sqlalchemy.text(f"DROP TABLE IF EXISTS {name}"))
    database.dispose()


@pytest.mark.parametrize("name", ["001.py", "002.py", "003.py"])
def test_a_program_has_at_most_sixty_lines(name):
    """What a seed is for takes at most sixty lines on this library."""
    assert (SEEDS / name).read_text("utf-8").count("\n") <= 60


def test_the_shipped_data_are_those_that_are_generated():
    """The files beside the programs are the ones of model_data.py."""
    for name, lines in (
        ("model_name.raw.csv", raw_lines(GOOD)),
        ("train.csv", with_heading(loans(TRAIN))),
        ("production.csv", with_heading(loans(PRODUCTION, 2))),
    ):
        assert (DATA / name).read_text("utf-8").splitlines() == lines


class TestOneModel:
    """Seed 001: collect, clean, store, train, measure, report, and a text message where it is bad."""

    def report(self, counts: Counts, values: str, verdict: list[str]) -> list[str]:
        found, missed, false, others = counts
        accuracy, *rest = values.split()
        return [
            "model_name 清洗：705 行，重复 2，保留 700",
            f"Test score：{accuracy}",
            f"Confusion matrix：[[{others}, {false}], [{missed}, {found}]]",
            "model_name 监控已启动！",
            "model_name 监控已启动，阈值为：0.90",
            "| Model | Accuracy | Precision | Recall | F1-score | Loss | Time |",
            f"| model_name | {' | '.join([accuracy, *rest])} | <loss> | <day> |",
            *verdict,
            "model_name 监控已停止！",
        ]

    def lines(self, folder: Path) -> list[str]:
        text = "\n".join(printed("001.py", cwd=folder))
        return re.sub(
            r"\| \d\.\d\d \| \d{4}-\d\d-\d\d \|$", "| <loss> | <day> |", text, flags=re.M
        ).splitlines()

    @pytest.mark.campaign
    @SKIPPED_UNLESS_THOROUGH
    def test_as_shipped(self, tmp_path):
        """The model is right, nothing is sent, and the cleaned rows and the settings are stored."""
        shutil.copytree(DATA, tmp_path / "data")
        good = ["model_name 监控报表：0.95 0.92 0.90 0.91", "model_name 模型正常运行！"]
        assert self.lines(tmp_path) == self.report(GOOD, "0.95 0.92 0.90 0.91", good)
        stored = (tmp_path / "data/model_name.csv").read_text("utf-8").splitlines()
        assert (stored[0], len(stored)) == ("id,debt,income,target", 701)
        settings = (tmp_path / "data/model_name.env").read_text("utf-8").split()
        assert settings == [
            "batch_size=128", "num_epochs=10", "learning_rate=0.01", "data_dir=./data", "threshold=0.9"
        ]  # fmt: skip
        assert not list(tmp_path.rglob("*.part"))

    def test_with_a_breach(self, tmp_path):
        """The report is an alarm, and one text message reaches the number through a gateway."""
        (tmp_path / "data").mkdir()
        write(tmp_path / "data/model_name.raw.csv", raw_lines(BAD))
        with RobotServer(AliyunSMS("CANARY", now=time.time())) as gateway:
            account = {
                "sign": "模型监控",
                "template": "SMS_4711",
                "to": "13800000000",
                "endpoint": gateway.url,
            }
            url = f"aliyun-sms://LTAICANARY:CANARY@?{urlencode(account)}"
            write(
                tmp_path / "data/model_name.env", ["# of the gateway", "", "threshold=0.9", f"notify={url}"]
            )
            bad = [
                "model_name 监控报警：0.84 0.74 0.70 0.72",
                "| Model | Alarm |",
                "| model_name | accuracy |",
                "model_name 模型出现异常！",
            ]
            assert self.lines(tmp_path) == self.report(BAD, "0.84 0.74 0.70 0.72", bad)
            assert gateway.judge.sent == [("13800000000", {"text": "model_name 模型出现异常！"})]


class TestPerformanceData:
    """Seed 002: a table of metrics that a daily job fills and reads."""

    def test_as_shipped(self, tmp_path):
        """Each midnight is a job; one that fails is tried again a minute later, and the loop goes on."""
        error = "ValueError: could not convert string to float: 'lost'"
        assert printed("002.py", cwd=tmp_path, error=error) == [
            "2026-11-28 00:00 0.95",
            "2026-11-29 00:00 lost",
            "2026-11-29 00:01 0.95",
            "2026-11-30 00:00 0.95",
            *["model_1 0.95 0.9 0.92 0.91 0.98"] * 3,
        ]

    @pytest.mark.parametrize("server", ["sqlite", pytest.param("mariadb_url", marks=pytest.mark.servers)])
    def test_with_a_breach(self, tmp_path, server, request):
        """An accuracy below 90 % is one warning with the seed's words, on its day, on both databases."""
        url = "sqlite:///model_monitor.db"
        if server != "sqlite":
            url = request.getfixturevalue(server)
            without_table(url, "performance_data")
        lines = printed("002.py", url, "0.95", "0.85", "0.84", cwd=tmp_path)
        assert lines[:4] == [
            "2026-11-28 00:00 0.95",
            "2026-11-29 00:00 0.85",
            "模型model_1准确率低于90%, 发出预警",
            "2026-11-30 00:00 0.84",
        ]
        assert len(lines) == 7


class TestDegradation:
    """Seed 003: train.csv and production.csv, and a mail."""

    @pytest.mark.parametrize(
        ("production", "value", "subjects"),
        [
            (PRODUCTION, "0.87", ["Model Performance Degradation Alert"]),
            pytest.param(TRAIN, "0.95", [], marks=[pytest.mark.campaign, SKIPPED_UNLESS_THOROUGH]),
        ],
    )
    def test_mail(self, tmp_path, production, value, subjects):
        """Where the accuracy in production is below the threshold, one mail with the seed's texts says so."""
        (tmp_path / "data").mkdir()
        write(tmp_path / "data/train.csv", with_heading(loans(TRAIN)))
        write(tmp_path / "data/production.csv", with_heading(loans(production, 2)))
        with SMTPServer(tls="ssl", hostname="smtp.qq.com") as server:
            lines = printed("003.py", cwd=tmp_path, env=server.environ("smtp.qq.com"))
            mails = list(server.mails)
        assert lines == ["train accuracy: 0.95", f"production accuracy: {value}", f"alerts: {len(subjects)}"]
        assert [mail.message["Subject"] for mail in mails] == subjects
        for mail in mails:
            assert mail.text.splitlines()[0] == "Production accuracy dropped to 0.87."


@pytest.mark.campaign
@SKIPPED_UNLESS_THOROUGH
def test_a_month_in_production(tmp_path):
    """The model that goes bad on day 20 is one alert once its labels have come, and one all-clear."""
    assert printed(str(SEEDS.with_name("production_test.py")), cwd=tmp_path) == [
        "day 23: alert: accuracy < 90% on 2026-11-20, 65.0%",
        "day 29: over: accuracy < 90% on 2026-11-26, 96.7%",
    ]
    assert len(list((tmp_path / "production_test_mails").glob("*.eml"))) == 2
