"""The README is true: its code runs, its translation says the same, its pictures and files are there."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from smtp_server import SMTPServer

import auto_model_monitor

ROOT = Path(__file__).parent.parent
PACKAGE = Path(auto_model_monitor.__file__).parent
READMES = ("README.md", "README.zh-CN.md")
RAW = "https://raw.githubusercontent.com/Knighthood2001/auto_model_monitor/main/"
BLOB = "https://github.com/Knighthood2001/auto_model_monitor/blob/main/"


def text_of(readme):
    return (ROOT / readme).read_text(encoding="utf-8")


def blocks_of(readme, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(readme), re.M | re.S)


BLOCKS = [
    pytest.param(readme, n, id=f"{readme}-{n}")
    for readme in READMES
    for n in range(len(blocks_of(readme, "python")))
]


@pytest.mark.parametrize(("readme", "number"), BLOCKS)
def test_every_python_block_runs(tmp_path, readme, number):
    """Each block, copied into a file, runs; one that watches sends its mail and ends on Ctrl-C."""
    code = blocks_of(readme, "python")[number]
    shutil.copytree(Path(__file__).parent / "quicktest", tmp_path / "quicktest")
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    with SMTPServer(tls="ssl", hostname="smtp.qq.com") as server:
        environ = server.environ("smtp.qq.com")
        arguments = [sys.executable, str(script)]
        program = subprocess.Popen(arguments, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True)
        if "start_monitoring()" in code:
            try:
                server.wait_for_mails(1)
            finally:
                program.send_signal(signal.SIGINT)
        try:
            _, errors = program.communicate(timeout=200)
        finally:
            program.kill()
    assert program.returncode == 0, errors
    assert "Traceback" not in errors
    assert not re.search(r"\b(ERROR|WARNING)\b", errors), errors


def test_the_translation_says_the_same():
    """Both READMEs have the same sections, the same code but for comments and texts, and the same tables."""
    english, chinese = map(text_of, READMES)
    assert english.count("\n## ") == chinese.count("\n## ")
    assert english.count("\n|") == chinese.count("\n|")
    for language in ("python", "bash", "toml"):
        mine, theirs = (blocks_of(readme, language) for readme in READMES)
        assert [bare(block) for block in mine] == [bare(block) for block in theirs]
    figures = [re.findall(r"\d[\d.,]*", part_of(text)) for text in (english, chinese)]
    assert figures[0] == figures[1]


def bare(block):
    """A block without its comments, blanks and the texts that a translation may put differently."""
    lines = (re.sub(r"\s*#.*", "", line).rstrip() for line in block.splitlines())
    return [re.sub(r'"[^"]*[^\x00-\x7f][^"]*"', '"…"', line) for line in lines if line]


def part_of(readme):
    return readme.split("<!-- figures -->")[1].split("<!-- /figures -->")[0]


@pytest.mark.parametrize("readme", READMES)
def test_pictures_and_links_lead_somewhere(readme):
    """Pictures are addresses, as a package index needs them, and each names a file that is here."""
    text = text_of(readme)
    pictures = re.findall(r'<img src="([^"]+)"', text) + re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert pictures
    for address in pictures:
        assert address.startswith(RAW), address
        if (ROOT / "img").is_dir():
            assert (ROOT / address.removeprefix(RAW)).is_file(), address
    for address in re.findall(r"\]\(([^)]+)\)", text):
        assert address.startswith("https://"), address
        if address.startswith(BLOB):
            path = address.removeprefix(BLOB)
            inside = path.startswith("auto_model_monitor/")
            assert ((PACKAGE.parent if inside else ROOT) / path).is_file(), address


@pytest.mark.parametrize("readme", READMES)
def test_the_two_commands_stand_there_to_be_copied(readme):
    """One command runs the main job, one installs and passes the tests."""
    commands = [block.strip() for block in blocks_of(readme, "bash")]
    assert "pip install . && auto-model-monitor demo" in commands
    assert 'pip install -e ".[test]" && python -m pytest' in commands


def test_ci_runs_the_test_command_of_the_readme():
    """What the README promises is what every change is checked with."""
    script = ROOT / ".ci" / "run"
    if not script.exists():
        pytest.skip("only in the repository")
    assert 'pip install -e ".[test]" && python -m pytest' in script.read_text(encoding="utf-8")


def test_the_change_log_knows_this_version():
    """The change log has the version that is installed, and the versions that were published before."""
    from importlib.metadata import version

    changes = text_of("CHANGELOG.md")
    for number in (version("auto-model-monitor"), "0.2.2", "0.2.1", "0.2.0", "0.1.2", "0.1.1", "0.1.0"):
        assert re.search(rf"^## .*{re.escape(number)}", changes, re.M), number
