"""Templates of logging calls that need not be filled in."""

from __future__ import annotations

import pytest

from auto_model_monitor import LogReader
from auto_model_monitor.log_parser.line_templates import SkipRule, are_plain, skip_rule

ALWAYS, PLAIN, NEVER = SkipRule.ALWAYS, SkipRule.WITH_PLAIN_ARGUMENTS, SkipRule.NEVER


@pytest.mark.parametrize(
    ("template", "silence"),
    [
        ("step %d done in %.2f s", ALWAYS),
        ("100%% of %5d", ALWAYS),
        ("saved %s in %.1f s", PLAIN),
        ("%s", PLAIN),
        ("worker %(name)s", PLAIN),
        ("loss: %.4f", NEVER),
        ("Epoch [%d/%d] started", NEVER),
        ("%s: %.4f", NEVER),
        ("%s=%s", NEVER),
        ("%s loss: %.4f", NEVER),
        ("loss: %s", NEVER),
        ("Training %s", NEVER),
        ("%s training", NEVER),
        ("epoch %d %s", NEVER),
        ("%y", NEVER),
        ("Training completed", NEVER),
    ],
)
def test_a_template_is_silent_when_nothing_can_come_of_it(template: str, silence: SkipRule) -> None:
    """A template into which only numbers go is silent for good; a text may be anything."""
    assert skip_rule(template) is silence


@pytest.mark.parametrize(
    "template", ["saved %s in %.1f s", "%s", "worker %s: done", "%s %s", "copied %s to %s"]
)
@pytest.mark.parametrize(
    "word", ["a.pt", "/runs/val_loss_0.5.pt", "loss", "0.5", "val_acc", "completed", "7"]
)
def test_what_is_skipped_would_have_said_nothing(template: str, word: str) -> None:
    """Where a template with plain words is left unread, reading it would have given nothing."""
    arguments = (word, 0.5)[: template.count("%s")] if template.count("%s") > 1 else (word,)
    arguments += (0.5,) * (template.count("%") - len(arguments))
    if skip_rule(template) is PLAIN and are_plain(arguments):
        assert LogReader().parse_line(template % arguments) is None


@pytest.mark.parametrize(
    ("arguments", "plain"),
    [
        ((3, 0.5, None, True, "a.pt"), True),
        ((), True),
        (("val_loss: 0.5",), False),
        (("loss=0.5",), False),
        (("loss 0.5",), False),
        (("训练完成",), False),
        (({"loss": 0.5},), False),
        ((object(),), False),
        ({"name": 1}, False),
    ],
)
def test_plain_arguments_are_numbers_and_single_words(arguments: object, plain: bool) -> None:
    """Only what cannot hold a pair or a sentence is plain."""
    assert are_plain(arguments) is plain
