"""BaseParser and CustomParser: what users write, and what the package reads with it."""

import copy
import math
import pickle
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor import BaseParser, ConfigError, CustomParser, ParseError
from tests.campaigns import examples


class Returning(BaseParser):
    """A user's parser that returns or raises a given result."""

    def __init__(self, result):
        self.result = result
        self.seen = []

    def parse(self, filename):
        self.seen.append(filename)
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


class NumpyScalar:
    """What torch and numpy return: a number by ``float()`` alone."""

    def __float__(self):
        return 0.5


class Unprintable:
    """An object whose every method fails."""

    def __repr__(self):
        raise RuntimeError("no")

    def __float__(self):
        raise RuntimeError("no")


@pytest.mark.parametrize("value", [0.5, "0.5", NumpyScalar()])
def test_a_users_parser_needs_parse_alone(value):
    """A subclass with ``parse`` yields scores and readings; whatever ``float()`` takes is a score."""
    parser = Returning((value, "x"))
    assert parser.score("a/x.pt") == 0.5
    assert parser.seen == ["x.pt"]
    (reading,) = parser.readings("a/x.pt", "/runs/a/x.pt")
    assert (reading.metric, reading.value, reading.name, reading.path) == (
        "score",
        0.5,
        "a/x.pt",
        "/runs/a/x.pt",
    )
    assert (parser.metric, parser.columnar) == ("score", True)


def test_a_name_without_a_score_yields_nothing():
    """``(None, None)`` is no score and no reading."""
    parser = Returning((None, None))
    assert parser.score("x") is None
    assert parser.readings("x") == ()


@pytest.mark.parametrize(
    "result",
    [
        None,
        0.5,
        (0.5,),
        (1, 2, 3),
        (True, "x"),
        ("abc", "x"),
        ([1], "x"),
        (Unprintable(), "x"),
        "ab",
        ("x" * 999, "x"),
    ],
)
def test_junk_from_a_users_parser_is_a_parse_error(result):
    """A result other than a score and a name is an error of limited length."""
    with pytest.raises(ParseError, match=r"Returning\.parse: expected \(score, filename\)") as caught:
        Returning(result).score("x")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "error", [ValueError("no"), KeyError("x"), RecursionError(), AttributeError(Unprintable())]
)
def test_a_users_parser_that_raises_is_a_parse_error(error):
    """An exception from a user's parser names the parser, the file and the reason."""
    with pytest.raises(
        ParseError, match=rf"Returning\.parse\('x\.pt'\) raised {type(error).__name__}"
    ) as caught:
        Returning(error).readings("x.pt")
    assert caught.value.__cause__ is error


def test_a_users_parse_error_keeps_its_words():
    """A ParseError that a user raises arrives as it is."""
    with pytest.raises(ParseError, match=r"^mine$"):
        Returning(ParseError("mine")).score("x")


def test_the_end_of_the_program_is_not_swallowed():
    """KeyboardInterrupt from inside a parser still ends the program."""
    with pytest.raises(KeyboardInterrupt):
        Returning(KeyboardInterrupt()).score("x")


@pytest.mark.parametrize(
    ("pattern", "name", "value"),
    [
        (r"val_loss_([0-9.]+)", "epoch_10_val_loss_0.003.pt", 0.003),
        (r"val_loss_([0-9.]+)_", "epoch_10_val_loss_0.003_acc_0.95.pt", 0.003),
        (r"val_loss_([0-9.]+)", "val_loss_1.2e-05_x.pt", 1.2e-05),
        (r"val_loss_([0-9.]+)_", "val_loss_9.8e-05_acc.pt", 9.8e-05),
        (r"val_loss_([\d.]+)_", "val_loss_9.8e-05_acc.pt", 9.8e-05),
        (r"val_loss_(\d+\.\d+)_", "val_loss_9.8e-05_acc.pt", 9.8e-05),
        (r"val_loss_(\d*\.?\d+)_", "val_loss_9e-05_acc.pt", 9e-05),
        (r"val_loss_([-+]?[0-9.]+)_", "val_loss_9e-05_acc.pt", 9e-05),
        (r"val_loss_(\d+\.\d{4})", "val_loss_0.00312.pt", 0.00312),
        (r"val_loss_(\d+\.\d+)", "val_loss_3_val_loss_0.5", 0.5),
        (r"val_loss_([0-9.]+)", "val_loss_-0.5.pt", -0.5),
        (r"val_loss_([0-9.]+)", "val_loss_-inf.pt", -math.inf),
        (r"val_loss_([0-9.]+)", "val_loss_.5.pt", 0.5),
        (r"val_loss_([0-9.]+)", "val_loss_5..pt", 5.0),
        (r"val_loss_([0-9.]+)", "val_loss_1e999.pt", math.inf),
        (r"loss-([0-9.]+)", "loss-0.5.pt", 0.5),
        (r"loss[-_]([0-9.]+)", "loss-0.5.pt", 0.5),
        (r".*_([0-9.]+)", "a_0.1_b_0.2.pt", 0.2),
        (r".*([0-9.]+)", "val_loss_0.003.pt", 0.003),
        (r".*?([0-9.]+)", "val_loss_-0.003.pt", -0.003),
        (r"val_loss_(.*?)_", "val_loss_1.2e-05_x", 1.2e-05),
        (r"loss=(.+)\.ckpt", "loss=-0.5e-3.ckpt", -0.0005),
        (r"(?P<tag>[a-z]+)_(?P<score>[0-9.]+)", "a_0.5", 0.5),
        (r"epoch(?P<epoch>\d+)_([0-9.]+)", "epoch3_0.5", 0.5),
        (r"acc_([0-9.]+)e\d+", "acc_95e10.pt", 95.0),
        (r"loss_([0-9.]+)|acc_([0-9.]+)", "loss_0.5", 0.5),
        (r"(?<=loss_)([0-9.]+)", "loss_1e-3", 0.001),
        (r"(?x) loss_ ([0-9.]+)  # a comment (", "loss_1e-3", 0.001),
        (r"(?i)LOSS_([0-9.]+)", "loss_1E-3", 0.001),
        (re.compile("LOSS_([0-9.]+)", re.IGNORECASE), "loss_0.5.pt", 0.5),
        (r"val/loss=([0-9.]+)", "epoch=2-val/loss=0.12.ckpt", 0.12),
        (r"epoch=([0-9]+)", "epoch=9/epoch=2.ckpt", 2.0),
    ],
)
def test_the_group_yields_the_whole_number(pattern, name, value):
    """A pattern yields the number that its group stands in, though the group may take in a part only."""
    parser = CustomParser(pattern)
    assert parser.score(name) == value
    assert parser.parse(name) == (value, name)
    assert parser.readings(name)[0].value == value


def test_a_score_that_became_nan_is_read():
    """``val_loss_nan_`` is found by a pattern of digits, as it is news that the user wants."""
    assert math.isnan(CustomParser(r"val_loss_([0-9.]+)_").score("val_loss_nan_x.pt"))


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        (r"val_loss_([0-9.]+)_", "best.pt"),
        (r"val_loss_([0-9.]+)_", "val_loss_0.5.pt"),
        (r"val_loss_([0-9.]+)_", "val_loss_0.5_x/best.pt"),
        (r"loss([0-9.]+)", "loss-0.5.pt"),
        (r"val_loss_([0-9.]+)", "val_loss_٣.pt"),
        (r"val_loss_([0-9.]+)", "val_loss_nano.pt"),
        (r"loss_([0-9.]+)|acc_([0-9.]+)", "acc_0.5"),
    ],
)
def test_a_name_that_does_not_match_yields_nothing(pattern, name):
    """No match, no group, no number: no score and no error; folders are not searched without a slash."""
    parser = CustomParser(pattern)
    assert parser.score(name) is None
    assert parser.parse(name) == (None, None)
    assert parser.readings(name) == ()


@pytest.mark.parametrize(
    ("pattern", "name", "got"),
    [
        (r"val_loss_([0-9.]+)_", "val_loss_1.2.3_x.pt", "1.2.3"),
        (r"val_loss_([0-9.]+)", "val_loss_1.2.3.pt", "1.2.3"),
        (r"val_loss_(\d+\.\d+)", "val_loss_1.2.3.pt", "1.2.3"),
        (r"val_loss_([0-9.]+)_", "val_loss_..._x.pt", "..."),
        (r"val_loss_(.*)_", "val_loss_abc_x.pt", "abc"),
        (r"val_loss_(.*)_", "val_loss_1_000_x.pt", "1_000"),
        (r"val_loss_(\d+)", "val_loss_٣.pt", "٣"),
        (r"val_loss_([\d.]+)", "val_loss_0.003٣_.pt", "0.003٣"),
        (r"val_loss_(.*)\.pt", "val_loss_.pt", ""),
    ],
)
def test_what_is_no_number_is_an_error_that_shows_it(pattern, name, got):
    """A group that holds no number is a ParseError with the metric and what was got."""
    with pytest.raises(ParseError, match="expected a number for val_loss") as caught:
        CustomParser(pattern).score(name)
    assert str(caught.value).endswith(f"got {got!r}")


@pytest.mark.parametrize(
    ("pattern", "given", "metric"),
    [
        (r"val_loss_([0-9.]+)_", None, "val_loss"),
        (r"loss=([0-9.]+)", None, "loss"),
        (r"epoch_\d+_acc_([0-9.]+)", None, "acc"),
        (r"epoch_10_acc_([0-9.]+)", None, "acc"),
        (r"val_loss[_=]?([0-9.]+)", None, "val_loss"),
        (r"val/loss=([0-9.]+)", None, "val/loss"),
        (r"(?P<val_acc>[0-9.]+)", None, "val_acc"),
        (r"val_acc_(?P<score>[0-9.]+)", None, "val_acc"),
        (r"ckpt_([0-9.]+)_", None, "score"),
        (r".*([0-9.]+)", None, "score"),
        (r"val_loss_([0-9.]+)_", "mine", "mine"),
    ],
)
def test_the_metric_is_named_by_the_user_or_the_pattern(pattern, given, metric):
    """The metric's name is the user's, else the group's, else the text before it, else ``score``."""
    assert CustomParser(pattern, given).metric == metric


def test_further_named_groups_are_readings_of_their_own():
    """Named groups are further readings, ``epoch`` and ``step`` are counters, other text is left out."""
    counters = r"(?P<kind>[a-z]+)_epoch=(?P<epoch>\d+)-step=(?P<step>\d+)"
    parser = CustomParser(counters + r"-val_loss=(?P<score>[0-9.]+)-acc=(?P<acc>[\d.]+)")
    readings = parser.readings("sub/model_epoch=3-step=700-val_loss=1.5e-05-acc=0.5.ckpt", "/p")
    assert [(reading.metric, reading.value) for reading in readings] == [("val_loss", 1.5e-05), ("acc", 0.5)]
    assert {(reading.epoch, reading.step, reading.path) for reading in readings} == {(3, 700, "/p")}
    assert not parser.columnar
    assert CustomParser(r"(?P<epoch>\d+)_([0-9.]+)").columnar


@pytest.mark.parametrize(
    "pattern", ["(", "abc", "", 3, None, b"(a)", re.compile(b"(a)"), r"epoch=(?P<epoch>\d+)", "(?:a)"]
)
def test_a_pattern_that_cannot_work_is_a_config_error(pattern):
    """A pattern that is none, or has no group for the score, is refused immediately with one problem."""
    with pytest.raises(ConfigError, match="expected a") as caught:
        CustomParser(pattern)
    assert len(caught.value.problems) == 1


def test_a_metric_that_is_no_text_is_a_config_error():
    """The score's name is a text."""
    with pytest.raises(ConfigError, match="metric: expected"):
        CustomParser("([0-9.]+)", 3)


def test_a_subclass_keeps_the_methods_it_wrote():
    """A parse of one's own is used for the score, and may call the one it replaces."""

    class Percent(CustomParser):
        def parse(self, filename):
            value, name = super().parse(filename)
            return (None, None) if value is None else (value / 100, name)

    parser = Percent(r"acc_([0-9.]+)")
    assert parser.score("acc_95.pt") == 0.95
    assert parser.readings("acc_95.pt")[0].value == 0.95
    assert parser.score("best.pt") is None


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda parser: pickle.loads(pickle.dumps(parser))]
)
def test_a_parser_can_be_copied_and_pickled(duplicate):
    """A copy reads as the original does."""
    parser = duplicate(CustomParser(r"loss_([0-9.]+)_", metric="mine"))
    assert (parser.metric, parser.score("loss_0.5_x")) == ("mine", 0.5)


fragments = [
    "val_loss_",
    "0.003",
    "1e-05",
    ".",
    "-",
    "_",
    "7",
    "nan",
    "inf",
    "e",
    "x",
    "/",
    "acc",
    "1.2.3",
    "=",
]
patterns = [
    r"val_loss_([0-9.]+)_",
    r"val_loss_([0-9.]+)",
    r"_([\d.]+)",
    r"loss_(\d+\.\d+)",
    r"_([0-9.]+)\.x",
    r"_([0-9]+)e",
    r"loss.*_([0-9.]+).*x",
    r"_([0-9.]+)-",
]


@given(st.lists(st.sampled_from(fragments), max_size=8).map("".join), st.sampled_from(patterns))
@settings(deadline=None, max_examples=examples(2000))
def test_the_fast_way_reads_what_the_careful_way_reads(name, pattern):
    """What is decided when the pattern is looked at changes the speed, never the score."""
    parser = CustomParser(pattern)

    def outcome(read, text):
        try:
            return repr(read(text))
        except ParseError as error:
            return str(error)

    careful = CustomParser(pattern)
    careful._quick = None
    careful._bind()
    fast, slow = outcome(parser.score, name), outcome(careful.score, name)
    # Where the first match holds no number, the fast way may go on to one that does.
    assert fast == slow or "expected a number" in slow


@pytest.mark.parametrize("pattern", [r"val_loss_([0-9.]+)_", r"val_loss_([0-9.]+)", r"loss=(.*?)\.pt"])
def test_many_at_once_are_read_as_one_by_one(pattern):
    """scores() gives what score() gives for each name, also where one of them is unusual or unreadable."""
    usual = [f"epoch_{n}_val_loss_0.{n}_acc_1.pt" for n in range(5)]
    odd = [
        "best.pt",
        "x_val_loss_nan_y.pt",
        "x_val_loss_9.8e-05_y.pt",
        "sub/x_val_loss_0.5_y.pt",
        "loss=0.1.pt",
    ]
    parser = CustomParser(pattern)
    for names in (usual, usual + odd, []):
        assert repr(parser.scores(names)) == repr([parser.score(name) for name in names])
    with pytest.raises(ParseError):
        CustomParser(r"loss=(.*?)\.pt").scores(["loss=0.1.pt", "loss=much.pt"])


_PIECES = st.sampled_from(
    [
        "loss_",
        "loss=",
        "a",
        "_",
        "-",
        ".",
        "..",
        "0.5",
        "12",
        "1.2.3",
        "7e",
        "e-05",
        "E5",
        ".pt",
        ".e5",
        "٣",
        "\n",
        " ",
        "/",
    ]
)
_PATTERNS = [
    r"loss_([0-9.]+)",
    r"loss_([0-9.]+).*",
    r"loss_([0-9.]+).*a",
    r"loss_([0-9.]+)\.pt",
    r"loss_([0-9.]+)_",
    r"loss_(\d+\.\d+)",
    r"loss[_=](\d+)",
    r"^loss_([0-9.]+)",
    r"loss_([0-9.]+)$",
    r"loss_([0-9.]+)\Z",
    r"\Aloss_([0-9.]+)",
    r"(?<!a)loss_([0-9.]+)",
    r"(?!.*a)loss_([0-9.]+)",
    r"[^a]*loss_([0-9.]+)",
    r"a\s*loss_([0-9.]+)",
    r"(?s).*loss_([0-9.]+)",
    r"(?i)LOSS_([0-9.]+)",
    r"a?loss_([0-9.]+)|a([0-9]+)",
    r"(?P<epoch>\d+)_loss_(?P<val_loss>[0-9.]+)",
    r"/loss_([0-9.]+)",
]


@pytest.mark.parametrize("pattern", _PATTERNS)
@given(names=st.lists(st.lists(_PIECES, max_size=6).map("".join), max_size=4))
@settings(max_examples=examples(100), deadline=None)
def test_any_names_together_are_read_as_one_by_one(pattern, names):
    """Whatever pattern and names are, scores() returns what score() does, or raises where it does."""
    parser = CustomParser(pattern)

    def outcome(read):
        try:
            return repr(read())
        except ParseError:
            return "unreadable"

    assert outcome(lambda: parser.scores(names)) == outcome(lambda: [parser.score(name) for name in names])


def test_a_line_break_in_a_name_moves_no_score_to_another_name():
    """Each score belongs to its own name, also where a name holds two and the next one holds none."""
    assert CustomParser(r"loss_([0-9.]+)").scores(["loss_1\nloss_2", "best"]) == [1.0, None]


def test_a_subclass_decides_for_many_as_for_one():
    """A subclass that overrides parse() is asked for every name."""

    class Doubled(CustomParser):
        def parse(self, filename):
            value, name = super().parse(filename)
            return (2 * value, name) if value is not None else (None, None)

    assert Doubled(r"loss_([0-9.]+)_").scores(["loss_0.5_", "loss_1.5_"]) == [1.0, 3.0]


def test_a_verbose_pattern_keeps_the_sign_of_a_number():
    """Nothing is concluded from the spaces of a verbose pattern: the sign before it counts."""
    parser = CustomParser(re.compile(r"score = -? ([0-9.]+)  # the reward", re.VERBOSE))
    assert parser.score("score=-0.5.pt") == -0.5


def test_an_optional_group_without_a_match_is_no_score():
    """A pattern that matches without its group finds no score, and raises nothing."""
    parser = CustomParser(r"loss(?:_([0-9.]+))?(?:_at_(?P<epoch>\d+))?")
    assert (parser.score("loss.pt"), parser.readings("loss.pt")) == (None, ())
    (reading,) = parser.readings("loss_0.5.pt")
    assert (reading.value, reading.epoch) == (0.5, None)
