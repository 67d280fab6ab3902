"""The trainer as a process: its exit status, and its files."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.campaigns import THOROUGH

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")


@pytest.fixture
def command(colours: Callable[..., Path], tmp_path: Path) -> list[str]:
    """Return a command that trains on images of red, green and blue."""
    return [
        sys.executable,
        "-m",
        "auto_model_monitor.training.image_classifier",
        "--model=resnet18",
        "--num-classes=3",
        f"--train-path={colours('train')}",
        f"--val-path={colours('val')}",
        f"--save-path={tmp_path / 'saved'}",
        "--batch-size=4",
    ]


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


def test_what_cannot_be_done_ends_with_status_2_and_one_line(command: list[str]) -> None:
    """A missing card gives one line on standard error, and no other output."""
    done = run([*command, "--device=cuda:99"])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("image_classifier: error: --device: expected ")
    assert done.stderr.count("\n") == 1


@pytest.mark.campaign
@pytest.mark.skipif(not THOROUGH, reason="costs the seconds that transformers takes to be imported")
def test_a_failure_ends_with_status_1_and_one_line(command: list[str]) -> None:
    """A loss of NaN ends the process with one line on standard error, without a traceback."""
    done = run([*command, "--learning-rate=1e30"])
    assert done.returncode == 1
    assert done.stderr.startswith("image_classifier: error: the training loss is nan in epoch 1")
    assert done.stderr.count("\n") == 1


def test_sigterm_ends_the_training_with_what_it_has_learnt(command: list[str], tmp_path: Path) -> None:
    """SIGTERM gives status 143, leaves valid weights in last.pt, and no partial file."""
    with subprocess.Popen([*command, "--num-epochs=100000"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "Epoch [2/100000] started" in line:
                process.terminate()
                break
        rest = process.stdout.read()
    assert process.returncode == 143
    assert f"WARNING - Stopped by SIGTERM; the weights so far are in '{tmp_path}/saved/last.pt'" in rest
    found = torch.load(tmp_path / "saved" / "last.pt", weights_only=True)
    assert found["classes"] == ["blue", "green", "red"]
    assert all(weight.isfinite().all() for weight in found["state_dict"].values())
    assert list((tmp_path / "saved").glob("*.tmp")) == []
