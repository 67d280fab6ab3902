"""The command ``diagnose``: why a training ended, from its log."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from auto_model_monitor.cli import main as cli
from auto_model_monitor.cli.diagnose_command import kept_lines

SHAPES = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (4x5408 and 7200x10)"
LOG = f"""\
step 0: loss 0.91
Traceback (most recent call last):
  File "/home/me/train.py", line 22, in <module>
    out = net(images)
{SHAPES}
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Call the program in this process; return its status, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(["diagnose", *arguments])
        return (status, *capsys.readouterr())

    return call


def test_a_failure_is_shown_with_its_evidence(run, tmp_path: Path) -> None:
    """A failure's cause, its line with the number, the place in one's own file and a remedy are shown; 1."""
    (tmp_path / "train.log").write_text(LOG)
    status, out, errors = run(str(tmp_path / "train.log"), "--language", "en")
    assert (status, errors) == (1, "")
    first, *rest = out.splitlines()
    assert first.startswith("Shapes of tensors do not fit (shape_mismatch, ")
    assert rest[1:3] == ["Evidence in line 5", f"  {SHAPES}"]
    assert "  train.py:22" in out
    assert "What to do" in out


def test_the_answer_is_chinese_on_request(run, tmp_path: Path) -> None:
    """The answer is in the language that --language names."""
    (tmp_path / "train.log").write_text(LOG)
    _, out, _ = run(str(tmp_path / "train.log"), "--language", "zh")
    assert out.startswith("张量形状不匹配")
    assert "怎么办\n  形状为 4x5408 and 7200x10。在该行打印形状" in out


def test_json_has_every_field(run, tmp_path: Path) -> None:
    """With --json a program finds the id of the cause, its name, the line and its number."""
    (tmp_path / "train.log").write_text(LOG)
    status, out, _ = run(str(tmp_path / "train.log"), "--json", "--language", "en", "--exit-code", "1")
    answer = json.loads(out)
    assert status == 1
    assert (answer["cause"], answer["line"], answer["evidence"]) == ("shape_mismatch", 5, SHAPES)
    assert answer["name"] == "shapes of tensors do not fit"


def test_a_success_exits_with_zero(run, tmp_path: Path) -> None:
    """The log of a training that succeeded exits with 0, with or without an exit status."""
    (tmp_path / "train.log").write_text("epoch 1 loss 0.9\nepoch 2 loss 0.8\ndone\n")
    assert run(str(tmp_path / "train.log"))[0] == 0
    assert run(str(tmp_path / "train.log"), "--exit-code", "0", "--language", "en")[:2] == (0, "Success\n")


def test_the_status_alone_is_an_answer(run, tmp_path: Path) -> None:
    """Where no line shows the cause, the exit status does."""
    (tmp_path / "train.log").write_text("epoch 1 loss 0.9\n")
    status, out, _ = run(str(tmp_path / "train.log"), "--exit-code", "143", "--language", "en")
    assert status == 1
    assert out.startswith("Ended from outside (SIGTERM) (terminated, from the exit status alone)")


def test_a_pipe_is_read_to_its_end(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """``-`` reads standard input, and line numbers are those of the whole."""
    noise = "".join(f"step {step}: loss 0.5\n" for step in range(3_000))
    piped = io.TextIOWrapper(io.BytesIO((noise + LOG).encode()))
    monkeypatch.setattr(sys, "stdin", piped)
    status, out, _ = run("-", "--language", "en")
    assert status == 1
    assert f"Evidence in line 3005\n  {SHAPES}" in out


def test_a_pipe_takes_bounded_memory() -> None:
    """Of a long pipe the first and last lines are kept, and between them each that may be evidence."""
    lines = [b"step %d: loss 0.5" % step for step in range(50_000)]
    lines[20_000] = SHAPES.encode()
    kept = list(kept_lines(io.BytesIO(b"\n".join(lines))))
    assert (20_001, SHAPES.encode()) in kept
    assert kept[0] == (1, lines[0])
    assert kept[-1] == (50_000, lines[-1])
    assert len(kept) < 22_000


def test_secrets_are_not_shown(run, tmp_path: Path) -> None:
    """A token in the evidence is replaced by stars, on the screen and in JSON."""
    token = "hf_" + "abcdefGHIJKL0123456789abcdefGHIJKL"
    (tmp_path / "train.log").write_text(LOG.replace(SHAPES, f"ValueError: token {token} is refused"))
    for options in ([], ["--json"]):
        _, out, _ = run(str(tmp_path / "train.log"), *options)
        assert "ValueError" in out
        assert token not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.log"], "FILE: expected a log that can be read, got nowhere.log"),
        (["x.log", "--exit-code", "999"], "expected a number from -64 to 255, got '999'"),
        ([], "required: FILE"),
    ],
)
def test_wrong_usage_exits_with_two(run, arguments: list[str], words: str) -> None:
    """A log that cannot be read, a wrong status and a missing file exit with 2 and say what was expected."""
    status, _, errors = run(*arguments)
    assert status == 2
    assert words in errors
