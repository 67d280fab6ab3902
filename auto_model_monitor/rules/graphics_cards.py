"""The graphics cards of a training, as NVIDIA's driver reports them (extra ``gpu``)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..core.errors import ConfigError, RuleError
from ..core.extras import extra
from .card_state import CardState

with extra("gpu"):
    import pynvml

_VISIBLE = "CUDA_VISIBLE_DEVICES"


class GraphicsCards:
    """Reads the cards that a training uses.

    These are the cards of ``CUDA_VISIBLE_DEVICES``; where it is not set, those on which a process of this
    one's process group, or a process that this one has started, computes; all as long as there is none.

    Args:
        environment: instead of that of this process.

    Raises:
        ConfigError: there is no driver or no card, or the training is not to see any.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        try:
            pynvml.nvmlInit()
            count = pynvml.nvmlDeviceGetCount()
            self._handles = {number: pynvml.nvmlDeviceGetHandleByIndex(number) for number in range(count)}
        except pynvml.NVMLError as error:
            raise ConfigError(f"gpu: expected an NVIDIA card and its driver, got: {error}") from error
        if not self._handles:
            raise ConfigError("gpu: expected an NVIDIA card, got none")
        visible = (os.environ if environment is None else environment).get(_VISIBLE)
        self._is_chosen = visible is not None and "MIG-" not in visible
        self._numbers = self._visible(visible) if visible is not None and self._is_chosen else []
        if self._is_chosen and not self._numbers:
            raise ConfigError(f"gpu: expected a card in {_VISIBLE}, got {visible!r}, which hides them all")

    def read(self) -> list[CardState]:
        """Return the state of each card.

        Raises:
            RuleError: the driver does not answer.
        """
        try:
            if not self._is_chosen:
                found = [number for number, handle in self._handles.items() if _computes_here(handle)]
                self._numbers = found or self._numbers  # a training that has ended leaves its cards
            return [self._state(number) for number in self._numbers or self._handles]
        except pynvml.NVMLError as error:
            raise RuleError(f"expected the state of the cards from NVIDIA's driver, got: {error}") from error

    def _visible(self, text: str) -> list[int]:
        """Return the cards as CUDA does: the first one that it does not know ends the list."""
        names = {number: pynvml.nvmlDeviceGetUUID(handle) for number, handle in self._handles.items()}
        numbers: list[int] = []
        for word in filter(None, (part.strip() for part in text.split(","))):
            is_index = word.isascii() and word.isdigit()
            known = [
                n for n, uuid in names.items() if (n == int(word) if is_index else uuid.startswith(word))
            ]
            if len(known) != 1:
                break
            numbers += [] if known[0] in numbers else known
        return numbers

    def _state(self, number: int) -> CardState:
        handle = self._handles[number]
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        return CardState(
            number=number,
            use=_known(lambda: pynvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100),
            used_bytes=int(memory.used),
            total_bytes=int(memory.total),
            celsius=_known(
                lambda: float(pynvml.nvmlDeviceGetTemperature(handle, pynvml.NVML_TEMPERATURE_GPU))
            ),
        )


def _known(read: Callable[[], float]) -> float | None:
    """Return what a card does not know, as one in MIG mode its use, as None."""
    try:
        return read()
    except pynvml.NVMLError as error:
        if error.value != pynvml.NVML_ERROR_NOT_SUPPORTED:
            raise
        return None


def _computes_here(handle: Any) -> bool:
    try:
        processes: Sequence[Any] = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
    except pynvml.NVMLError:  # as of a virtual card, which does not say
        return False
    return any(_is_ours(process.pid) for process in processes)


def _is_ours(process: int) -> bool:
    """Return whether a process is in this one's group, or descends from this one."""
    try:
        if os.getpgid(process) == os.getpgrp():
            return True
        while process > 1 and process != os.getpid():
            with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                process = int(file.read().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):  # it has ended, or is another container's
        return False
    return process == os.getpid()
