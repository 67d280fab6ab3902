"""A hundred thousand names that no framework would write; a tenth of them unless THOROUGH is set."""

import math
import random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auto_model_monitor import CustomParser, DefaultParser, ParseError
from auto_model_monitor.parsers import suggest_pattern
from auto_model_monitor.parsers.unfinished import ignored_because
from tests.campaigns import examples

EXAMPLES = examples(205)
NAMES_EACH = 500
WANTED = examples(100_000)

HOSTILE = [
    *(
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\0",
        "\x1b[31m",
        "\x1b]8;;http://x\x07",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\u2028",
        "\udcff",
        "\ud800",
    ),
    *(
        "{0.__class__}",
        "{score}",
        "%s",
        "%(x)s",
        "<b>",
        "</script>",
        "&amp;",
        '"',
        "'",
        "\\",
        "..",
        "/",
        "//",
        "~",
        "$(x)",
    ),
    *("١٢", "٠.٥", "٣", "𝟛", "½", "²", "五", "模型", "🚀", "é", "ß", "İ", "ſ"),
    *(
        "1.2.3",
        ".",
        "..5",
        "5.",
        ".5",
        "1e999",
        "-1e999",
        "1e-999",
        "1e",
        "1e+",
        "e5",
        "0x1f",
        "1_000",
        "9" * 400,
        "0" * 60,
    ),
    *(
        "nan",
        "NaN",
        "-nan",
        "inf",
        "-inf",
        "Infinity",
        "nano",
        "info",
        "+",
        "-",
        "--",
        "-0",
        "-0.0",
        "0",
        "00",
        "95",
        "100%",
    ),
    *(
        "val_loss",
        "loss",
        "acc",
        "top1",
        "f1",
        "mAP50",
        "neg_",
        "epoch",
        "step",
        "steps",
        "lr",
        "ckpt",
        "checkpoint.best_",
        "best_model",
    ),
    *(
        "=",
        "_",
        "@",
        ":",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        " ",
        ".ckpt",
        ".pt",
        ".h5",
        "-v1",
        "-last",
        "",
        "a" * 255,
        "ab" * 120,
    ),
    *("0.003", "1.25e-05", "0.12", "12000", "2", "7"),
]
PARSERS = [
    DefaultParser(),
    DefaultParser("val_loss"),
    DefaultParser("-loss"),
    CustomParser(r"val_loss_([0-9.]+)_"),
    CustomParser(r"(?P<score>.*)"),
    CustomParser(r".*?(?P<epoch>\d+).*?([\d.]+)(?P<acc>.*)"),
    CustomParser(r"loss(.{0,5})/(?P<step>.*)"),
]


reasons = []


def outcome(call, name):
    """Return what a call yields, None for a ParseError; anything else it raises fails the test."""
    try:
        return call(name)
    except ParseError as error:
        reasons.append(str(error))
        return None


def check(parser, name):
    """Hold the parser to its contract on one name."""
    score = outcome(parser.score, name)
    readings = outcome(parser.readings, name) or ()
    assert score is None or type(score) is float
    assert (score is None) == (not readings)
    if score is not None:
        first = readings[0].value
        assert first == score or (math.isnan(first) and math.isnan(score))
    for reading in readings:
        assert type(reading.value) is float
        assert reading.name == name
        assert reading.metric
        assert reading.epoch is None or type(reading.epoch) is int


def test_no_name_raises_anything_but_a_parse_error():
    """Whatever stands in a name, a parser returns numbers or raises a ParseError that can be logged."""
    seen = 0
    text = st.text(st.characters(exclude_categories=()), max_size=12)

    @given(st.lists(text, min_size=12, max_size=12), st.integers(0, 2**32))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    def run(drawn, seed):
        nonlocal seen
        choose = random.Random(seed)
        pool = HOSTILE + drawn
        for index in range(NAMES_EACH):
            name = "".join(choose.choices(pool, k=choose.randrange(9)))
            check(PARSERS[index % len(PARSERS)], name)
            ignored_because(name)
            seen += 1
        suggest_pattern(["".join(choose.choices(pool, k=6)) for _ in range(5)])

    run()
    assert seen >= WANTED
    assert reasons
    for reason in reasons:
        assert reason.encode()  # a lone surrogate in a log line would end the program that writes it
        assert "\n" not in reason
