"""The cards that a training sees."""

from __future__ import annotations

import pytest

from auto_model_monitor import ConfigError
from auto_model_monitor.training import visible_device

VISIBLE = "CUDA_VISIBLE_DEVICES"


@pytest.mark.parametrize(
    ("device", "own", "seen", "shown"),
    [
        ("cuda:0", None, "cuda:0", "0"),
        ("cuda:2", None, "cuda:0", "2"),
        ("cuda:1", "3,5", "cuda:0", "5"),
        ("cuda:0", " GPU-8f2 , MIG-1", "cuda:0", "GPU-8f2"),
        ("cpu", "3,5", "cpu", ""),
        ("cpu", None, "cpu", ""),
    ],
)
def test_a_training_sees_its_card_alone(device, own, seen, shown):
    """A training sees one card, by its number among those of the server, or none for the CPU."""
    environment = {} if own is None else {VISIBLE: own}
    assert visible_device(device, environment) == (seen, {VISIBLE: shown})


def test_another_kind_of_device_is_passed_on():
    """A device that is neither a CPU nor a CUDA card is passed on unchanged."""
    assert visible_device("mps", {}) == ("mps", {})
    assert visible_device("xpu:1", {VISIBLE: "0"}) == ("xpu:1", {})


@pytest.mark.parametrize(
    ("device", "own"), [("cuda:2", "3,5"), ("cuda:0", ""), ("cuda:1", "0,-1,2"), ("cuda:0", "-1")]
)
def test_a_card_that_the_server_may_not_see_is_refused(device, own):
    """A request for a card that the server does not see is refused with the number of cards."""
    with pytest.raises(ConfigError, match=VISIBLE):
        visible_device(device, {VISIBLE: own})
