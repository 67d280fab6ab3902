"""What a type checker of a user finds in a script that uses every public name."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import auto_model_monitor

SCRIPT = Path(__file__).with_name("public_names.py")


def test_the_script_uses_every_public_name():
    """The script that the type checker sees imports each name of the package."""
    text = SCRIPT.read_text(encoding="utf-8")
    imports = text.partition("from auto_model_monitor import (")[2].partition(")")[0]
    assert sorted(name.strip() for name in imports.split(",") if name.strip()) == sorted(
        auto_model_monitor.__all__
    )


@pytest.mark.contract
def test_pyright_accepts_the_script_in_strict_mode():
    """pyright in strict mode finds nothing to complain of where a script uses every public name."""
    if find_spec("pyright") is None:
        pytest.skip("pyright is not installed")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, str(SCRIPT)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    if not result.stdout.startswith("{"):
        pytest.skip(f"pyright cannot run here: {result.stderr[-300:]}")
    found = json.loads(result.stdout)["generalDiagnostics"]
    assert [f"{d['range']['start']['line'] + 1}: {d['message']}" for d in found] == []
