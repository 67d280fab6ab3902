"""An inspection for people, as a table, and for programs, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from ..core.comparison import Comparison, usual_direction
from ..i18n import number_text, time_text
from ..monitor.checks.scale_check import scale_question
from ..monitor.inspection import Finding, Inspection, Outcome
from ..text.cleaning import for_shell, for_terminal
from ..text.terminal import Terminal, clip, table

_FEW = 30  # scores up to this number are all shown
_SHOWN = 8  # of more scores: the best and the last of this number
_NAMED = 4  # names shown below each reason


@dataclass(frozen=True, slots=True, kw_only=True)
class ParserChoice:
    """The options that choose what is read, which the line to copy repeats.

    Attributes:
        pattern: the pattern that reads the scores, if one was given.
        metric: the metric to read, if one was given.
        recursive: whether the directories below are read, too.
    """

    pattern: str | None = None
    metric: str | None = None
    recursive: bool = False


def show(inspection: Inspection, choice: ParserChoice, terminal: Terminal, *, everything: bool) -> None:
    """Write the report for people."""
    counts = f"{len(inspection.findings)} names, {len(inspection.scores)} with a score"
    terminal.say(f"{terminal.paint(for_terminal(inspection.directory), 'bold')}: {counts}")
    for title, findings in _choices(inspection, everything):
        terminal.say()
        if title:
            terminal.say(terminal.paint(title, "dim"))
        _show_scores(inspection, findings, terminal)
    for outcome in (Outcome.UNREADABLE, Outcome.NO_SCORE, Outcome.IGNORED):
        _show_reasons(outcome, inspection, terminal, everything=everything)
    for note in inspection.notes:
        terminal.say()
        terminal.say(terminal.paint(f"note: {for_terminal(note)}", "yellow"))
    _show_verdict(inspection, terminal)
    _show_lines_to_copy(inspection, choice, terminal)


def _choices(inspection: Inspection, everything: bool) -> Iterator[tuple[str, Sequence[Finding]]]:
    scores = inspection.scores
    if not scores:
        return
    if everything or len(scores) <= _FEW:
        yield "", scores
        return
    finite = [finding for finding in scores if math.isfinite(finding.readings[0].value)]
    finite.sort(key=lambda f: inspection.comparison.gain(f.readings[0].value, 0.0), reverse=True)
    yield f"the best {_SHOWN} of {len(scores)} (--all shows every one)", finite[:_SHOWN]
    yield f"the last {_SHOWN}", scores[-_SHOWN:]


def _show_scores(inspection: Inspection, findings: Sequence[Finding], terminal: Terminal) -> None:
    metrics = inspection.metrics
    single = len(metrics) == 1
    scores = [finding.readings[0] for finding in findings]
    columns = {
        "written": [_local(finding.written) for finding in findings],
        "mail": ["mail" if finding.mails else "" for finding in findings],
        for_terminal(metrics[0]) if single else "score": [number_text(score.value) for score in scores],
        "metric": [] if single else [for_terminal(score.metric) for score in scores],
        "epoch": [_count(score.epoch) for score in scores],
        "step": [_count(score.step) for score in scores],
        "name": [for_terminal(finding.name) for finding in findings],
    }
    used = {head: cells for head, cells in columns.items() if any(cells) or head == "written"}
    right = [head in ("epoch", "step") for head in used]
    lines = table([list(used), *zip(*used.values(), strict=True)], right, terminal.columns)
    terminal.say(terminal.paint(lines[0], "dim"))
    for finding, line in zip(findings, lines[1:], strict=True):
        terminal.say(terminal.paint(line, "green", "bold") if finding.mails else line)


def _show_reasons(outcome: Outcome, inspection: Inspection, terminal: Terminal, *, everything: bool) -> None:
    names: dict[str, list[str]] = {}
    for finding in inspection.findings:
        if finding.outcome is outcome:
            names.setdefault(finding.reason, []).append(finding.name)
    if not names:
        return
    colour = "yellow" if outcome is Outcome.UNREADABLE else "dim"
    terminal.say()
    terminal.say(terminal.paint(f"{outcome.value}: {sum(map(len, names.values()))}", colour))
    for reason, mine in sorted(names.items(), key=lambda item: -len(item[1])):
        terminal.say(f"  {for_terminal(reason)}")
        few = mine if everything or len(mine) <= _NAMED + 1 else mine[:_NAMED]
        for name in few:
            terminal.say(
                terminal.paint(f"    {clip(for_terminal(name), max(20, terminal.columns - 4))}", "dim")
            )
        if len(few) < len(mine):
            terminal.say(terminal.paint(f"    and {len(mine) - len(few)} more (--all)", "dim"))


def _show_verdict(inspection: Inspection, terminal: Terminal) -> None:
    if not inspection.scores:
        return
    terminal.say()
    terminal.say(terminal.paint(verdict(inspection), "bold"))
    mailed = inspection.first_mail
    if mailed is not None:
        text = f"A watch that starts now sends one mail, about the best: {for_terminal(mailed.name)}"
        terminal.say(text)
    usual = usual_direction(inspection.metrics[0])
    if usual is not None and usual is not inspection.comparison:
        metric, mode = for_terminal(inspection.metrics[0]), usual.value
        text = f"note: {metric} usually improves when it gets {mode}: is --mode {mode} meant?"
        terminal.say(terminal.paint(text, "yellow"))
    question = _scale_question(inspection)
    if question:
        terminal.say(terminal.paint(f"note: {for_terminal(question)}", "yellow"))


def _scale_question(inspection: Inspection) -> str:
    scores = [finding.readings[0] for finding in inspection.scores]
    if inspection.threshold is None or not scores:
        return ""
    values = [score.value for score in scores if score.metric == scores[0].metric]
    return scale_question(inspection.threshold, scores[0].metric, values)


def verdict(inspection: Inspection) -> str:
    """Return the result in one line."""
    best = inspection.best()
    found = f"best {for_terminal(best.metric)} {number_text(best.value)}" if best else "no finite score"
    if inspection.threshold is None:
        return f"{found}; give --threshold to see which would have sent a mail"
    mails = sum(finding.mails for finding in inspection.scores)
    beyond = f"{inspection.comparison.value} than {number_text(inspection.threshold)}"
    return f"{found}; {mails} of {len(inspection.scores)} would have sent a mail ({beyond}, and a new best)"


def _show_lines_to_copy(inspection: Inspection, choice: ParserChoice, terminal: Terminal) -> None:
    lines = lines_to_copy(inspection, choice)
    if not lines:
        return
    pattern = inspection.suggestion
    terminal.say()
    fits, names = inspection.fitted
    fitted = "these names" if fits >= names else f"{fits} of these {names} names"
    terminal.say(
        "to copy" + (f", with the pattern that fits {fitted}: {for_terminal(pattern)}" if pattern else "")
    )
    for kind, line in lines.items():
        terminal.say(f"  {kind:8} {terminal.paint(line, 'cyan')}")


def lines_to_copy(inspection: Inspection, choice: ParserChoice) -> dict[str, str]:
    """Return the next command, and the parser in Python; nothing when no score can be read."""
    pattern = choice.pattern or inspection.suggestion
    if not inspection.scores and not inspection.suggestion:
        return {}
    options = ["--pattern", pattern] if pattern and not choice.metric else []
    options += [f"--metric={choice.metric}"] if choice.metric else []
    options += ["--recursive"] if choice.recursive else []
    command = ["auto-model-monitor", "inspect", inspection.directory, *options]
    best = inspection.best()
    if best is not None:
        beyond = best.value if inspection.threshold is None else inspection.threshold
        options.append(f"--threshold={number_text(beyond)}")
        if inspection.comparison is not Comparison.LOWER:
            options.append(f"--mode={inspection.comparison.value}")
        command = ["auto-model-monitor", "watch", inspection.directory, *options]
    return {"command": for_shell(command), "Python": _in_python(pattern, choice.metric)}


def _in_python(pattern: str | None, metric: str | None) -> str:
    if metric is not None:
        return f"parser=DefaultParser(metric={metric!r})"
    if pattern is None:
        return "parser=DefaultParser()"
    plain = pattern.isprintable() and '"' not in pattern and not pattern.endswith("\\")
    text = f'r"{pattern}"' if plain else repr(pattern)
    return f"parser=CustomParser({text})"


def _local(written: int) -> str:
    try:
        return time_text(datetime.fromtimestamp(written / 1e9)) if written else "?"
    except (ValueError, OverflowError, OSError):  # a year that no calendar has
        return "?"


def _count(count: int | None) -> str:
    return "" if count is None else str(count)


def as_json(inspection: Inspection, choice: ParserChoice) -> str:
    """Return the report for programs.

    A score that JSON cannot write is a text: ``"nan"``, ``"inf"`` or ``"-inf"``.
    """
    best = inspection.best()
    counts = {outcome.value: 0 for outcome in Outcome}
    for finding in inspection.findings:
        counts[finding.outcome.value] += 1
    report = {
        "directory": inspection.directory,
        "mode": inspection.comparison.value,
        "threshold": inspection.threshold,
        "counts": counts,
        "best": best.name if best else None,
        "first_mail": inspection.first_mail.name if inspection.first_mail else None,
        "question": _scale_question(inspection) or None,
        "suggested_pattern": inspection.suggestion,
        "notes": list(inspection.notes),
        "to_copy": lines_to_copy(inspection, choice),
        "names": [_name_in_json(finding, inspection) for finding in inspection.findings],
    }
    return json.dumps(report, indent=2, allow_nan=False)


def _name_in_json(finding: Finding, inspection: Inspection) -> dict[str, object]:
    found: dict[str, object] = {"name": finding.name, "outcome": finding.outcome.value}
    if not finding.readings:
        return {**found, "reason": finding.reason}
    score, *others = finding.readings
    return {
        **found,
        "metric": score.metric,
        "score": _number(score.value),
        "epoch": score.epoch,
        "step": score.step,
        "others": {other.metric: _number(other.value) for other in others},
        "written": _utc(finding.written),
        "mail": None if inspection.threshold is None else finding.mails,
    }


def _number(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _utc(written: int) -> str | None:
    try:
        return datetime.fromtimestamp(written / 1e9, timezone.utc).isoformat() if written else None
    except (ValueError, OverflowError, OSError):
        return None
