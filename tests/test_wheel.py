"""What pip installs is whole: its commands, its public names, and the files that they need."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import auto_model_monitor

PROGRAM = shutil.which("auto-model-monitor", path=str(Path(sys.executable).parent))
COMMANDS = ("watch", "logs", "inspect", "outbox", "test-notify", "demo", "serve", "evaluate", "help")
FILES = ("py.typed", "ARCHITECTURE.md", "docs/settings.en.md", "docs/settings.zh.md", "api/page/index.html")


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    assert PROGRAM is not None
    command = [PROGRAM, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=200)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_its_help(command: str, tmp_path: Path):
    """Each command of the installed program explains itself, in any directory."""
    done = run(command, "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"auto-model-monitor {command}" in done.stdout


def test_the_installed_program_reads_a_score(tmp_path: Path):
    """The installed program reads a score out of a name."""
    (tmp_path / "epoch_10_val_loss_0.003.pt").write_bytes(b"weights")
    done = run("inspect", ".", cwd=tmp_path)
    assert done.returncode == 0
    assert "0.003" in done.stdout


def test_every_public_name_can_be_imported():
    """Every name of ``__all__`` comes out of the installed package."""
    assert [name for name in auto_model_monitor.__all__ if getattr(auto_model_monitor, name) is None] == []


@pytest.mark.parametrize("path", FILES)
def test_the_files_come_along(path: str):
    """What the program shows and serves is part of the package."""
    assert files("auto_model_monitor").joinpath(path).is_file()


def links():
    """Every link of the Markdown files that come along, with its file."""
    package = Path(str(files("auto_model_monitor")))
    for path in sorted(package.rglob("*.md")):
        for link in re.findall(r"\]\(\s*([^)\s]+)\s*\)", path.read_text("utf-8")):
            yield pytest.param(path, link, id=f"{path.name} {link}")


@pytest.mark.parametrize(("path", "link"), list(links()))
def test_the_links_of_the_guides_lead_to_what_comes_along(path: Path, link: str):
    """A relative link of an installed guide is an installed file; every other one is a web address."""
    if "://" in link:
        assert link.startswith("https://")
        return
    package = Path(str(files("auto_model_monitor"))).resolve()
    target = (path.parent / link.partition("#")[0]).resolve()
    assert target.is_file()
    assert package in target.parents
