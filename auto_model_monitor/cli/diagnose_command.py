"""``auto-model-monitor diagnose``: say why a training ended, from its log."""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..core.errors import ConfigError
from ..i18n import Language, Wording, cause_text, wording
from ..i18n.locale_language import locale_language
from ..text.cleaning import for_terminal, without_secrets
from ..text.terminal import Terminal
from .command import FAILURE, SUCCESS, Command
from .option_parser import OptionParser, add_settings

if TYPE_CHECKING:
    from ..diagnosis import Diagnosis

_CONFIDENCE = {
    "proof": "confidence_proof",
    "likely": "confidence_likely",
    "exit code": "confidence_exit_code",
}
_HEAD, _TAIL = 1_000, 20_000  # lines of a pipe that are kept in any case
_LONGEST_PART = 64 << 10  # bytes of a line
_EXIT_CODES = range(-64, 256)


def add_options(parser: OptionParser) -> None:
    """Add the options of ``diagnose``."""
    parser.add_argument("file", metavar="FILE", help="the log of a training, or - for a pipe")
    parser.add_argument(
        "--exit-code",
        type=_exit_code,
        metavar="N",
        help="the exit status: 137, -9, 0 for a success (default: not known)",
    )
    parser.add_argument("--json", action="store_true", help="write JSON for programs")
    add_settings(parser, "language", language="the language of the answer, zh or en (default: the locale's)")


def run(options: argparse.Namespace, screen: Terminal, errors: Terminal) -> int:
    """Diagnose a log, and show the cause, its evidence and what to do."""
    from ..diagnosis import diagnose

    language: Language = options.language or locale_language()
    try:
        if options.file == "-":
            found = diagnose(kept_lines(sys.stdin.buffer), options.exit_code, language=language)
        else:
            path = Path(os.path.expanduser(options.file))  # noqa: PTH111
            found = diagnose(path, options.exit_code, language=language)
    except OSError as error:
        raise ConfigError(
            f"FILE: expected a log that can be read, got {options.file}: {error.strerror}"
        ) from error
    if options.json:
        answer = {**asdict(found), "name": cause_text(found.cause, language)}
        answer.update({key: without_secrets(answer[key]) for key in ("evidence", "frame") if answer[key]})
        screen.say(json.dumps(answer, ensure_ascii=False))
    else:
        _show(found, language, screen)
    return SUCCESS if found.cause == "none" else FAILURE


def kept_lines(stream: BinaryIO) -> Iterable[tuple[int, bytes]]:
    """Return a pipe's lines with their numbers: its first and last ones, and all that may be evidence."""
    from ..diagnosis import EvidenceFilter

    may_matter = EvidenceFilter().may_matter
    lines = _numbered(stream)
    kept = list(itertools.islice(lines, _HEAD))
    last: deque[tuple[int, bytes]] = deque()
    for line in lines:
        last.append(line)
        if len(last) > _TAIL:
            oldest = last.popleft()
            if may_matter(oldest[1]):
                kept.append(oldest)
    return [*kept, *last]


def _numbered(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    number = 1
    while part := stream.readline(_LONGEST_PART):
        yield number, part.rstrip(b"\n")
        number += part.endswith(b"\n")


def _exit_code(text: str) -> int:
    try:
        code = int(text)
    except ValueError:
        code = _EXIT_CODES.stop
    if code not in _EXIT_CODES:
        raise argparse.ArgumentTypeError(f"expected a number from -64 to 255, got {text!r}")
    return code


def _show(found: Diagnosis, language: Language, screen: Terminal) -> None:
    words = wording(language)
    name = cause_text(found.cause, language)
    name = name[:1].upper() + name[1:]
    if found.cause == "none":
        screen.say(screen.paint(name, "green", "bold"))
        return
    confidence = words.labels[_CONFIDENCE[found.confidence]]
    screen.say(f"{screen.paint(name, 'red', 'bold')} ({found.cause}, {confidence})")
    for label, text in _rows(found, words, language):
        screen.say()
        screen.say(screen.paint(label, "bold"))
        for line in text.splitlines():
            screen.say(f"  {for_terminal(line)}")


def _rows(found: Diagnosis, words: Wording, language: Language) -> Iterator[tuple[str, str]]:
    labels = words.labels
    if found.evidence:
        shown = labels["log"] if found.line is None else labels["evidence_at"].format(line=found.line)
        yield shown, without_secrets(found.evidence)
    if found.rank is not None:
        yield labels["rank"], found.rank
    if found.frame:
        yield labels["frame"], without_secrets(found.frame)
    if found.remedy:
        yield labels["remedy"], found.remedy
    if found.also_seen:
        yield labels["also_seen"], ", ".join(cause_text(cause, language) for cause in found.also_seen)


COMMAND = Command(
    usage="diagnose FILE|- [options]",
    summary="say why a training ended, from its log",
    essential=("--exit-code", "--json", "--language"),
    examples=(
        "diagnose train.log",
        "diagnose slurm-4410872.out --exit-code 137",
        "kubectl logs trainer-0 | auto-model-monitor diagnose - --json",
    ),
    status="0 the training succeeded; 1 it failed, and the cause is shown;\n"
    "2 wrong usage, or the log cannot be read.",
    notes="""\
It names one of 36 causes, the line of the log that proves it, the process that
failed first, the place in your own files and what to do. Of a file the last
32 MiB are read, and of several runs in it the last one counts. Without
--exit-code a log without evidence of a failure is that of a success; with it,
the status decides where no line does.""",
    add_options=add_options,
    run=run,
)
