"""The guides and READMEs are true: every code block runs, and both languages agree."""

from __future__ import annotations

import re

import pytest
from code_blocks import ENGLISH, GUIDES, PACKAGE, READMES, ROOT, blocks_of, commands_in, project, same_code

from auto_model_monitor.settings import read_config_file, read_monitor_file

PAIRS = [READMES, *GUIDES]
FILES = [path for pair in PAIRS for path in pair]
PYTHON = [block for path in ENGLISH for block in blocks_of(path, "python")]
COMMANDS = [
    pytest.param(commands_in(block), id=str(block)) for path in ENGLISH for block in blocks_of(path, "bash")
]


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_blocks_run(tmp_path, block):
    """Each Python block runs as a script, prints a line and logs no warning; a watch sends its mail."""
    with project(tmp_path) as here:
        status, output, errors = here.run_python(block.code)
        assert status == 0, errors
        assert output
        assert not re.search(r"\b(ERROR|WARNING|Traceback)\b", errors), errors
        if "start_monitoring()" in block.code:
            assert len(here.server.mails) == 1


@pytest.mark.parametrize("commands", COMMANDS)
def test_commands_run(tmp_path, commands):
    """Each command of a block exits with status 0, after the exports before it."""
    with project(tmp_path) as here:
        for path in FILES:
            for block in blocks_of(path, "toml"):
                (tmp_path / block.code.split()[1]).write_text(block.code, "utf-8")
        if "auto-model-monitor outbox" in commands:
            assert here.run_command("auto-model-monitor watch checkpoints --rule 'val_loss < 1'").status == 0
        exports = ""
        for command in commands:
            quick = command.replace("monitor demo", "monitor demo --fast").replace(
                "monitor serve", "monitor serve --port 0"
            )
            status, output, errors = here.run_command(exports + quick)
            assert status == 0, f"{command}\n{output}{errors}"
            assert "Traceback" not in errors
            exports += f"{command}; " if command.startswith("export ") else ""
            for script in re.findall(r"python (?:-m pytest )?(tests/\S+)", command):
                assert not (ROOT / "img").is_dir() or (ROOT / script).exists(), script
        if any("--rule" in command for command in commands):
            assert "val_" in output or here.server.mails or list(tmp_path.glob("monitor_logs/*.db"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_of_settings_are_valid(tmp_path, path):
    """Each TOML block is a file of settings with rules."""
    for block in blocks_of(path, "toml"):
        file = tmp_path / "settings.toml"
        file.write_text(block.code, "utf-8")
        if "[[monitor]]" in block.code:
            tables = monitor_tables(tmp_path, block.code)
            assert all(table.settings["rules"] for table in tables)
        else:
            assert read_config_file(file)["rules"]


def monitor_tables(folder, text):
    """Return the tables of a file of monitors whose variables are all there."""
    pytest.importorskip("cronsim")
    names = set(re.findall(r"\$\{(\w+)\}", text))
    (folder / ".env").write_text("".join(f"{name}=dingtalk://TOKEN\n" for name in names), "utf-8")
    return read_monitor_file(folder / "settings.toml").tables


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0].name)
def test_both_languages_have_the_same_code(pair):
    """The blocks of both languages differ in texts and the language of mails alone; figures agree."""
    english, chinese = pair
    assert same_code(blocks_of(english), blocks_of(chinese))
    for block in blocks_of(chinese, "python"):
        compile(block.code, str(block), "exec")
    texts = [path.read_text("utf-8") for path in pair]
    for mark in ("\n## ", "\n|"):
        assert texts[0].count(mark) == texts[1].count(mark), mark
    if "performance" in english.name:
        figures = [re.findall(r"\d+(?:[.,]\d+)*", text) for text in texts]
        assert figures[0] == figures[1]


def test_guides_are_in_the_package():
    """Every page of the folder is a guide in two languages, and ends with a line feed."""
    assert sorted(PACKAGE.joinpath("docs").glob("*.md")) == sorted(path for pair in GUIDES for path in pair)
    for path in FILES:
        assert path.read_text("utf-8").endswith("\n")
