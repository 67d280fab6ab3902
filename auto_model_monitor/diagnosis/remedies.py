"""What to do about a cause, made concrete by what the output names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter

from ..i18n import Language, wording

_SIZE = r"[\d.]+ ?[KMGT]?i?B(?:ytes)?"
# What a text may name beyond the groups of its sign; the first form that matches gives the fact.
_FACTS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    name: tuple(map(re.compile, forms))
    for name, forms in {
        "device": (r"\bGPU (\d+)\b", r"\bdevice:(?:GPU|NPU):(\d+)", r"\b(?:cuda|npu):(\d+)", r"NPU (\d+)"),
        "wanted": (
            rf"(?i)tried to allocate ({_SIZE})",
            rf"(?i)cannot allocate ({_SIZE}) memory",
            r"(?i)(?:allocate|allocating|reserve) (\d[\d.,]* ?(?:bytes|[KMGT]?i?B))",
            rf"(?i)unable to allocate ({_SIZE})",
        ),
        "free": (rf"({_SIZE}) (?:is )?free", rf"available memory is only ({_SIZE})"),
        "total": (rf"(?i)total capacity of ({_SIZE})", rf"({_SIZE}) total capacity"),
        "module": (
            r"No module named '?([\w.]+)",
            r"Using `?([\w-]+)`? requires",
            r"pip install ([\w\[\]-]+)",
        ),
        "path": (
            r"\[Errno \d+\][^:]*: b?'([^']+)'",
            r"cannot identify image file '([^']+)'",
            r"'((?:/|\./|[A-Za-z]:\\)[^']+)'",
            r"((?:/[\w.@+-]+){2,})",
        ),
        "port": (r"\bport:? ?(\d{2,5})\b", r"\]?:(\d{4,5})\b"),
        "missing": (r"(?i)missing ranks?:? ?\[?([\d, ]+\d|\d)", r"(?i)Ranks? ([\d, ]+) failed to pass"),
        "host": (r"https?://([\w.-]+)", r"host='([\w.-]+)'"),
        "option": (r"unrecognized arguments: (.+)", r"are required: (.+)", r"argument (-[\w/-]+)"),
    }.items()
}


def facts_of(text: str, named: Mapping[str, str]) -> dict[str, str]:
    """Return what a text names: sizes, a path, a module, a port.

    Args:
        text: the exception or the line, with the further lines of its message.
        named: what its sign has found already.
    """
    facts = dict(named)
    for name, forms in _FACTS.items():
        for form in forms if name not in facts else ():
            found = form.search(text)
            if found:
                facts[name] = found[1].strip()
                break
    return facts


def remedy_for(cause: str, facts: Mapping[str, str], language: Language | None) -> str:
    """Return what to do about a cause, behind the first sentence about facts that are all known.

    The catalogue's ``remedies`` has a text for each cause, its ``remedy_facts`` the sentences as
    ``gpu_oom.sizes``, the ones that need the most facts first.
    """
    words = wording(language)
    advice = words.remedies.get(cause, "")
    for key, sentence in words.remedy_facts.items():
        if key.partition(".")[0] == cause and all(
            name in facts for _, name, _, _ in Formatter().parse(sentence) if name
        ):
            space = "" if sentence.endswith("。") else " "  # Chinese sentences follow each other without one
            return f"{sentence.format_map(facts)}{space}{advice}"
    return advice
