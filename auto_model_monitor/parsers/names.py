"""How training programs name their files: the numbers in a name, under the words before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from ..core.comparison import Comparison, names_a_metric, usual_direction
from ..core.numbers import compiled, is_whole, to_float, tokens, written_at
from .metric_numbers import belongs_to_name, known_start, numbers_at_the_end
from .metric_numbers import word_set as _set

_EPOCH = _set("epoch epochs ep")
_STEP = _set("step steps iter iters iteration iterations it update updates")
# What counts or configures a run: numbers, but no scores.
_SETTING = (
    _EPOCH
    | _STEP
    | _set(
        "lr bs wd batch batchsize size seed fold rank shard part gpu gpus world run trial exp id "
        "idx index num n v ver version stage phase round cycle task layer layers head heads dim "
        "dims hidden width depth dropout drop decay momentum alpha beta gamma eps epsilon lambda "
        "temp temperature warmup rate samples sample tokens time seconds minutes hours clip "
        "patience workers resolution res scale patch window stride lora smoothing ratio factor "
        "weight prob tau sigma margin coef noise mixup cutmix threshold thr interval freq init "
        "length maxlen params "
    )
)
# What stands before a metric's name without being part of it.
_PREFIX = _set("checkpoint checkpoints ckpt model models weights best last cp final save saved net")
# What narrows a metric down, before or after its name.
_QUALIFIER = _set(
    "val valid validation train training test testing eval evaluation dev mean avg average "
    "total macro micro weighted balanced bbox segm neg negative ema running key "
)
# The keys of a directory's names are few and come back in every name.
_remembered = lru_cache(maxsize=1024)
_JOINTS = frozenset(("", *"=:_-(["))
_PIECE = r"[^\W_]+(?:@[0-9.]+)?"
_BREAK = r"(?<![-,;&+\s])[-,;&+\s]+(?=[^\W\d_])"
_RANGE_BEGINS = r"ap[@_-]?(?:50|0?\.50?)\Z"
_LAST_WORD = r"[^\W\d_]+\Z"
_OWN_NUMBER = r"[^\W\d_]_[0-9]+\Z"
_FAIRSEQ = "checkpoint.best_"
_FOUR_DECIMALS = r"-?[0-9]+\.[0-9]{4}"
_GLUED_COUNT = r"([^\W\d_]+)[0-9]+"


class NameEntry(NamedTuple):
    """One number of a name under the words before it.

    Attributes:
        key: the words, as they are written.
        text: what is written as the number; may be unreadable after ``=``.
        explicit: it is written ``key=number``, not ``key_number``.
        start: where the key begins.
    """

    key: str
    text: str
    explicit: bool
    start: int

    @property
    def last_word(self) -> str:
        """Return the key's last word in lower case, without a number that is glued to it."""
        words = compiled(_PIECE).findall(self.key)
        return words[-1].lower() if words else ""


class _EntryScanner:
    """Walks once over the words and numbers of a name and pairs them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(tokens(text))
        self.start: int | None = None  # where the key under way begins
        self.end = 0

    def entries(self) -> Iterator[NameEntry]:
        skip = False
        for index, token in enumerate(self.tokens):
            gap = self.text[self.end : token.start]
            if skip:
                skip = False
            elif self._is_key(index, gap):
                yield from self._word(index, gap)
            elif self._counts_what_follows(index):
                follower = self.tokens[index + 1]
                yield NameEntry(self.text[follower.start : follower.end], token.number, True, token.start)
                self.start, skip = None, True
            else:
                yield from self._number(index, gap)
            self.end = token.end

    def _is_key(self, index: int, gap: str) -> bool:
        token = self.tokens[index]
        if not token.number or token.head:
            return not token.number or not self._glued_value(index)
        # ``recall@10=0.5`` and ``mAP50-95_0.4``: these numbers belong to the metric's name.
        if gap == "@" or self.text[token.end : token.end + 1] == "=":
            return True
        return self.start is not None and (self._ends_a_range(index, gap) or self._is_of_the_name(index, gap))

    def _ends_a_range(self, index: int, gap: str) -> bool:
        number = self.tokens[index].number.lstrip("0.")
        before = self.text[: self.end].lower()
        return (
            gap in ("-", ":", "_") and number == "95" and compiled(_RANGE_BEGINS).search(before) is not None
        )

    def _is_of_the_name(self, index: int, gap: str) -> bool:
        token = self.tokens[index]
        word = compiled(_LAST_WORD).search(self.text[: self.end])
        return (
            gap in ("_", "-")
            and word is not None
            and belongs_to_name(word[0], token.number, self.text[token.end :])
        )

    def _glued_value(self, index: int) -> bool:
        token = self.tokens[index]
        word = token.head.lower()
        fraction = not is_whole(token.number)
        return (
            fraction > belongs_to_name(word, token.number, self.text[token.end :]) or word in _EPOCH | _STEP
        )

    def _counts_what_follows(self, index: int) -> bool:
        """Return whether a number belongs to the word after it, as in ``10000_steps``."""
        token = self.tokens[index]
        if token.head or not is_whole(token.number) or index + 1 == len(self.tokens):
            return False
        follower = self.tokens[index + 1]
        word = self.text[follower.start : follower.end].lower()
        rest = self.tokens[index + 2 : index + 3]
        followed = bool(rest) and bool(rest[0].number) and not rest[0].head
        return (word in _EPOCH or word in _STEP) and not followed and not self._after_equals(index)

    def _after_equals(self, index: int) -> bool:
        return "=" in self.text[self.end : self.tokens[index].start]

    def _word(self, index: int, gap: str) -> Iterator[NameEntry]:
        token = self.tokens[index]
        if self.start is None:
            self.start = token.start
        elif "=" in gap:  # a word where a number is expected: ``optimizer=adam``
            yield NameEntry(
                self.text[self.start : self.end], written_at(self.text, token.start), True, self.start
            )
            self.start = None

    def _number(self, index: int, gap: str) -> Iterator[NameEntry]:
        token = self.tokens[index]
        if token.head:
            start = token.start if self.start is None else self.start
            key = self.text[start : token.start + len(token.head)]
            yield NameEntry(key, token.number, False, start)
        elif self.start is None:
            yield NameEntry("", token.number, False, token.start)
        elif gap.strip() in _JOINTS or "=" in gap:
            key = self.text[self.start : self.end]
            yield NameEntry(key, token.number, "=" in gap or ":" in gap, self.start)
        self.start = None


def entries_in(name: str) -> tuple[NameEntry, ...]:
    """Return the numbers of one path component, each under the words before it."""
    entries = tuple(_EntryScanner(name).entries())
    if name.startswith(_FAIRSEQ):
        return tuple(_without_tie_breaker(entry) for entry in entries)
    return entries


def _without_tie_breaker(entry: NameEntry) -> NameEntry:
    """Drop the fourth decimal of fairseq's best scores, which it draws at random to break ties."""
    if not entry.key.startswith(_FAIRSEQ) or not compiled(_FOUR_DECIMALS).fullmatch(entry.text):
        return entry
    return NameEntry(entry.key, entry.text[:-1], True, entry.start)


def folder_part(parents: str) -> str:
    """Return what of the folders above a name begins the metric's name, such as ``val/``.

    Lightning writes ``epoch=2-val/loss=0.12.ckpt``: a metric called ``val/loss`` makes a folder.
    """
    part = ""
    for folder in reversed(parents.split("/")):
        before, dash, tail = folder.rpartition("-")
        counted = any(entry.last_word in _EPOCH | _STEP for entry in entries_in(before)) if dash else False
        if "=" in tail:
            return ""
        if counted or (not part and tail == folder and _only_qualifiers(folder)):
            return f"{tail}/{part}"
        part = f"{folder}/{part}"
    return ""


def counts_in(entries: tuple[NameEntry, ...]) -> tuple[int | None, int | None]:
    """Return the epoch and the step that the entries give."""
    epoch = step = None
    for entry in entries:
        word = entry.last_word
        if word in _EPOCH:
            epoch = whole(entry.text)
        elif word in _STEP:
            step = whole(entry.text)
        elif word in _PREFIX and not entry.explicit:  # ignite: ``best_model_<step>_val_acc=…``
            step = whole(entry.text) if step is None else step
    return epoch, step


def whole(text: str | None) -> int | None:
    """Return the integer that ``text`` writes, None when it writes none that a counter can hold."""
    if text is None or len(text) > 18 or not is_whole(text):
        return None
    return int(text)


@_remembered
def metric_in(key: str, *, known: bool = False) -> str:
    """Return the metric's name in the words before a number, the empty string when there is none.

    Args:
        key: such as ``best_model_val_acc`` or ``resnet50_f1``.
        known: keep only a known metric word and what narrows it down.
    """
    breaks = list(compiled(_BREAK).finditer(key))
    start = breaks[-1].end() if breaks else 0
    start = 0 if _only_qualifiers(key[:start]) else start
    pieces = list(compiled(_PIECE).finditer(key, start))
    words = [piece[0] for piece in pieces]
    own = len(words) - numbers_at_the_end(words)  # ``mAP_50-95`` ends in numbers of its own
    counts = (index + 1 for index in range(min(own, len(words) - 1)) if _is_count(words[index]))
    first = max(counts, default=0)
    while first < len(pieces) and pieces[first][0].lower() in _PREFIX:
        first += 1
    pieces = pieces[first:]
    if not pieces or pieces[-1][0].lower() in _SETTING:
        return ""
    if known:
        return _known_part(key, pieces)
    return key[pieces[0].start() : pieces[-1].end()]


def _is_count(word: str) -> bool:
    """Return whether a word inside a key is a number or a count such as ``epoch10``."""
    count = compiled(_GLUED_COUNT).fullmatch(word.lower())
    return word.isdigit() or (count is not None and count[1] in _EPOCH | _STEP)


def _only_qualifiers(text: str) -> bool:
    words = compiled(_PIECE).findall(text)
    return bool(words) and all(word.lower() in _QUALIFIER for word in words)


def _known_part(key: str, pieces: list[re.Match[str]]) -> str:
    """Return the known metric word that ends the key, with the words that narrow it down."""
    start = known_start([piece[0] for piece in pieces], _QUALIFIER)
    return "" if start is None else key[pieces[start].start() : pieces[-1].end()]


def score_name(entry: NameEntry) -> str:
    """Return under which name an entry is a score, the empty string when it is none.

    ``key=number`` may have any key but a count or a setting, ``key_number`` a known metric only. A bare
    integer is a score only where it cannot be a count: ``val_acc_95``, but neither ``best_loss_12`` nor
    ``missing=0``, which Lightning writes for a metric that was not logged.
    """
    metric = metric_in(entry.key, known=not entry.explicit)
    if not metric:
        return ""
    if not is_whole(entry.text):
        return metric if names_a_metric(metric) or to_float(entry.text) is not None else ""
    if entry.explicit:
        return metric if names_a_metric(metric) and not was_not_logged(entry) else ""
    if compiled(_OWN_NUMBER).search(entry.key):  # ``hits_10_52``: 52 may be a score or a step
        return ""
    return metric if usual_direction(metric) is Comparison.HIGHER else ""


def was_not_logged(entry: NameEntry) -> bool:
    """Return whether an entry is the ``0`` that Lightning writes for a metric that was not logged."""
    return entry.explicit and entry.text == "0"


@_remembered
def words_of(key: str) -> tuple[str, ...]:
    """Return the words of a key in lower case: ``val/loss`` and ``Val_Loss`` have the same."""
    return tuple(word.lower() for word in compiled(_PIECE).findall(key))
