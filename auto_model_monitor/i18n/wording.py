"""The texts that a person receives, as one class that each language fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Wording:
    """All texts of one language; a language without one of them fails the type check.

    The placeholders of a text are filled by name with ``str.format``. ``event_sentences`` has a sentence for
    each kind of alert, with ``_resolved`` for its end, and with ``_in_log`` where the sentence for a log
    differs from that for checkpoints; ``labels`` has the label of each detail. ``model_sentences`` has those
    about a model in production, ``next_steps`` what to do then, and ``metrics`` the words for metrics.
    ``remedies`` has what to do about each cause of a failure, ``remedy_facts`` sentences about what its text
    names, such as ``gpu_oom.sizes``.
    """

    tag: str
    sender: str
    below: str
    above: str
    subject: str
    heading: str
    heading_in_log: str
    heading_end: str
    line: str
    file: str
    log: str
    score: str
    threshold: str
    time: str
    metric: str
    previous: str
    epoch: str
    step: str
    host: str
    directory: str
    none: str
    first: str
    since: str
    down_by: str
    up_by: str
    below_by: str
    above_by: str
    amount: str
    generator_failed: str
    subject_template_failed: str
    content_template_failed: str
    cut: str
    test_subject: str
    test_heading: str
    test_label: str
    test_content: str
    below_or_at: str
    above_or_at: str
    warning: str
    critical: str
    resolved: str
    mail_from: str
    footer: str
    sentence: str
    block: str
    disk_soon: str
    duration_units: str
    history: str
    history_best: str
    history_threshold: str
    history_latest: str
    mark_this: str
    mark_best: str
    mark_both: str
    mark_threshold: str
    this_one: str
    best_one: str
    listed: str
    placed: str
    remarked: str
    picture_too_large: str
    model_named: str
    metric_of_group: str
    event_sentences: Mapping[str, str]
    model_sentences: Mapping[str, str]
    next_steps: Mapping[str, str]
    metrics: Mapping[str, str]
    labels: Mapping[str, str]
    remedies: Mapping[str, str]
    remedy_facts: Mapping[str, str]
