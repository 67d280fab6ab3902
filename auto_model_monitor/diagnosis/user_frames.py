"""The place in the user's own files, out of the frames of a traceback."""

from __future__ import annotations

import re

from .exception_chains import StackFrame

_FOREIGN = re.compile(
    r"site-packages|dist-packages|[\\/]lib[\\/]python3|[\\/]lib64[\\/]python3|\\[Ll]ib\\(?!.*\\src\\)|<frozen|<string>|<stdin>"
    r"|<__array_function__|[\\/]bin[\\/](?:torchrun|accelerate|deepspeed|python)|<decorator|<attrs|^/tmp/__autograph"
    r"|[\\/](?:miniconda|anaconda|conda)3?[\\/](?!.*[\\/]work)|[\\/]ray[\\/]_private[\\/]"
)
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
