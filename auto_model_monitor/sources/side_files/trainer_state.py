"""The ``trainer_state.json`` that the trainer of transformers writes into each checkpoint."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from ...core.errors import SourceError
from .records import SideFileEntry, parse_record

_MOST = 1 << 28  # bytes; a history of some million entries


class TrainerState:
    """A history of everything logged up to a checkpoint; one that is half-written waits.

    Attributes:
        waits: it was half-written, and must be read again although nothing may have changed.
        repeats: whether entries come again when the file is rewritten or copied.

    Args:
        path: the file.
    """

    repeats = True

    def __init__(self, path: str) -> None:
        self.waits = False
        self._path = path

    def entries(self, *, at_end: bool) -> Iterator[SideFileEntry]:
        """Yield the entries of the history, from the first one.

        Raises:
            SourceError: the file cannot be read now.
        """
        state = self._state()
        history = state.get("log_history") if isinstance(state, dict) else None
        if not isinstance(state, dict) or not isinstance(history, list):
            return
        epochs = state.get("num_train_epochs")
        total = {"total_epochs": epochs} if isinstance(epochs, int) else {}
        for number, record in enumerate(history, 1):
            # The last entry is about the whole training, with a loss that is none of the last step.
            if not isinstance(record, dict) or "train_runtime" in record:
                continue
            parsed = parse_record({**total, **record})
            if parsed is not None:
                epoch = parsed.metrics.get("epoch")
                yield SideFileEntry(number, parsed, None if epoch is None else int(epoch))

    def close(self) -> None:
        """Nothing is open."""

    def _state(self) -> object:
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123
                if os.fstat(file.fileno()).st_size > _MOST:
                    expected = f"expected at most {_MOST} bytes in {self._path!r}"
                    raise SourceError(f"{expected}, got more: it is not read")
                data = file.read()
        except OSError as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(f"expected a file that can be read, got {self._path!r}: {error}") from error
        try:
            state: object = json.loads(data)
        except (ValueError, RecursionError):  # half-written; NaN is none of these to Python
            self.waits = True
            return None
        self.waits = False
        return state
