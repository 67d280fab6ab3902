"""Logs of programs that cannot be run here, made from their own format strings with values that are known.

    python tests/benchmarks/reading_formats.py

writes them with their truth among the recorded corpora; ``reading_formats.txt`` beside this file holds
the formats. There, ``== name`` begins a format; its lines up to ``--`` come once, those up to the next ``--``
once an epoch, the rest at the end. ``{e}`` is the epoch counted from 1, ``{z}`` from 0, ``{s}`` the step,
``{n}`` a number of no interest. ``<val_loss,other name|.4f|scale>`` is a number, its right names, how it is
shown, and by what it is multiplied before; ``<?lr|.1e>`` may be read but need not; ``<~|.4f>`` may be read in
the place of the number before it. ``{-}`` in a line says that the line's epoch is not known, ``{-1}`` that it
is counted from 0.
"""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Iterator
from pathlib import Path

FORMATS = Path(__file__).with_suffix(".txt")
TARGET = Path(__file__).parents[1] / "log_parser" / "corpora" / "formats"
_EPOCHS = 4
_NUMBER = re.compile(r"<([?~]?)([^<>|]*)\|([^<|]*?)(?:\|([-0-9.]+))?>(?![0-9])")


def value_of(names: str, epoch: int, chance: random.Random) -> float:
    """Return what a metric of that name may measure in an epoch."""
    name = names.lower()
    noise = chance.uniform(0.9, 1.1)
    if "lr" in name or "learning" in name:
        return 1e-3 * 0.7**epoch * noise
    if "rew" in name or "return" in name or "epret" in name:
        return (20 + 40 * epoch) * noise
    if "ppl" in name or "perplexity" in name:
        return (3 + 30 * math.exp(-epoch)) * noise
    if any(word in name for word in ("loss", "err", "xent", "wer", "cer", "cost", "entropy", "norm", "nll")):
        return (0.2 + 2 * math.exp(-epoch / 2)) * noise
    return (0.9 - 0.6 * math.exp(-epoch / 2)) * chance.uniform(0.95, 1.05)


class Writer:
    """Writes one log and its truth."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []
        self.truth: list[dict[str, object]] = []
        self._chance = random.Random(name)

    def add(self, line: str, epoch: int | None) -> None:
        """Write a line of the format, in an epoch or in none."""
        shown = epoch or _EPOCHS
        counted = None if "{-}" in line else epoch if "{-1}" not in line or epoch is None else epoch - 1
        line = line.replace("{-}", "").replace("{-1}", "")
        places = {
            "e": shown,
            "z": shown - 1,
            "E": _EPOCHS,
            "s": 100 * shown,
            "t": "\t",
            "b": "\x1b[1m",
            "r": "\r",
        }
        line = line.replace("{{", "\0")
        line = re.sub(r"\{n\}", lambda _: str(self._chance.randrange(100, 9999)), line)
        line = re.sub(r"\{([a-zA-Z])(:[0-9]+d)?\}", lambda m: f"{{0{m[2] or ''}}}".format(places[m[1]]), line)
        line = _NUMBER.sub(lambda found: self._number(found, shown, counted), line)
        self.lines.append(line.replace("\0", "{"))

    def _number(self, found: re.Match[str], epoch: int, counted: int | None) -> str:
        mark, names, form, scale = found.groups()
        if mark == "~":
            value = float(self.truth[-1]["value"]) * self._chance.uniform(0.95, 1.05)  # type: ignore[arg-type]
            self.truth[-1]["or_value"] = float(format(value, form))
            return format(value, form)
        text = format(value_of(names, epoch, self._chance) * float(scale or 1), form)
        metric, *also = [name.strip() for name in names.split(",")]
        row = {"metric": metric, "value": float(text.strip().rstrip("%")), "epoch": counted, "also": also}
        self.truth.append({key: cell for key, cell in row.items() if cell not in (None, [])})
        if mark:
            self.truth[-1]["optional"] = True
        return text


def formats() -> Iterator[tuple[str, list[list[str]]]]:
    """Return the formats: name and the three groups of lines."""
    for block in re.split(r"^== ", FORMATS.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, rest = block.partition("\n")
        parts = re.split(r"^--\n", rest.rstrip("\n") + "\n", flags=re.MULTILINE)
        assert len(parts) == 3, name
        yield name.strip(), [part.split("\n") for part in parts]


def main() -> None:
    """Write the corpora."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for name, (head, body, tail) in formats():
        writer = Writer(name)
        for line in head[:-1]:
            writer.add(line, None)
        for epoch in range(1, _EPOCHS + 1):
            for line in body[:-1]:
                writer.add(line, epoch)
        for line in tail[:-1]:
            writer.add(line, None)
        (TARGET / f"{name}.log").write_text("\n".join(writer.lines) + "\n", encoding="utf-8")
        rows = "".join(json.dumps(row) + "\n" for row in writer.truth)
        (TARGET / f"{name}.truth.jsonl").write_text(rows, encoding="utf-8")


if __name__ == "__main__":
    main()
