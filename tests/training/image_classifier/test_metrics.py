"""The metrics equal those of scikit-learn."""

from __future__ import annotations

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.campaigns import examples

torch = pytest.importorskip("torch")
sklearn = pytest.importorskip("sklearn.metrics")

from auto_model_monitor.training.image_classifier import metrics  # noqa: E402 - only where PyTorch is


def reference(probabilities: torch.Tensor, truth: torch.Tensor) -> dict[str, float]:
    """Return scikit-learn's figures, as fractions."""
    classes = probabilities.shape[1]
    guess = probabilities.argmax(1)
    present = truth.unique().tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of what was never predicted
        means = {"y_true": truth.numpy(), "y_pred": guess.numpy(), "average": "macro", "zero_division": 0}
        return {
            "accuracy": sklearn.accuracy_score(truth, guess),
            "macro_f1": sklearn.f1_score(**means),
            "micro_f1": sklearn.f1_score(truth, guess, average="micro"),
            "precision": sklearn.precision_score(**means),
            "recall": sklearn.recall_score(**means),
            "mean_average_precision": sum(
                sklearn.average_precision_score(truth == label, probabilities[:, label]) for label in present
            )
            / len(present),
            **{
                f"top{k}": sklearn.top_k_accuracy_score(truth, probabilities, k=k, labels=range(classes))
                for k in (1, 3, 5)
                if k <= classes
            },
        }


def found(probabilities: torch.Tensor, truth: torch.Tensor) -> dict[str, float]:
    """Return our figures, as fractions."""
    scores = metrics.scores(probabilities, truth)
    names = ("macro_f1", "micro_f1", "precision", "recall", "mean_average_precision")
    tops = {f"top{k}": value / 100 for k, value in scores.top.items()}
    return {"accuracy": scores.accuracy / 100, **{name: getattr(scores, name) for name in names}, **tops}


def drawn(seed: int, *, count: int, classes: int, skill: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Draw a truth and probabilities that know something of it."""
    chance = torch.Generator().manual_seed(seed)
    truth = torch.randint(classes, (count,), generator=chance)
    logits = torch.randn(count, classes, generator=chance, dtype=torch.float64)
    logits[torch.arange(count), truth] += skill
    return logits.softmax(1), truth


@settings(max_examples=examples(200))
@given(
    seed=some.integers(0, 10**6),
    count=some.integers(1, 60),
    classes=some.integers(3, 12),
    skill=some.sampled_from([0.0, 1.0, 5.0]),
)
def test_every_metric_is_scikit_learns(seed: int, count: int, classes: int, skill: float) -> None:
    """Each metric equals scikit-learn's, also with classes that never occur or are never predicted."""
    probabilities, truth = drawn(seed, count=count, classes=classes, skill=skill)
    ours, theirs = found(probabilities, truth), reference(probabilities, truth)
    for name, value in theirs.items():
        assert ours[name] == pytest.approx(value, abs=1e-12), name


@settings(max_examples=examples(200))
@given(seed=some.integers(0, 10**6), levels=some.integers(1, 4))
def test_equal_scores_count_as_found_together(seed: int, levels: int) -> None:
    """With few distinct scores the average precision equals scikit-learn's in every order of the images."""
    chance = torch.Generator().manual_seed(seed)
    truth = torch.randint(3, (40,), generator=chance)
    scores = torch.randint(levels, (40, 3), generator=chance).double()
    order = torch.randperm(40, generator=chance)
    ours = metrics.mean_average_precision(scores, truth)
    assert ours == pytest.approx(reference(scores, truth)["mean_average_precision"], abs=1e-12)
    assert metrics.mean_average_precision(scores[order], truth[order]) == pytest.approx(ours, abs=1e-12)


def test_many_classes_are_computed_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean average precision does not depend on the number of classes sorted at a time."""
    probabilities, truth = drawn(7, count=100, classes=37, skill=1.0)
    whole = metrics.mean_average_precision(probabilities, truth)
    monkeypatch.setattr(metrics, "_CELLS", 500)
    assert metrics.mean_average_precision(probabilities, truth) == pytest.approx(whole, abs=1e-12)


@pytest.mark.parametrize(
    ("classes", "tops"), [(2, [1]), (3, [1, 3]), (4, [1, 3]), (5, [1, 3, 5]), (37, [1, 3, 5])]
)
def test_top_k_needs_k_classes(classes: int, tops: list[int]) -> None:
    """The top-k accuracy is absent if there are fewer than k classes."""
    assert list(metrics.scores(*drawn(1, count=9, classes=classes, skill=1.0)).top) == tops


def test_percentages_and_fractions() -> None:
    """Accuracies are in percent and the others are fractions, as in the specification's table."""
    scores = metrics.scores(torch.eye(5, dtype=torch.float64)[[0, 1, 2, 3, 3]], torch.arange(5))
    assert (scores.accuracy, scores.top[1], scores.micro_f1) == (80.0, 80.0, 0.8)
    assert scores.recall == 0.8
    assert scores.precision == pytest.approx(0.7)
