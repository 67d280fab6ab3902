r"""Which states of a progress bar count: it rewrites its line by ``\r`` many times a second."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

_PAIR = re.compile(rb"([0-9]{1,15})\s?/\s?([0-9]{1,15})")
_COUNT = re.compile(rb"(?<![0-9.])[0-9]{1,15}(?![0-9.])")
_OPEN = re.compile(rb"([^\[]{0,200}?)([0-9]{1,15})it \[([0-9:]{1,12})[0-9],")
_PERCENT = re.compile(rb"(?<![0-9.])([0-9]{1,3})(?:\.[0-9]{1,4})?%")
_EPOCH = re.compile(rb"(?i)\bep(?:och)?s?\W{0,8}\Z")
_VALIDATED = re.compile(
    rb"(?i)(?:val|eval|test|dev|\xe9\xaa\x8c\xe8\xaf\x81)[\w/@.\x80-\xff-]{0,60}(?: \w{1,20})?\s?[:=]\s{0,4}"
    rb"([-+]?[0-9.]{1,30}(?:e[-+]?[0-9]{1,4})?|[-+]?nan|[-+]?inf)(?!%?\||[\w/.])"
)
_HINTS = (b"val", b"Val", b"test", b"Test", b"dev", b"\xe9\xaa\x8c")
_WORDS = (b"nan", b"inf", b"NaN")
_FAULT = re.compile(rb"(?i)(?<![a-z])(?:nan|inf)(?![a-z])")
_DIGITS = b"0123456789 "
_LONG = 100  # steps of a bar of which each tenth counts
_MOST_HEADS = 4096
_LOOKED_AT = 300  # bytes of a state


class BarStates:
    """Selects the states of progress bars that count, the same ones however their bytes arrive.

    These are the last state of each bar, of each epoch and of each line; before that one in ten seconds, or
    one for each tenth of a bar that shows no time; one with new numbers of a validation, if the next one
    has them, too (those that change from state to state are of a part of the data); and one in which a
    number becomes NaN.
    """

    def __init__(self) -> None:
        self._validated: Hashable = ()
        self._faulty = False
        self._heads: dict[bytes, tuple[bytes, int, bool]] = {}
        self._last_tail: tuple[bytes, Hashable] = b"", ()

    def select(self, states: Sequence[bytes], *, ended: bool, longest: int) -> tuple[list[bytes], int]:
        """Return the states that count, and how many are decided: the last one waits for the next.

        Args:
            states: the next ones, in order.
            ended: the line ends with the last one.
            longest: bytes beyond which a state counts in any case.
        """
        chosen: list[bytes] = []
        whole = b"\r".join(states)
        hints = [hint for hint in _HINTS if hint in whole]
        may_be_faulty = self._faulty or any(word in whole for word in _WORDS)
        last: tuple[int, Hashable, int, Hashable] | None = None
        for number, state in enumerate(states):
            mark = state.find(b"%|")
            if mark < 0 and is_blank(state):
                continue
            section, progress = self._section(state, mark)
            validated = self._validated_in(state, hints) if hints else ()
            if last is not None and (
                section != last[1]
                or progress < last[2]
                or (validated == last[3] and validated != self._validated)
            ):
                self._choose(chosen, states[last[0]], last[3])
            last = (number, section, progress, validated)
            if len(state) > longest or (may_be_faulty and self._faulty != _is_faulty(state)):
                self._choose(chosen, state, validated)
                last = None
        if last is None or ended:
            if last is not None:
                self._choose(chosen, states[last[0]], last[3])
            return chosen, len(states)
        return chosen, last[0]

    def _choose(self, chosen: list[bytes], state: bytes, validated: Hashable) -> None:
        chosen.append(state)
        self._validated = validated
        self._faulty = _is_faulty(state)

    def _section(self, state: bytes, mark: int) -> tuple[Hashable, int]:
        """Return what stays the same while a bar goes through a part of an epoch, and how far it is."""
        if mark < 0:
            return _section_of_others(state[:_LOOKED_AT])
        known = self._heads.get(state[:mark])
        head, progress, counts_epochs = known or self._learned_head(state[:mark])
        begin = state.find(b" [", mark)
        if counts_epochs:
            return (head, state[state.find(b"| ", mark + 2) : begin]), progress
        end = state.find(b"<", begin) if begin >= 0 else 0
        return (head, state[begin + 2 : max(begin + 2, end - 1)]), progress

    def _learned_head(self, text: bytes) -> tuple[bytes, int, bool]:
        if len(self._heads) > _MOST_HEADS:
            self._heads.clear()
        head = text.rstrip(_DIGITS)
        progress = int(text[len(head) :].replace(b" ", b"")[-3:] or 0)
        counts_epochs = b"poch" in head and _COUNT.search(head) is None
        known = self._heads[text] = head, progress, counts_epochs
        return known

    def _validated_in(self, state: bytes, hints: Sequence[bytes]) -> Hashable:
        """Return the numbers of a validation."""
        tail, known = self._last_tail
        if tail and state.endswith(tail):
            return known
        places = [place for hint in hints if (place := state.find(hint)) >= 0]
        if not places:
            return ()
        known = tuple(_VALIDATED.findall(state))
        self._last_tail = state[min(places) :], known
        return known


def is_blank(state: bytes) -> bool:
    """Return whether a state only wipes out the one before."""
    if state.strip(b" \b\0\t"):
        return state.startswith(b"\x1b") and not re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", state).strip(
            b" \b\0\t"
        )
    return True


def _is_faulty(state: bytes) -> bool:
    return any(word in state for word in _WORDS) and _FAULT.search(state) is not None


def _section_of_others(state: bytes) -> tuple[Hashable, int]:
    opened = _OPEN.match(state)
    if opened is not None:
        return opened.group(1, 3), int(opened[2])
    pairs = list(_PAIR.finditer(state))
    if not pairs:
        return _section_of_counts(state)
    head, (reached, total) = state[: pairs[-1].start()], map(int, pairs[-1].groups())
    counts = tuple(_COUNT.findall(head))
    if _EPOCH.search(head.rstrip(b"[( ")):
        return (counts, reached), reached
    return (counts, 10 * reached // total if total >= _LONG else 0), reached


def _section_of_counts(state: bytes) -> tuple[Hashable, int]:
    """Return the first counts, that of an epoch as it is, of others the order of magnitude."""
    percent = _PERCENT.search(state)
    if percent is not None:
        return (tuple(_COUNT.findall(state[: percent.start()])), int(percent[1]) // 10), int(percent[1])
    section: list[Hashable] = []
    progress = 0
    for count in list(_COUNT.finditer(state))[:2]:
        if _EPOCH.search(state[: count.start()]) is not None:
            section.append(count[0])
        else:
            section.append((count[0][:1], len(count[0])) if int(count[0]) >= _LONG else ())
            progress = int(count[0])
    return tuple(section), progress
