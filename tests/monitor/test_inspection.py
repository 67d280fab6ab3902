"""What is shown of a directory before one leaves for the night."""

from __future__ import annotations

import io
import json
import os
import subprocess

import pytest

from auto_model_monitor import Comparison, CustomParser, DefaultParser, SourceError
from auto_model_monitor.cli.inspection_report import ParserChoice, as_json, lines_to_copy, show
from auto_model_monitor.monitor import Outcome, inspect_directory
from auto_model_monitor.text.terminal import Terminal

MONDAY = 1_760_000_000
NIGHT = [
    "epoch_07_val_loss_0.0052_acc_0.91.pt",
    "epoch_08_val_loss_0.0035_acc_0.94.pt",
    "epoch_09_val_loss_nan_acc_0.10.pt",
    "epoch_10_val_loss_0.003_acc_0.95.pt",
    "epoch_11_val_loss_0.0031_acc_0.95.pt",
    "epoch_12_val_loss_9.8e-04_acc_0.97.pt",
    *("best.pt", "epoch_13.pt.tmp", ".epoch_13.swp"),
]


@pytest.fixture(autouse=True)
def in_utc(monkeypatch, tmp_path):
    """Every test shows UTC, and runs in a folder of its own."""
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.chdir(tmp_path)
    yield
    monkeypatch.undo()
    time.tzset()


def fill(tmp_path, names):
    """Make the names, each written ten minutes after the one before."""
    folder = tmp_path / "checkpoints"
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        os.utime(path, (MONDAY + 600 * number,) * 2)
    return "checkpoints"


def report(inspection, asked=None, *, everything=False):
    stream = io.StringIO()
    show(inspection, asked or ParserChoice(), Terminal(stream), everything=everything)
    return stream.getvalue()


def test_the_whole_report(tmp_path):
    """A night is shown in the order of writing, with what would have been mailed, and what is left out."""
    folder = fill(tmp_path, NIGHT)
    parser = DefaultParser(metric="val_loss")
    inspection = inspect_directory(folder, parser, threshold=0.004)
    assert (
        report(inspection, ParserChoice(metric="val_loss"))
        == """\
checkpoints: 9 names, 6 with a score

written              mail  val_loss  epoch  name
2025-10-09 08:53:20        0.0052        7  epoch_07_val_loss_0.0052_acc_0.91.pt
2025-10-09 09:03:20  mail  0.0035        8  epoch_08_val_loss_0.0035_acc_0.94.pt
2025-10-09 09:13:20        NaN           9  epoch_09_val_loss_nan_acc_0.10.pt
2025-10-09 09:23:20  mail  0.003        10  epoch_10_val_loss_0.003_acc_0.95.pt
2025-10-09 09:33:20        0.0031       11  epoch_11_val_loss_0.0031_acc_0.95.pt
2025-10-09 09:43:20  mail  0.00098      12  epoch_12_val_loss_9.8e-04_acc_0.97.pt

no score: 1
  nothing in the name is certainly a score
    best.pt

ignored: 2
  hidden (.*)
    .epoch_13.swp
  temporary (*.tmp)
    epoch_13.pt.tmp

best val_loss 0.00098; 3 of 6 would have sent a mail (lower than 0.004, and a new best)
A watch that starts now sends one mail, about the best: epoch_12_val_loss_9.8e-04_acc_0.97.pt

to copy
  command  auto-model-monitor watch checkpoints --metric=val_loss --threshold=0.004
  Python   parser=DefaultParser(metric='val_loss')
"""
    )


def test_a_pattern_is_suggested(tmp_path):
    """Where names hold several metrics and none was chosen, a pattern is shown that reads them."""
    folder = fill(tmp_path, NIGHT)
    inspection = inspect_directory(folder, DefaultParser(), suggest=True)
    assert not inspection.scores
    assert inspection.suggestion is not None
    text = report(inspection)
    assert "unreadable: 6\n  holds several metrics: val_loss, acc; choose one" in text
    assert "and 2 more (--all)" in text
    line = lines_to_copy(inspection, ParserChoice())["command"]
    assert line == f"auto-model-monitor inspect checkpoints --pattern '{inspection.suggestion}'"
    again = inspect_directory(folder, CustomParser(inspection.suggestion))
    assert len(again.scores) == 6


def test_direction(tmp_path):
    """Without a comparison the metric's usual direction decides, as for a watch; another is questioned."""
    folder = fill(tmp_path, ["acc_0.90.pt", "acc_0.95.pt"])
    assert inspect_directory(folder, DefaultParser()).comparison is Comparison.HIGHER
    assert inspect_directory(folder, DefaultParser(), threshold=0.93).comparison is Comparison.HIGHER
    lower = inspect_directory(folder, DefaultParser(), threshold=0.93, comparison=Comparison.LOWER)
    assert "acc usually improves when it gets higher: is --mode higher meant?" in report(lower)
    higher = inspect_directory(folder, DefaultParser(), threshold=0.93, comparison=Comparison.HIGHER)
    assert [finding.name for finding in higher.scores if finding.mails] == ["acc_0.95.pt"]
    assert "--threshold=0.93 --mode=higher" in lines_to_copy(higher, ParserChoice())["command"]


def test_many_names(tmp_path):
    """Of many names the best and the last are shown, and all of them when asked for."""
    names = [f"val_loss_{(number * 37) % 101 + 1}.5.pt" for number in range(100)]
    inspection = inspect_directory(fill(tmp_path, names), DefaultParser(), threshold=3.0)
    text = report(inspection)
    assert "the best 8 of 100 (--all shows every one)" in text
    assert text.count(".pt\n") == 8 + 8 + 1
    assert text.index("val_loss_1.5.pt") < text.index("val_loss_2.5.pt") < text.index("the last 8")
    assert f"{names[-1]}\n" in text
    assert report(inspection, everything=True).count(".pt\n") == 101


def test_hostile_names(tmp_path):
    """Line breaks, terminal commands and undecodable bytes in names are shown as escapes."""
    names = ["val_loss_0.1\n\x1b[2J.pt", "val_loss_0.2_\udcff.pt", "val_loss_0.3_\u202egnp.pt", "x\ny"]
    inspection = inspect_directory(fill(tmp_path, names), DefaultParser(), suggest=True)
    text = report(inspection)
    assert len(inspection.scores) == 3
    assert all(character.isprintable() for character in text.replace("\n", ""))
    assert "val_loss_0.1\\n\\x1b[2J.pt" in text
    assert "val_loss_0.2_\\udcff.pt" in text
    assert json.loads(as_json(inspection, ParserChoice()))["counts"]["score"] == 3


def test_recursive(tmp_path):
    """Below the directory only --recursive looks; a folder that is no checkpoint says so."""
    folder = fill(tmp_path, ["run1/val_loss_0.1.pt", "val_loss_0.2.ckpt/weights.bin", "val_loss_0.3.pt"])
    flat = inspect_directory(folder, DefaultParser())
    assert {finding.name for finding in flat.scores} == {"val_loss_0.2.ckpt", "val_loss_0.3.pt"}
    (other,) = (finding for finding in flat.findings if not finding.readings)
    assert (other.name, other.outcome) == ("run1", Outcome.IGNORED)
    assert "--recursive" in other.reason
    deep = inspect_directory(folder, DefaultParser(), recursive=True)
    names = {"run1/val_loss_0.1.pt", "val_loss_0.2.ckpt", "val_loss_0.3.pt"}
    assert {finding.name for finding in deep.findings} == names
    assert "--recursive" in lines_to_copy(deep, ParserChoice(recursive=True))["command"]


def test_what_is_not_ready(tmp_path):
    """A dangling link, a pipe and a checkpoint that is still written are no scores, and say why."""
    folder = fill(tmp_path, ["val_loss_0.1.ckpt", "val_loss_0.1.ckpt-unfinished", "val_loss_0.4.pt"])
    (tmp_path / folder / "val_loss_0.2.pt").symlink_to("nowhere")
    os.mkfifo(tmp_path / folder / "val_loss_0.3.pt")
    inspection = inspect_directory(folder, DefaultParser())
    assert [finding.name for finding in inspection.scores] == ["val_loss_0.4.pt"]
    reasons = {f.name: f.reason for f in inspection.findings if f.outcome is Outcome.IGNORED}
    assert set(reasons) == {
        "val_loss_0.1.ckpt",
        "val_loss_0.1.ckpt-unfinished",
        "val_loss_0.2.pt",
        "val_loss_0.3.pt",
    }
    assert "neither a file nor a folder" in reasons["val_loss_0.2.pt"]
    assert "-unfinished" in reasons["val_loss_0.1.ckpt"]


def test_unreadable_numbers(tmp_path):
    """A name in which a number should stand says what stands there."""
    folder = fill(tmp_path, ["val_loss_0.1.pt", "val_loss_abc.pt"])
    inspection = inspect_directory(folder, CustomParser(r"val_loss_([a-z0-9.]+)\.pt"))
    (bad,) = (finding for finding in inspection.findings if finding.outcome is Outcome.UNREADABLE)
    assert (bad.name, len(inspection.scores)) == ("val_loss_abc.pt", 1)
    assert bad.reason.startswith("expected a number for val_loss")


def test_copied_all_at_once(tmp_path):
    """Names with one time of writing are taken in the order of what they count."""
    folder = fill(tmp_path, ["epoch=10-val_loss=0.2.ckpt", "epoch=9-val_loss=0.3.ckpt"])
    for path in (tmp_path / folder).iterdir():
        os.utime(path, (MONDAY, MONDAY))
    inspection = inspect_directory(folder, DefaultParser(), threshold=0.5)
    assert [finding.readings[0].epoch for finding in inspection.scores] == [9, 10]
    assert all(finding.mails for finding in inspection.scores)


def test_json(tmp_path):
    """Programs get every name, with numbers as numbers, and nan as a text."""
    inspection = inspect_directory(fill(tmp_path, NIGHT), DefaultParser(metric="val_loss"), threshold=0.004)
    found = json.loads(as_json(inspection, ParserChoice(metric="val_loss")), parse_constant=pytest.fail)
    assert found["counts"] == {"score": 6, "unreadable": 0, "no score": 1, "ignored": 2}
    assert (found["directory"], found["mode"], found["threshold"]) == ("checkpoints", "lower", 0.004)
    assert found["best"] == found["first_mail"] == "epoch_12_val_loss_9.8e-04_acc_0.97.pt"
    assert found["names"][0] == {
        "name": "epoch_07_val_loss_0.0052_acc_0.91.pt",
        "outcome": "score",
        "metric": "val_loss",
        "score": 0.0052,
        "epoch": 7,
        "step": None,
        "others": {"acc": 0.91},
        "written": "2025-10-09T08:53:20+00:00",
        "mail": False,
    }
    assert found["names"][2]["score"] == "nan"
    assert [name["outcome"] for name in found["names"][6:]] == ["ignored", "no score", "ignored"]


def test_an_empty_and_a_missing_directory(tmp_path):
    """An empty directory is shown as empty; one that is not there is an error."""
    text = report(inspect_directory(fill(tmp_path, []), DefaultParser(), threshold=1.0, suggest=True))
    assert text == "checkpoints: 0 names, 0 with a score\n"
    with pytest.raises(SourceError, match="'nowhere'"):
        inspect_directory("nowhere", DefaultParser())


def test_lines_to_copy_are_quoted(tmp_path):
    """A shell gives the program exactly what was asked for, whatever signs are in it."""
    import shlex

    folder = fill(tmp_path, ["val loss $(x)_0.1.pt"])
    asked = ParserChoice(pattern=r"""val loss \$\(x\)_([0-9.]+)|"'""")
    inspection = inspect_directory(folder, CustomParser(asked.pattern), threshold=-1e-05)
    lines = lines_to_copy(inspection, asked)
    assert shlex.split(lines["command"]) == [
        *("auto-model-monitor", "watch", "checkpoints", "--pattern", asked.pattern),
        "--threshold=-1e-05",
    ]
    assert eval(lines["Python"].removeprefix("parser=")).pattern.pattern == asked.pattern


@pytest.mark.parametrize("name", ["a b", "a'b\\c", "线\n\x1b[2J'", "\udcff\\"])
def test_a_hostile_directory_can_be_copied_too(tmp_path, name):
    """The line to copy is printable, and bash makes the directory's very bytes of it."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "val_loss_0.1.pt").touch()
    line = lines_to_copy(inspect_directory(name, DefaultParser()), ParserChoice())["command"]
    assert line.isprintable()
    script = f'set -- {line}; printf %s "$3"'
    said = subprocess.run(["bash", "-c", script], check=True, capture_output=True).stdout
    assert said == os.fsencode(name)
