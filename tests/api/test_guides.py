"""The guides to the API: links, tables and examples are correct."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

pytest.importorskip("fastapi")

import auto_model_monitor
from auto_model_monitor import LogReader
from auto_model_monitor.api.documents import schemas
from auto_model_monitor.api.server_settings import ServerSettings
from auto_model_monitor.cli.main import parse
from tests.api.live import request
from tests.api.server_process import TRAINER, serving

DOCS = Path(auto_model_monitor.__file__).parent / "api" / "docs"
GUIDES = ("API_PARAMETERS_REFERENCE.md", "API_ENHANCED_README.md")


def blocks(name, language):
    text = (DOCS / name).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", GUIDES)
def test_links_lead_to_files(name):
    """Every relative link of a guide is a file of the package, so that it works when installed."""
    links = re.findall(r"\]\(([^)]+)\)", (DOCS / name).read_text("utf-8"))
    relative = [link for link in links if "://" not in link]
    assert len(relative) >= 2
    assert any(link.endswith("/README.md") for link in links)
    package = DOCS.parents[1]
    for link in relative:
        target = (DOCS / link).resolve()
        assert package in target.parents, link
        assert target.is_file(), link


def test_every_field_is_documented(make_app):
    """The reference lists every field of the body with its default, and every route."""
    text = (DOCS / GUIDES[0]).read_text("utf-8")
    for name, field in schemas.StartRequest.model_fields.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` |"))
        if field.is_required():
            assert "required" in row
        elif field.default not in ("", None):
            assert str(field.default) in row, row
    for path in make_app().openapi()["paths"]:
        assert path.replace("/api/v2/training/{task_id}/", "…/{task_id}/") in text or path in text, path


def test_the_example_file_is_accepted(tmp_path):
    """The command accepts the TOML example of the guide."""
    (text,) = blocks(GUIDES[1], "toml")
    (tmp_path / "serve.toml").write_text(text)
    _, options = parse(["serve", "--config", str(tmp_path / "serve.toml")])
    names = [trainer.name for trainer in ServerSettings.of(options).trainers]
    assert names == ["mine", "from-a-file", "some", "in-a-shell", "german"]


def test_every_option_is_documented():
    """The guide's table lists every option of the command."""
    text = (DOCS / GUIDES[1]).read_text("utf-8")
    shown = set(re.findall(r"--[a-z-]+", text))
    for option in vars(parse(["serve"])[1]):
        name = {"trainers": "trainer", "rules": "rule", "patterns": "pattern"}.get(option, option)
        if name not in ("command", "version", "auth_code"):
            assert "--" + name.replace("_", "-") in shown


def test_python_blocks_run(tmp_path):
    """Every Python block of the guides works with a real server."""
    pytest.importorskip("requests")
    follow, handle, embed = [block for name in GUIDES for block in blocks(name, "python")]
    with serving("--trainer", TRAINER, cwd=tmp_path) as server:
        server.ask("/api/v2/training/start", request(tmp_path))
        text = follow.replace("http://localhost:8000", server.url)
        output = subprocess.run(
            [sys.executable, "-c", text],
            check=False,
            capture_output=True,
            encoding="utf-8",
            cwd=tmp_path,
            timeout=200,
        )
        assert "INFO Epoch [3/3] started {'epoch': 3, 'total_epochs': 3}" in output.stdout, output.stderr
        server.end()
    subprocess.run([sys.executable, "-c", handle + embed], check=True, cwd=tmp_path, timeout=200)


def test_every_listed_log_format_is_parsed():
    """The log reader finds a metric or a stage in each line that the reference lists."""
    lines = blocks(GUIDES[0], "")[-1].splitlines()
    reader, now = LogReader(), datetime.now(timezone.utc)
    for line in lines:
        entry = reader.read(line, time=now)
        assert entry.own_metrics or entry.stage, line
    assert len(lines) == 12
