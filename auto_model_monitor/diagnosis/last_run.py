"""Where the last run of an output begins, and where a training printed its progress."""

from __future__ import annotations

import math
import re

from .output_lines import OutputLines

_START = re.compile(
    rb"(?i)\bresum(?:e|ing|ed)\b.{0,40}\b(?:from|checkpoint|training)|\battempt[ =:#]*(?:[2-9]|\d\d)\b"
    rb"|\brestart(?:ing|ed)?\b.{0,40}\b(?:job|training|worker group|run|pod|attempt)|^nohup: ignoring input"
    rb"|^(?:\S*[$#>] |\+ )?(?:python3?|torchrun|accelerate|deepspeed|srun|mpirun) .{0,80}\.py"
    rb"|\b(?:starting|start|begin) (?:of )?(?:new )?(?:training|run)\b|^=+ ?(?:run|start)|requeued"
    rb"|Setting OMP_NUM_THREADS environment variable for each process|wandb: Tracking run with"
)
_PROGRESS = re.compile(
    rb"(?i)(?:^|[^a-z_.])(?:epoch|step|iter|iteration|batch|global_step|eval)s?[\s:=\[(#/_]{1,4}\[?\d"
    rb"|\d(?:it|s|batch|step)/(?:s|it|batch|step)\b|(?:^|[\s\"'{,|])(?:train_|val_|valid_)?loss['\"]?[\s:=]{1,4}-?\d"
    rb"|\xe7\xac\xac ?\d+ ?\xe8\xbd\xae"
)
_BAR = re.compile(rb"(?<!100)%\|.{0,400}\d(?:it|s|batch|step)/(?:s|it|batch|step)")
_FOREIGN = re.compile(rb"^\s*(?:srun:|slurmstepd:|File \"|wandb:|raise |E\d{4}|W\d{4})|Error|Traceback")
_DONE = re.compile(
    rb"(?i)\b(?:training|fine-?tuning|run|job|evaluation|all|experiment)\b[\w ]{0,24}"
    rb"\b(?:complete|completed|finished|done|succeeded)"
    rb"|\b(?:saved|saving)\b.{0,60}\b(?:model|checkpoint|weights)"
    rb"|\bbest (?:val|model|acc|epoch|score|loss|param|result)"
    rb"|^(?:done|finished)[.!]?\s*$|\xe8\xae\xad\xe7\xbb\x83(?:\xe5\xae\x8c|\xe7\xbb\x93\xe6\x9d\x9f)|train_runtime"
)
_LOSS = re.compile(
    r"(?i)(?:^|[^a-z_.-])(?:train(?:ing)?[_ ]|lm[_ ]|total[_ ])?loss['\"]?[ \t]{0,4}[:=]?[ \t]{0,4}['\"]?"
    r"(?:tensor\()?(?P<value>[-+]?(?:nan|inf(?:inity)?|\d[\d.]*(?:e[-+]?\d+)?))(?![\w])"
)
_READINGS = 10
_FARTHEST = 20_000  # lines from the end in which readings and progress are looked for


def start_of_last_run(lines: OutputLines, failures: list[int]) -> int:
    """Return the index of the first line of the last run that has something to show.

    Args:
        lines: the output.
        failures: the indices of the lines that may show a cause, in their order.
    """
    if not failures:
        return 0
    for index in range(failures[-1] - 1, max(failures[0], failures[-1] - _FARTHEST), -1):
        raw = lines.raw(index)
        if raw and _START.search(raw[:400]) and not _FOREIGN.search(raw[:400]):
            return index
    return 0


class RunProgress:
    """The last lines with steps, epochs or losses of each process.

    Args:
        lines: the output.
        since: the first index that matters.
    """

    def __init__(self, lines: OutputLines, since: int) -> None:
        self._last: dict[str, int] = {}
        self._redrawn: set[str] = set()
        self._done = -1
        for index in range(len(lines) - 1, max(since, len(lines) - _FARTHEST) - 1, -1):
            raw = lines.raw(index)[:1000]
            if not raw or _FOREIGN.search(raw):
                continue
            if self._done < 0 and _DONE.search(raw):
                self._done = index
            if _PROGRESS.search(raw):
                self._add(index, lines[index].stream, is_bar=_BAR.search(raw) is not None)
                if not lines[index].stream and self._done >= 0:
                    break

    def _add(self, index: int, stream: str, *, is_bar: bool) -> None:
        """Remember a line, and of unfinished bars the last but one: an error draws the last one again."""
        if is_bar and stream not in self._redrawn:
            self._redrawn.add(stream)
        else:
            self._last.setdefault(stream, index)

    def follows(self, index: int, stream: str, *, also_done: bool = False) -> bool:
        """Return whether a process went on after a line.

        Args:
            index: the line.
            stream: the process.
            also_done: whether words such as "training complete" count.
        """
        return self._last.get(stream, -1) > index or (also_done and self._done > index)


def unfinite_loss(lines: OutputLines, losses: tuple[float, ...] = ()) -> int | None:
    """Return the index of the first of the last readings where none of at least ten was finite.

    None where the last readings were finite, -1 where only ``losses`` shows it.
    """
    if len(losses) >= _READINGS and not any(map(math.isfinite, losses[-_READINGS:])):
        return -1
    first, count = None, 0
    for index in range(len(lines) - 1, max(-1, len(lines) - _FARTHEST), -1):
        raw = lines.raw(index)
        if b"oss" not in raw and b"OSS" not in raw:
            continue
        found = _LOSS.search(lines[index].text)
        if found is None:
            continue
        if math.isfinite(float(found["value"])):
            break
        first, count = index, count + 1
    return first if count >= _READINGS else None
