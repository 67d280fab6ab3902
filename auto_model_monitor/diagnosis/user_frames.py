"""The place in the user's own files, out of the frames of a traceback."""

from __future__ import annotations

import re

from .exception_chains import StackFrame
from .output_lines import OutputLines

_FOREIGN = re.compile(
    r"site-packages|dist-packages|[\\/]lib[\\/]python3|[\\/]lib64[\\/]python3|\\[Ll]ib\\(?!.*\\src\\)|<frozen|<string>|<stdin>"
    r"|<__array_function__|[\\/]bin[\\/](?:torchrun|accelerate|deepspeed|python)|<decorator|<attrs|^/tmp/__autograph"
    r"|[\\/](?:miniconda|anaconda|conda)3?[\\/](?!.*[\\/]work)|[\\/]ray[\\/]_private[\\/]"
)
_STACK = re.compile(r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+) in (?P<function>.+)')
_THREAD = re.compile(r"^(?:Current t|T)hread 0x")
_DEEPEST = 120  # lines
_LONGEST = 200


def user_frame(frames: tuple[StackFrame, ...]) -> str | None:
    """Return the last frame in the user's own files: ``train.py:22 in load: img = Image.open(path)``."""
    own = next((frame for frame in reversed(frames) if not _FOREIGN.search(frame.file)), None)
    if own is None:
        return None
    place = re.split(r"[\\/]", own.file)[-1]
    text = f"{place}:{own.line}" if own.line else place
    if own.function and own.function != "<module>":
        text += f" in {own.function}"
    if own.code:
        text += f": {own.code}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def stack_below(lines: OutputLines, index: int) -> tuple[StackFrame, ...]:
    """Return the stack that faulthandler prints below a line, the outermost frame first."""
    found: list[StackFrame] = []
    for place in range(index + 1, min(index + _DEEPEST, len(lines))):
        if lines[place].text.startswith("Current thread"):
            found = []
        match = _STACK.match(lines[place].text)
        if match:
            found.append(StackFrame(match["file"], int(match["line"]), match["function"].strip()))
        elif found and lines[place].text.strip() and not _THREAD.match(lines[place].text):
            break
    return tuple(reversed(found))
