"""The rules about graphics cards, on cards that are recorded, and on a machine without any."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from programs import PROGRAM

from auto_model_monitor import AlertKind, ConfigError, GpuRule
from auto_model_monitor.core.errors import MissingExtraError
from auto_model_monitor.rules import parse_rule
from auto_model_monitor.rules.card_state import CardState
from auto_model_monitor.settings.log_watches import rule_in_logs
from tests.rules.looks import look

RECORDED = Path(__file__).parent / "recorded_nvml"
MODULE = "auto_model_monitor.rules.graphics_cards"
GB = 10**9


def card(number=0, use=0.9, used=10 * GB, celsius=60.0):
    return CardState(number=number, use=use, used_bytes=used, total_bytes=100 * GB, celsius=celsius)


def alerted(quantity, limit, polls, every=60.0):
    """Return the alerts of cards whose states are given for each poll."""
    states = iter(polls)

    class Cards:
        def read(self):
            return next(states)

    rule = GpuRule(quantity, limit, cards=Cards())
    found = [(n, rule.evaluate(look([], n * every))) for n in range(len(polls))]
    return [(n, alert) for n, alert in found if alert is not None]


def recorded(gpu=90, used=10 * GB, temperature=60, pids=()):
    return {"gpu": gpu, "used": used, "total": 100 * GB, "temperature": temperature, "pids": list(pids)}


@pytest.fixture
def cards_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., object]]:
    """Return a function that makes the cards of a recorded machine."""
    monkeypatch.syspath_prepend(str(RECORDED))
    monkeypatch.delitem(sys.modules, "pynvml", raising=False)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    module = importlib.import_module(MODULE)

    def make(*cards, **environment):
        monkeypatch.setenv("NVML_RECORDED", json.dumps(cards))
        return module.GraphicsCards(environment)

    yield make
    for name in ("pynvml", MODULE):
        sys.modules.pop(name, None)


def test_a_card_that_is_idle_is_alerted_once_and_once_when_it_works():
    """Idle at every poll for the time is one alert that names the card; its first work ends it."""
    polls = [[card(0), card(1, use=0.01)]] * 40 + [[card(0), card(1)]] * 2
    (first, alert), (last, resolved) = alerted("idle", 1800, polls)
    assert (first, last) == (30, 40)
    assert alert.kind is AlertKind.GPU_IDLE
    assert (alert.details["card"], alert.details["idle_seconds"]) == (1, 1800)
    assert (resolved.resolved, resolved.details["card"]) == (True, 1)


def test_a_card_that_works_now_and_then_is_not_idle():
    """One poll with work begins the time anew."""
    polls = [[card(use=0.5 if n % 29 == 0 else 0.0)] for n in range(120)]
    assert alerted("idle", 1800, polls) == []


@pytest.mark.parametrize(
    ("quantity", "limit", "values", "expected"),
    [
        (
            "memory",
            0.95,
            (0.9, 0.95, 0.96, 0.97, 0.94, 0.96, 0.92, 0.96),
            [(2, False), (6, True), (7, False)],
        ),
        ("temperature", 85, (80, 85, 86, 90, 83, 86, 81, 81), [(2, False), (6, True)]),
    ],
)
def test_a_full_or_hot_card_is_alerted_once_and_resolves_clearly_below(quantity, limit, values, expected):
    """A card at its limit does not alert again and again: it resolves a little below."""
    field = {"memory": lambda v: card(used=round(v * 100 * GB)), "temperature": lambda v: card(celsius=v)}
    found = alerted(quantity, limit, [[field[quantity](value)] for value in values])
    assert [(n, alert.resolved) for n, alert in found] == expected


def test_after_a_restart_it_is_not_alerted_again():
    """The last alert holds whether a card was beyond the limit, and which."""

    class Cards:
        def read(self):
            return [card(2, celsius=90)]

    before, after = (GpuRule("temperature", 85, cards=Cards()) for _ in range(2))
    after.resume(before.evaluate(look([])))
    assert after.evaluate(look([], 60)) is None


def test_a_value_that_a_card_does_not_know_alerts_nothing(cards_of):
    """A card in MIG mode does not say its use: it is not idle, and its memory is known."""
    cards = cards_of(recorded(gpu=None, used=99 * GB))
    assert GpuRule("idle", 1, cards=cards).evaluate(look([])) is None
    assert GpuRule("idle", 1, cards=cards).evaluate(look([], 60)) is None
    assert GpuRule("memory", 0.95, cards=cards).evaluate(look([])) is not None


@pytest.mark.parametrize(
    ("visible", "expected"),
    [("1", [1]), ("2,0", [2, 0]), ("GPU-b0", [1]), ("1,7,0", [1]), ("0,-1,2", [0]), ("MIG-x", [0, 1, 2])],
)
def test_the_cards_are_those_that_cuda_shows(cards_of, visible, expected):
    """Numbers and identifiers count as CUDA counts them: the first unknown one ends the list."""
    cards = cards_of(*[recorded()] * 3, CUDA_VISIBLE_DEVICES=visible)
    assert [one.number for one in cards.read()] == expected


def test_without_a_choice_the_cards_are_those_of_the_training_s_processes(cards_of):
    """A child's card and one of the same group count, others do not; where there is none, all."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    try:
        numbers = []
        for recording in (
            [recorded(), recorded(pids=[1]), recorded(pids=[1, child.pid])],
            [recorded(pids=[os.getpid()]), recorded(pids=[1])],
            [recorded(pids=[1]), recorded()],
        ):
            numbers.append([one.number for one in cards_of(*recording).read()])
    finally:
        child.communicate(b"\n")
    assert numbers == [[2], [0], [0, 1]]


@pytest.mark.parametrize(
    ("cards", "variables", "text"),
    [
        ([], {}, "expected an NVIDIA card, got none"),
        ([recorded()], {"CUDA_VISIBLE_DEVICES": ""}, "which hides them all"),
    ],
)
def test_a_machine_without_cards_is_one_error(cards_of, cards, variables, text):
    """No card, and none that the training may see, are errors at the start."""
    with pytest.raises(ConfigError, match=text):
        cards_of(*cards, **variables)


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch):
    """Without nvidia-ml-py the rule is refused with the command to run."""
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    with pytest.raises(MissingExtraError, match=r"auto-model-monitor\[gpu\]"):
        parse_rule("gpu idle 30m")


def test_the_rules_are_written_as_others_are(cards_of, monkeypatch: pytest.MonkeyPatch):
    """Each form gives its quantity and limit, and takes what stands behind every rule."""
    monkeypatch.setenv("NVML_RECORDED", json.dumps([recorded()]))
    for text, quantity, limit in (
        ("gpu idle 30m", "idle", 1800),
        ("gpu memory > 95%", "memory", 0.95),
        ("gpu  temperature>=85", "temperature", 85),
    ):
        rule = parse_rule(text)
        assert isinstance(rule, GpuRule)
        assert (rule.quantity, rule.limit) == (quantity, limit)
    assert parse_rule("gpu idle 30m at most every 1d critical").name.startswith("gpu idle 30m")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gpu idle soon", "a time such as 90s, 30min, 2h"),
        ("gpu memory < 95%", "expected '>'"),
        ("gpu memory > 95", "a share such as 95%"),
        ("gpu temperature > hot", "degrees Celsius such as 85"),
        ("gpu speed > 3", "one of < <= > >="),
    ],
)
def test_a_wrong_rule_shows_where(text, expected):
    """What was expected and where is in the error, with or without a card."""
    with pytest.raises(ConfigError) as caught:
        parse_rule(text)
    assert expected in str(caught.value)
    assert "^" in str(caught.value)


def test_the_recorded_names_are_those_of_the_real_module():
    """Every name of the recorded module is in nvidia-ml-py, and the structures have the same fields."""
    real = pytest.importorskip("pynvml")
    names = [name for name in (RECORDED / "pynvml.py").read_text().split() if name.startswith("nvml")]
    assert all(hasattr(real, name.partition("(")[0]) for name in names if name.endswith("):"))
    assert [field for field, _ in real.c_nvmlMemory_t._fields_] == ["total", "free", "used"]
    assert [field for field, _ in real.c_nvmlUtilization_t._fields_] == ["gpu", "memory"]
    assert (real.NVML_ERROR_NOT_SUPPORTED, real.NVML_TEMPERATURE_GPU) == (3, 0)


def run(place: Path, *cards: object, rule: str) -> subprocess.CompletedProcess[str]:
    script = "import time\nprint('Epoch 1 - val_loss: 0.5', flush=True)\ntime.sleep(0.5)\n"
    (place / "train.py").write_text(script)
    known = {"NVML_RECORDED": json.dumps(cards)} if cards else {}
    command = [*PROGRAM, "run", "--language", "en", "--rule", rule, "--", sys.executable, "train.py"]
    return subprocess.run(
        command,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(RECORDED), **known},
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )


def test_a_run_reports_the_card_and_its_use_at_the_end(tmp_path: Path):
    """The rule's alert, and use and memory in the message of the end."""
    assert run(tmp_path, recorded(gpu=87, used=97 * GB), rule="gpu memory > 95%").returncode == 0
    texts = [
        message_from_bytes(file.read_bytes(), policy=policy.default).get_body(("plain",)).get_content()  # type: ignore[union-attr]
        for file in (tmp_path / "monitor_logs/mailbox").glob("*.eml")
    ]
    assert len(texts) == 2
    assert sum("The memory of GPU 0 is nearly full: 97% in use" in text for text in texts) == 1
    assert sum("Mean use and peak memory: GPU 0: 87% · 97 GB / 100 GB" in text for text in texts) == 1


def test_a_run_without_a_driver_is_refused_before_it_starts(tmp_path: Path):
    """One clear error, and no training."""
    done = run(tmp_path, rule="gpu idle 30m")
    assert done.returncode == 2
    assert "gpu: expected an NVIDIA card and its driver, got: NVML Shared Library Not Found" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("text", ["gpu memory > 95%", "val_acc drop > 0.02 vs 7d"])
def test_what_stands_before_an_operator_is_no_metric_of_a_log(text: str):
    """Of a rule in which another word stands before the operator nothing is renamed as logs name it."""
    assert rule_in_logs(text) == text
