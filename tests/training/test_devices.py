"""What a training is shown of the machine's cards."""

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
    """One card, by the number that it has among those of the server; none for the processor."""
    environment = {} if own is None else {VISIBLE: own}
    assert visible_device(device, environment) == (seen, {VISIBLE: shown})


def test_another_kind_of_device_is_passed_on():
    """What is no card of this kind is told to the training as it is."""
    assert visible_device("mps", {}) == ("mps", {})
    assert visible_device("xpu:1", {VISIBLE: "0"}) == ("xpu:1", {})


@pytest.mark.parametrize(
    ("device", "own"), [("cuda:2", "3,5"), ("cuda:0", ""), ("cuda:1", "0,-1,2"), ("cuda:0", "-1")]
)
def test_a_card_that_the_server_may_not_see_is_refused(device, own):
    """A request for one card more than there are is told so, with what there is."""
    with pytest.raises(ConfigError, match=VISIBLE):
        visible_device(device, {VISIBLE: own})
