"""Which metric the words before a number name, and which words before a number name none."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..core.comparison import names_a_metric
from ..core.numbers import compiled
from .layout import BLANK
from .vocabulary import (
    ACCOUNTING,
    BASES,
    BEST_WORDS,
    EPOCH_WORDS,
    GOALS,
    HEADING,
    LOSS_KINDS,
    MEASURED_OF,
    NEUTRAL,
    SETTING,
    SPLITS,
    STEP_WORDS,
    TIME_UNITS,
    WEAK,
    words_of,
)

EPOCH, TOTAL_EPOCHS, STEP = "epoch", "total_epochs", "step"

_PLURALS = ("steps", "iters", "updates", "epochs")  # ``acc_steps`` counts
_RATES = ("/s", "/sec", "/second", "/min", "/gpu")
_LONGEST_HEADING = 80
_HEADING = r"[\W_]*[\w (),/&\[\]:|-]+[\W_]*"  # words of one piece
_MEASURING = frozenset(("evaluating", "validating", "testing", "computing", "calculating", "measuring"))
# Words whose returns and errors are surely measured.
_SURE = frozenset(("ep", "episode", "episodic", "squared", "absolute", "percentage"))
_OF_BOXES = r"metrics/(.+)\(([BMP])\)"  # Ultralytics' columns: of boxes, masks and poses
_DATA = frozenset(("set", "data", "dataset", "split", "fold", "subset"))
_UNUSUAL = r"[^\w/@.\-]+"


class MetricName(NamedTuple):
    """The metric or counter that some words name.

    Attributes:
        base: :data:`EPOCH`, :data:`TOTAL_EPOCHS`, :data:`STEP`, one of the usual metrics such as ``loss``,
            ``acc`` or ``macro_f1``, or the empty string for a metric that keeps its own name.
        own: the name as the log writes it.
        split: ``train``, ``val`` or ``test``, the empty string where the words name none.
        best: the words speak of the best so far.
        joined: the words are one identifier, such as ``val_loss``.
        weak: it is a metric only where others are, or where a split is named.
    """

    base: str
    own: str
    split: str = ""
    best: bool = False
    joined: bool = False
    weak: bool = False

    @property
    def counts(self) -> bool:
        """Whether this is a counter and no metric."""
        return self.base in (EPOCH, TOTAL_EPOCHS, STEP)

    def metric(self, *, split: str = "", best: bool = False, beside_loss: bool = False) -> str:
        """Return the metric's name, completed by what precedes it on the line.

        Args:
            split: the number's split where the words themselves name none.
            best: the line speaks of the best so far.
            beside_loss: a loss of no split stands on the same line.
        """
        split = self.split or split or ("train" if beside_loss and self.base else "")
        if self.base == "learning_rate":
            return self.base
        if self.best or best:
            return self._best(split)
        if self.base == "loss":
            return f"{split or 'train'}_loss"
        if self.base == "acc":
            return f"{split}_acc" if split else self.own
        if self.base:
            return f"{split}_{self.base}" if split in ("train", "test") else self.base
        return self.own if not split or self.split else f"{split}_{'_'.join(words_of(self.own))}"

    def _best(self, split: str) -> str:
        if self.base in ("acc", "top1_acc"):
            return "best_acc"
        if self.own.lower().startswith("best"):
            return f"best{self.own[4:]}"
        name = self.base or self.own
        return f"best_{split}_{name}" if split and not name.startswith(f"{split}_") else f"best_{name}"


@lru_cache(maxsize=2048)
def metric_name(key: str, *, structured: bool = False) -> MetricName | None:
    """Return what the words before a number name, None when they name nothing that is known.

    Args:
        key: the words, such as ``Validation Loss``, ``eval_accuracy`` or ``valid_0's l2``.
        structured: the words stand in a record in which each key is one, so that unknown ones are kept.
    """
    words = words_of(key)
    joined = not compiled(r"\s").search(key.strip())
    counter = _counter(words, joined)
    if counter:
        return MetricName(counter, counter, _split(words), joined=joined) if counter != "none" else None
    if (
        not joined
        and not {"_", "/"}.isdisjoint(key.rsplit(maxsplit=1)[-1])
        and "'s " not in key
        and GOALS.isdisjoint(words)
    ):
        return _named_at_end(key, words, structured=structured)
    return _measured(key, words, joined, structured=structured)


def _measured(key: str, words: tuple[str, ...], joined: bool, *, structured: bool) -> MetricName | None:
    """Return the metric that words name which name no counter."""
    particular = _is_particular(words)
    if not words or (not particular and SETTING.intersection(words)):
        return None
    best = bool(BEST_WORDS.intersection(words)) or (words[0] == "max" and words[-1] in ("acc", "accuracy"))
    rest = [w for w in words if w not in SPLITS and w not in NEUTRAL and w not in BEST_WORDS and w != "max"]
    base = "" if particular else _base(words, rest, joined)
    if base == "cost" or (base and joined and words[-1] in STEP_WORDS):
        base = ""  # Lightning's ``train_loss_step`` beside ``train_loss_epoch``
    if base:
        return MetricName(base, _own(key, words, joined or structured), _split(words), best, joined)
    if particular:
        own = key if joined else "_".join(word for word in words if word not in BEST_WORDS)
        return MetricName("", _own(own, words, True), _split(words), best, joined)
    if not _is_one(key, words, rest, joined, structured):
        return None
    sure = best or not _SURE.isdisjoint(words)
    known = [word for word in rest if names_a_metric(word)]  # none in ``BinaryAUROC``
    weak = bool(known) and not (structured or sure) and all(word in WEAK for word in known)
    return MetricName("", _own(key, words, joined or structured), _split(words), best, joined, weak)


def _base(words: tuple[str, ...], rest: list[str], joined: bool) -> str:
    """Return which of the usual metrics words name; ``average_precision`` is no mean of precisions."""
    text = " ".join(words)
    if "mean average precision" in text:
        return "mAP"
    return "" if joined and "average precision" in text else BASES.get(" ".join(rest), "")


def _named_at_end(key: str, words: tuple[str, ...], *, structured: bool) -> MetricName | None:
    """Return the metric of ``New best metric of val_acc``: a sentence itself is never a name."""
    whole = _measured(key, words, False, structured=structured)
    if whole is not None and whole.base:
        return whole
    named = metric_name(key.rsplit(maxsplit=1)[-1])
    if named is None or named.counts:
        return whole
    split = "" if named.split else _split(words)
    if split:  # ``Validation fscore_macro``
        named = named._replace(split=split, own=f"{split}_{named.own}")
    return named._replace(best=named.best or not BEST_WORDS.isdisjoint(words))


def _is_particular(words: tuple[str, ...]) -> bool:
    """Return whether words name a loss, an accuracy or the like of a part or a kind.

    Such are ``policy_loss``, ``token_acc``, ``value loss``, ``ppl_per_token`` and Lightning's
    ``val_loss/dataloader_idx_0``. Elsewhere ``policy``, ``token`` and ``value`` name no metric.
    """
    if len(words) < 2 or not GOALS.isdisjoint(words):
        return False
    if words[-3:-1] == ("dataloader", "idx"):
        return any(map(names_a_metric, words[:-3]))
    if "per" in words[1:-1] and names_measure(words[words.index("per") - 1]):
        return words[-1] not in TIME_UNITS
    *kinds, measure = words[:-1] if words[-1] in EPOCH_WORDS | STEP_WORDS else words
    return names_measure(measure) and not MEASURED_OF.isdisjoint(kinds)


def names_measure(word: str) -> bool:
    """Return whether a word surely names what is measured, such as ``loss``."""
    return word not in WEAK and names_a_metric(word)


def metric_in_logs(metric: str) -> str:
    """Return the name under which a log's metric is reported: ``val_loss`` for ``eval_loss``."""
    found = compiled(_OF_BOXES).fullmatch(metric)
    if found is not None:
        metric = found[1] if found[2] == "B" else f"{found[1]}({found[2]})"
    name = metric_name(metric, structured=True)
    return metric if name is None or name.counts else name.metric()


def is_accounting(text: str) -> bool:
    """Return whether words name what is counted or timed, such as ``time`` and ``samples per second``."""
    words = words_of(text)
    if not words or _is_rate(text):
        return bool(words)
    return all(word in ACCOUNTING or word in NEUTRAL or word in SPLITS for word in words)


def _is_rate(key: str) -> bool:
    return key.lower().endswith(_RATES)


def is_setting(text: str) -> bool:
    """Return whether words name a setting or a goal, such as ``batch_size`` and ``momentum``."""
    words = words_of(text)
    return words != ("fn",) and not SETTING.isdisjoint(words)  # beside TP and FP it is a count


def split_in_heading(text: str) -> str:
    """Return the split that a heading such as ``Validation`` or ``[Test]`` names, if it is one."""
    words = words_of(text)
    while len(words) > 1 and words[-1] in _DATA:
        words = words[:-1]
        if words[-1] in SPLITS:  # ``Results on dev set``, ``Evaluating on the test data``
            return SPLITS[words[-1]] if words[-1] != "cv" else ""
    return _split(words) if words and words != ("cv",) and _is_heading(words) else ""


def split_of_section(text: str) -> str:
    """Return the split that a line names as a heading does: ``Test Error:``, ``***** Eval results *****``.

    ``Evaluating on the test set`` is of the test. ``Evaluating perplexity, Epoch 1`` names a metric to come.
    """
    if len(text) > _LONGEST_HEADING or not compiled(_HEADING).fullmatch(text.replace(BLANK, " ")):
        return ""
    words = words_of(text)
    measuring = not _MEASURING.isdisjoint(words)
    if not all(w in SPLITS or w in HEADING or (measuring and names_measure(w)) for w in words):
        return ""
    found = [word for word in words if word in SPLITS and word != "cv"]
    return SPLITS[found[-1]] if found else ""


def split_in_key(text: str) -> str:
    """Return the split of words that name nothing else, such as ``Val`` and ``Testing DataLoader``."""
    words = words_of(text)
    if words == ("cv",):  # a fold of a cross validation
        return ""
    return _split(words) if all(word in SPLITS or word in NEUTRAL for word in words) else ""


def _is_heading(words: tuple[str, ...]) -> bool:
    return words[0] in SPLITS or (words[-1] in SPLITS and len(words) < 4)


def _split(words: tuple[str, ...]) -> str:
    return next((SPLITS[word] for word in words if word in SPLITS), "")


def _counter(words: tuple[str, ...], joined: bool) -> str:
    """Return which counter the words name; ``none`` when it is one of no interest, empty when it is none."""
    if not words or words[-1] not in EPOCH_WORDS | STEP_WORDS or any(names_a_metric(word) for word in words):
        return ""
    others = set(words[:-1])
    if words[-1] in STEP_WORDS:
        if words[-1].startswith("timestep"):  # reinforcement learning has no other
            return STEP if others <= {"total", "num", "time"} else "none"
        known = others <= NEUTRAL | SPLITS.keys() | {"num"} and "total" not in others
        return STEP if known and (words[-1] not in ("steps", "iters") or not others) else "none"
    if others & {"num", "total", "max", "number"} or (words == ("epochs",)):
        return (
            TOTAL_EPOCHS if others <= {"num", "total", "max", "number", "of", "train", "training"} else "none"
        )
    return EPOCH if others <= NEUTRAL | SPLITS.keys() and words[-1] != "epochs" else "none"


def _is_one(key: str, words: tuple[str, ...], rest: list[str], joined: bool, structured: bool) -> bool:
    """Return whether words that name none of the usual metrics name another one."""
    if structured:
        return bool(rest) and not ACCOUNTING.intersection(words) and not _is_rate(key)
    if not rest or not names_a_metric(key) or words[-1] in _PLURALS:
        return False
    if joined:
        return not ACCOUNTING.intersection(rest[:-1] if rest[-1] in STEP_WORDS else rest)
    if ACCOUNTING.intersection(rest):
        return False
    return all(names_a_metric(word) or word in LOSS_KINDS or word.isdigit() for word in rest)


def _own(key: str, words: tuple[str, ...], joined: bool) -> str:
    key = compiled(_UNUSUAL).sub("_", key.replace("'s ", " ").strip()).strip("_") if joined else key.strip()
    if joined and key.isascii():
        return key if compiled(r"[_/@.\-0-9]").search(key) or not key.istitle() else key.lower()
    split = _split(words)
    known = [word for word in words if word not in SPLITS and word not in NEUTRAL]
    if not key.isascii() or (known and all(names_a_metric(word) or word in LOSS_KINDS for word in known)):
        return "_".join([*([split] if split else []), *known])
    return compiled(_UNUSUAL).sub("_", key.replace("'s ", " ")).strip("_")
