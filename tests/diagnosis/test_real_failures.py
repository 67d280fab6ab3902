"""Real programs fail, and the diagnosis names the cause.

    python -m pytest -m frameworks tests/diagnosis

with torch, transformers, lightning and others installed. When a process dies decides what the others print,
so that .ci/run leaves this to whoever changes the diagnosis.
"""

from __future__ import annotations

import re
import sys
from importlib.util import find_spec

import pytest

from auto_model_monitor.diagnosis import diagnose
from tests.diagnosis.real_failures import Program, programs, run

pytestmark = pytest.mark.frameworks

_ALWAYS = ("python", "shell")
_MODULES = {"torchrun": "torch"}
_OF_IMPORTS = ("missing_module", "version_conflict")  # what is not installed is the failure
_IMPORT = re.compile(r"^\s*(?:import|from) (\w+)", re.MULTILINE)


@pytest.mark.skipif(sys.platform != "linux", reason="the programs use signals and limits of Linux")
@pytest.mark.parametrize("program", list(programs()), ids=lambda program: program.name)
def test_a_real_failure_has_its_cause(program: Program) -> None:
    """What the program printed and its exit status are enough to name the cause."""
    modules = {_MODULES.get(program.framework, program.framework)} - set(_ALWAYS)
    if program.cause not in _OF_IMPORTS:
        modules |= set(_IMPORT.findall(program.text))
    missing = sorted(module for module in modules if find_spec(module) is None)
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    end = run(program, sys.executable)
    assert diagnose(end.output, end.status, language="en").cause == program.cause, end.output[-3000:]
