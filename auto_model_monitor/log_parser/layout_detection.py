"""Detects the layout of a line, once for each format."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from ..core.numbers import compiled
from .entries import Stage
from .key_values import KeyedNumber, KeyValueScan
from .known_formats import (
    COMPLETED,
    ENDED,
    KEY_VALUE_FORMATS,
    PLAIN,
    RECORD,
    SENTENCE_FORMATS,
    STARTED,
    KeyValueFormat,
    SentenceFormat,
)
from .layout import BLANK, Layout, MetricSlot
from .metric_names import EPOCH, STEP, TOTAL_EPOCHS, MetricName, metric_name, split_of_section
from .prefix import prefix_of
from .table_rows import columns_of
from .top_k import without_other_keys
from .vocabulary import HINTS, HINTS_WITHOUT_NUMBER

_LONGEST = 65536
_SHORT = 1024  # characters of a line of which thousands are remembered
_EPOCH_NEXT = r"[^#]{0,60}\b(?:done|ended|finished|completed?|training)\W{1,8}epoch"  # that epoch ends


def detect_layout(blank: str, split: str = "") -> Layout | None:
    """Return where the meaningful numbers of a line are, None when it has none.

    Args:
        blank: the line with :data:`~.layout.BLANK` for each of its numbers.
        split: the split that a heading above the line names.
    """
    if len(blank) < _SHORT:
        return _detect_cached(blank, split)
    return _detect_long(blank[:_LONGEST], split)


@lru_cache(maxsize=32)
def _detect_long(blank: str, split: str) -> Layout | None:
    return _detect(blank, split)


@lru_cache(maxsize=8192)
def _detect_cached(blank: str, split: str) -> Layout | None:
    return _detect(blank, split)


def _detect(blank: str, split: str) -> Layout | None:
    lower = blank.lower()
    if not _may_hold_metric(lower):
        return None
    start = prefix_of(blank).end
    columns = columns_of(blank, blank[start:])
    if columns:
        return Layout(columns=columns)
    message = blank[start:].lstrip(" \t")
    layout = _of_message(message, lower[len(lower) - len(message) :], split)
    if not (layout.slots or layout.stage or layout.heading) and max(layout.epoch, layout.total) < 0:
        return None
    skipped = blank.count(BLANK, 0, start)
    return _moved(layout, skipped) if skipped else layout


def _may_hold_metric(lower: str) -> bool:
    if not lower.isascii() or lower[:1] == "|":
        return True
    numbers = BLANK in lower or "nan" in lower or "inf" in lower
    return any(map(lower.__contains__, HINTS if numbers else HINTS_WITHOUT_NUMBER))


def _of_message(blank: str, lower: str, split: str) -> Layout:
    for sentence in SENTENCE_FORMATS:
        found = _match(sentence.pattern, blank) if sentence.needs in lower else None
        if found is not None:
            return _of_sentence(sentence, found)
    if "top" in lower:
        blank = without_other_keys(blank)
    form, head = _form_of(blank, lower)
    counters = (
        {}
        if head is None
        else {
            name: blank.count(BLANK, 0, head.start(name))
            for name in head.groupdict()
            if head.start(name) >= 0
        }
    )
    split = "" if form.split or form.bar else split
    pairs = KeyValueScan(blank, form, set(counters.values()), split)
    layout = _of_pairs(pairs, form, counters, lower)
    heading = "" if layout.slots else split_of_section(blank)
    if not heading:
        return layout
    epoch, total = pairs.counters.get(EPOCH, -1), pairs.counters.get(TOTAL_EPOCHS, -1)
    return layout._replace(heading=heading, epoch=epoch, total=total)


def _form_of(blank: str, lower: str) -> tuple[KeyValueFormat, re.Match[str] | None]:
    for form in KEY_VALUE_FORMATS:
        head = _match(form.head, blank) if form.needs in lower else None
        if head is not None:
            return form, head
    return (RECORD if blank.startswith("{") else PLAIN), None


def _match(pattern: str, text: str) -> re.Match[str] | None:
    return _compiled(pattern).match(text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("#", BLANK), re.IGNORECASE)


def _of_sentence(sentence: SentenceFormat, found: re.Match[str]) -> Layout:
    blank, groups = found.string, found.groupdict()
    places = {}
    for name, text in groups.items():
        if text and BLANK in text:
            places[name] = (blank.count(BLANK, 0, found.start(name)), text[: text.index(BLANK)])
    key = metric_name(groups["key"], structured=True) if groups.get("key") else None
    split = {"validation": "val"}.get(groups.get("split") or "", groups.get("split") or "")
    slots = []
    for name, (index, sign) in places.items():
        metric = _sentence_metric(name, key, split)
        if metric:
            slots.append(MetricSlot(metric, index, sign))
    counters = {name: place[0] for name, place in places.items()}
    if key is not None and key.counts and "value" in counters:
        counters.setdefault(key.base, counters["value"])
    stages = {"train": Stage.TRAINING, "val": Stage.VALIDATION}
    return Layout(
        tuple(slots),
        (sentence.stage if slots or not groups.get("key") else None)
        or (stages.get(key.split) if key else None),
        counters.get(EPOCH, -1),
        counters.get(TOTAL_EPOCHS, -1),
        counters.get(STEP, -1),
        repeats=sentence.repeats,
        ahead=sentence.ahead,
    )


def _sentence_metric(name: str, key: MetricName | None, split: str) -> str:
    if name in (EPOCH, TOTAL_EPOCHS, STEP):
        return ""
    if name in ("value", "best"):
        return "" if key is None or key.counts else key.metric(best=name == "best")
    return f"{split}_{name}" if split else name


def _of_pairs(pairs: KeyValueScan, form: KeyValueFormat, counters: dict[str, int], lower: str) -> Layout:
    found = pairs.found
    if form in (PLAIN, RECORD) and pairs.is_dump:
        found = [each for each in found if each.name.base == "learning_rate"]
    strong = any(not each.name.weak and each.name.base != "learning_rate" for each in found)
    kept = [each for each in found if not each.name.weak or strong or each.name.split or each.heading]
    beside_loss = any(each.name.base == "loss" and not (each.name.split or each.heading) for each in kept)
    slots = _distinct(kept, [_spot(each, form, beside_loss) for each in kept], form.split)
    slots = _grouped(slots) if form.bar else slots
    epoch = counters.get(EPOCH, pairs.counters.get(EPOCH, -1))
    total = pairs.counters.get(TOTAL_EPOCHS, -1)
    stage = form.stage or _stage(kept, form, slots)
    if form is PLAIN and slots and _reports_the_end(lower) and not _match(_EPOCH_NEXT, lower):
        stage = Stage.COMPLETED  # its numbers sum the training up
    if stage is None and not slots:
        stage = _stage_of_words(lower, epoch)
        if stage is None and form is not RECORD and not form.bar and epoch >= 0:
            epoch = total = -1  # an epoch that is only mentioned
    partial = form.partial or (form.bar and any(_narrowed(each, form) for each in kept))
    return Layout(
        slots,
        stage,
        epoch,
        total,
        counters.get(STEP, pairs.counters.get(STEP, -1)),
        counters.get("count", -1) if partial else -1,
        form.bar,
        keras=counters["count"] if form.keras and slots else -1,
    )


def _distinct(kept: list[KeyedNumber], slots: list[MetricSlot], split: str) -> tuple[MetricSlot, ...]:
    """Name each metric once: the second of one name keeps its own, or is left out where that is the same.

    Of ``loss`` and ``val_loss`` below a heading the latter is ``val_loss``.
    """
    pairs = list(zip(kept, slots, strict=True))
    own: dict[str, str] = {}
    for each, slot in [*(pair for pair in pairs if pair[0].name.split), *pairs]:
        if each.name.split or each.name.own == each.name.base:
            own.setdefault(slot.metric, each.name.own)
    named: dict[str, MetricSlot] = {}
    for each, slot in pairs:
        name = each.name.own
        if name == own.setdefault(slot.metric, name):
            name = slot.metric
        elif (each.heading or split) and "_" in name and not each.name.split:
            name = f"{each.heading or split}_{name}"
        if name in named and each.mean:
            name = f"{each.mean}_{each.name.own}"
        named.setdefault(name, slot._replace(metric=name))
    return tuple(named.values())


def _spot(each: KeyedNumber, form: KeyValueFormat, beside_loss: bool) -> MetricSlot:
    split = each.heading or (form.split if each.name.base else "")
    metric = each.name.metric(split=split, best=each.best, beside_loss=beside_loss)
    last = each.name.own.rpartition("_")[2]
    return each.slot._replace(metric=metric, group=f"_{last}" if last in ("epoch", "step") else "")


def _grouped(slots: tuple[MetricSlot, ...]) -> tuple[MetricSlot, ...]:
    """Group the metrics of a bar that change together: those of a split, of its steps or of its epochs.

    What names neither step nor epoch belongs to what stands before it: Lightning shows
    ``train_loss_step=…, train_loss_epoch=…, train_acc=…``.
    """
    of: dict[str, str] = {}
    found = []
    for slot in slots:
        split = slot.metric.partition("_")[0]
        of[split] = slot.group or of.get(split, "")
        found.append(slot._replace(group=split + of[split]))
    return tuple(found)


def _narrowed(each: KeyedNumber, form: KeyValueFormat) -> bool:
    return not each.name.split and each.heading in ("val", "test")


def _stage(kept: list[KeyedNumber], form: KeyValueFormat, slots: tuple[MetricSlot, ...]) -> Stage | None:
    splits = {each.name.split or each.heading or (form.split if each.name.base else "") for each in kept}
    names = [slot.metric for slot in slots]
    if any(name.startswith("best_") for name in names) and all(
        name.startswith("best_") or name == "learning_rate" for name in names
    ):
        return Stage.EPOCH_END
    if not any(splits) and kept:
        splits = {form.split}
    validated = "val" in splits
    trained = "train" in splits or any(name.startswith("train_") for name in names)
    if validated:
        return Stage.EPOCH_END if trained else Stage.VALIDATION
    return Stage.TRAINING if trained else None


def _stage_of_words(lower: str, epoch: int) -> Stage | None:
    if _reports_the_end(lower):
        return Stage.COMPLETED
    if epoch < 0:
        return None
    if _match(STARTED, _without_ornament(lower)):
        return Stage.EPOCH_START
    return Stage.EPOCH_END if compiled(ENDED).search(lower) else None


def _reports_the_end(lower: str) -> bool:
    text = _without_ornament(lower)
    return any(_match(pattern, text) for pattern in COMPLETED)


def _without_ornament(lower: str) -> str:
    return lower.lstrip(" \t*=-#>🎉✅")


def _moved(layout: Layout, skipped: int) -> Layout:
    def moved(index: int) -> int:
        return index + skipped if index >= 0 else index

    slots = tuple(
        slot._replace(position=moved(slot.position), other=moved(slot.other)) for slot in layout.slots
    )
    return layout._replace(
        slots=slots,
        epoch=moved(layout.epoch),
        total=moved(layout.total),
        step=moved(layout.step),
        whole=moved(layout.whole),
        keras=moved(layout.keras),
    )
