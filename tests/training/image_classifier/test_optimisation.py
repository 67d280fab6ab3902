"""The learning rate over time, the weight decay and the precision."""

from __future__ import annotations

from itertools import pairwise

import pytest

torch = pytest.importorskip("torch")

from auto_model_monitor.training.image_classifier.optimisation import Optimisation  # noqa: E402


def rates(steps: int) -> list[float]:
    """Return the learning rate of each step of a training, and of one step more."""
    network = torch.nn.Linear(2, 2)
    optimisation = Optimisation(network, rate=0.01, steps=steps, mixed=True)
    found = [optimisation.rate]
    for _ in range(steps):
        optimisation.follow(network(torch.ones(1, 2)).sum())
        optimisation.step()
        found.append(optimisation.rate)
    return found


def test_the_rate_rises_and_falls_to_zero() -> None:
    """The rate rises evenly in the first tenth of the steps, then falls to zero, slowly at both ends."""
    found = rates(100)
    assert found[:10] == pytest.approx([0.001 * step for step in range(1, 11)])
    assert found[10] == found[9] == max(found) == pytest.approx(0.01)
    assert all(later < earlier for earlier, later in pairwise(found[10:]))
    assert found[55] == pytest.approx(0.005)
    assert found[100] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_training_has_the_requested_rate(steps: int) -> None:
    """A training of one or two steps takes its first step at the full rate."""
    assert rates(steps)[0] == 0.01
    assert min(rates(steps)[:-1]) > 0


def test_only_matrices_decay() -> None:
    """Without gradients a matrix shrinks and a bias stays."""
    network = torch.nn.Linear(2, 2)
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    optimisation = Optimisation(network, rate=0.5, steps=1, mixed=True)
    optimisation.follow(sum(value.sum() * 0 for value in network.parameters()))
    optimisation.step()
    assert torch.allclose(network.weight, before["weight"] * (1 - 0.5 * 0.05))
    assert network.bias.equal(before["bias"])


def test_a_processor_computes_in_full_precision() -> None:
    """On a CPU mixed precision has no effect."""
    optimisation = Optimisation(torch.nn.Linear(2, 2), rate=0.5, steps=1, mixed=True)
    assert optimisation.precision == "float32"
    with optimisation.computing():
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.float32
