"""Regular expressions that can take very long are refused, and those that people write are not."""

from __future__ import annotations

import contextlib
import re
import subprocess
import time

import pytest

from auto_model_monitor import BaseParser, ConfigError, CustomParser, DirectorySource, LogPattern, ParseError

SCORE = "val_loss_([0-9.]+)"
# Each with a group for the score.
PATHOLOGICAL = [
    rf"(?:\w+_)*{SCORE}",
    rf"(\w+_?)+{SCORE}",
    rf"(?:\w*_*)*{SCORE}",
    rf"^(?:[a-z]+_?)+{SCORE}$",
    rf"(?:[a-z0-9]+[_-]?)*=({SCORE})",
    rf"(?:(?:\w+)_)+{SCORE}",
    rf"(?:.*_)*{SCORE}",
    rf"(?:.+)+{SCORE}",
    rf"(?:a+)+{SCORE}",
    rf"(?:a|aa)+{SCORE}",
    rf"(?:a|a?)+{SCORE}",
    rf"(?:\w|\d)+{SCORE}",
    rf"(?:\w|_)*{SCORE}",
    rf"(?:[a-z_]|[a-f_])*{SCORE}",
    rf"(?:x+x+)+{SCORE}",
    rf"(?:a?){{30}}a{{30}}{SCORE}",
    rf"(?:.*a){{12}}{SCORE}",
    rf"(?:\d+)*{SCORE}",
    rf"(?:\d+\.?)+_{SCORE}",
    rf"(?:[0-9.]+)+_{SCORE}",
    rf"(?:-?\d+)*{SCORE}",
    rf"(?:\s*\w+\s*)*{SCORE}",
    rf"(?:\w+\s?)*{SCORE}",
    rf"(?:(?:ab)*)*{SCORE}",
    rf"(?:ab|a|b)*{SCORE}",
    rf"(?i:(?:A+)+){SCORE}",
    rf"(?=(?:a+)+b){SCORE}",
    rf"(?!(?:a+)+b)x{SCORE}",
    rf"(?:\w+?)+?{SCORE}",
    rf"(?:\w{{1,20}}_?){{1,30}}{SCORE}",
    r"(?:(?:epoch|step)?_?\d*)*=([0-9.]+)",
    r"(([0-9]+)+)x",
    r"((?:[0-9]+\.?)+)$x",
    r"(?P<score>(?:\d|\d\d)+)_x",
    r"((a*)*\2)b",
    r".*.*.*.*.*=([0-9.]+)",
    r"\w*\w*\w*\w*\w*-([0-9.]+)",
    r"[^=]*[^=]*[^=]*[^=]*[^=]*=([0-9.]+)",
    r"(?:(?:(?:\w+)+)+)=([0-9.]+)",
    r"(?P<epoch>\d+)*(?:_|\w)*loss=([0-9.]+)",
]
HARMLESS = [
    r"val_loss_([0-9.]+)_",
    r"val_loss_([0-9.]+)",
    r"val_loss=([0-9.]+)",
    r"loss[_=-]?([0-9.]+)",
    r"val_loss[-_=:]+(-?\d+\.\d+)",
    r"acc_([\d.]+)%?",
    r"([0-9]+\.[0-9]+)",
    r"(\d+(?:\.\d+)?)",
    r"(\d*\.?\d+)",
    r"([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)",
    r"loss_([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)",
    r"epoch_(\d+)_loss_(?P<score>[0-9.]+)",
    r"epoch=(?P<epoch>\d+)-step=(?P<step>\d+)-val_loss=(?P<score>[0-9.]+)\.ckpt",
    r"(?P<epoch>\d+)-(?P<val_loss>[\d.]+)\.(?:keras|h5|hdf5)",
    r"epoch_(?P<epoch>\d+).*val_loss_([0-9.]+).*acc_(?P<acc>[0-9.]+)",
    r".*val_loss_([0-9.]+).*",
    r".*?val_loss_([0-9.]+).*?\.pt",
    r".*loss.*?([0-9.]+)",
    r"^.*_([0-9.]+)\.pth$",
    r"^(?:.*_)?val_loss_([0-9.]+)",
    r"\w+_([0-9.]+)_\d+\.pt",
    r"[a-z]+_[a-z]+_([0-9.]+)",
    r"(?:best|last|ckpt)_([0-9.]+)",
    r"(?:best_|last_)?model_([0-9.]+)",
    r"(?:[a-z]+_)*val_loss_([0-9.]+)",
    r"(?:[A-Za-z]+-)+([0-9.]+)",
    r"model(?:_v\d+)?_acc([0-9.]+)",
    r"(?:\d{4}-\d{2}-\d{2})_loss_([0-9.]+)",
    r"(?:\d{1,3}\.){3}\d{1,3}_([0-9.]+)",
    r"mAP(?:@|_)?(?:50)?(?:-95)?_([0-9.]+)",
    r"(?i)loss\D*([0-9.]+)",
    r"(?<=loss_)([0-9.]+)(?=_|\.pt)",
    r"(?<!train_)loss_([0-9.]+)",
    r"\bloss\b\s*[:=]\s*([0-9.]+)",
    r"验证损失[_=：]?([0-9.]+)",
    r"checkpoint\.best_\w+_([0-9.]+)\.pt",
    r"step(\d+)/val[_/]loss=([0-9.]+)",
    r"runs/[^/]+/[^/]+/epoch=\d+-loss=([0-9.]+)",
    r"(?P<score>[0-9]+(?:\.[0-9]+)*)_(?P<step>[0-9]+)\.[a-z]+",
    r"([0-9.]+(?:e-?[0-9]+)?|nan|inf)",
    r"iter_(?P<step>[0-9]{7})_(?:loss|ppl)_([0-9.]+)",
    r"(?:[^_]*_){3}([0-9.]+)",
    r"[^0-9]*([0-9.]+)[^0-9]*(?P<epoch>[0-9]+)",
]
LOG_LINES = [
    r"loss is (?P<val_loss>[0-9.]+)",
    r"Epoch (?P<epoch>\d+).*loss[:=] (?P<loss>[0-9.]+)",
    r"Epoch \[(?P<epoch>\d+)/(?P<total_epochs>\d+)\].*?loss: (?P<loss>\S+).*?acc: (?P<acc>\S+)",
    r"(?P<key>[A-Za-z_]+)=(?P<value>[0-9.]+)",
    r"(?P<key>[\w/]+):\s*(?P<value>-?[0-9.]+(?:e-?\d+)?)",
    r"^\d+-\d+-\d+ \d+:\d+:\d+.*? mIoU (?P<miou>[0-9.]+)",
    r"\| *(?P<step>\d+) *\| *(?P<loss>[0-9.]+) *\|",
    r"(?:\w+ )*loss (?P<loss>[0-9.]+)",
]

WORDS = [
    *("a", "x", "ab", "aa", "0", "1", "_", "a_", "ab_", "0_", "1.", "0.5_", "-1", "=", " ", "a ", "\n"),
    *("val_loss_", "val_", "loss_", "epoch_1_", "epoch=1-", "step_", "best_model_", "A", "é", "/"),
]
HOSTILE = [
    (word * length)[: length - len(end)] + end
    for word in WORDS
    for length in (22, 30, 40, 100, 255)
    for end in ("", "!", "x", ".pt", "_")
]


def slowest(search):
    """Return the longest time of one search, in seconds, without what other programs take."""
    worst = 0.0
    for name in HOSTILE:
        before = time.process_time()
        with contextlib.suppress(ParseError):
            search(name)
        worst = max(worst, time.process_time() - before)
    return worst


@pytest.mark.parametrize("pattern", PATHOLOGICAL)
def test_a_pattern_that_backtracks_is_refused_or_harmless(pattern):
    """A pattern that may take very long is refused with the reason, or no name takes it longer than 0.2 s."""
    reason = ""
    try:
        parser = CustomParser(pattern)
    except ConfigError as error:
        reason = str(error)
    if reason:
        assert re.search(r"it has .*, as in .*; write each part so that it can match in one way only", reason)
    else:
        assert slowest(parser.score) < 0.2


@pytest.mark.parametrize("pattern", PATHOLOGICAL)
def test_a_log_pattern_that_backtracks_is_refused_or_harmless(pattern):
    """The same holds for the lines of a log, which may be longer."""
    named = re.sub(r"\((?!\?)", "(?P<loss>", pattern, count=1) if "?P<" not in pattern else pattern
    with contextlib.suppress(ConfigError):
        log_pattern = LogPattern(named)
        assert slowest(lambda name: log_pattern.parse_line(name * 16)) < 0.3


def test_what_is_surely_hostile_is_refused():
    """Most of the known pathological patterns are refused; the others backtrack too little to hurt."""
    refused = 0
    for pattern in PATHOLOGICAL:
        try:
            CustomParser(pattern)
        except ConfigError:
            refused += 1
    assert refused >= 0.7 * len(PATHOLOGICAL)


@pytest.mark.parametrize("pattern", HARMLESS)
def test_a_pattern_that_people_write_is_accepted(pattern):
    """Patterns with the usual repeats, alternatives and look-arounds are accepted."""
    assert slowest(CustomParser(pattern).score) < 0.2


@pytest.mark.parametrize("pattern", LOG_LINES)
def test_a_log_pattern_that_people_write_is_accepted(pattern):
    """So are the usual patterns of log lines, with lines of any length."""
    log_pattern = LogPattern(pattern)
    assert slowest(lambda name: log_pattern.parse_line(name * 16)) < 0.3


def test_a_usual_pattern_starts_no_process(monkeypatch):
    """Only a suspicious structure is tried in a process of its own."""

    def refuse(*_args, **_kwargs):
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    for number in range(5):
        CustomParser(rf"epoch_(?P<epoch>\d+)_val_loss{number}_([0-9.]+)_acc_([0-9.]+)")
        LogPattern(rf"loss{number} is (?P<val_loss>[0-9.]+)")


def test_without_a_process_the_structure_decides(monkeypatch):
    """Where no process can be started, a repeat inside a repeat is refused, and a row of repeats is not."""

    def refuse(*_args, **_kwargs):
        raise OSError("no more processes")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(ConfigError, match="a repeat inside a repeat"):
        CustomParser(r"(?:\w+_)*own_loss_([0-9.]+)")
    CustomParser(r".*own.*loss.*x_([0-9.]+)")


def test_the_patterns_of_a_users_parser_are_tried():
    """A parser of one's own may keep its patterns on its class or on itself: these are tried, too."""

    class OnItsClass(BaseParser):
        regex = re.compile(r"(?:\w+-)*(?:\w+)*=([0-9.]+)")

        def parse(self, filename):
            return None, None

    class OnItself(OnItsClass):
        regex = None

        def __init__(self):
            self.regex = re.compile(r"(?:\w+-)*(?:\w+)*=([0-9.]+)")

    for parser in (OnItsClass(), OnItself()):
        with pytest.raises(ConfigError, match=r"It.*\.regex: pattern: expected one that finds"):
            DirectorySource(".", parser)
