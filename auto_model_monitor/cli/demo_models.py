"""The two models of ``demo production``, and a day of their work: real patients, and generated car loans."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from ..core.extras import extra

PATIENTS, LOANS = 150, 600  # a day
_TRAINED_ON = 269  # of the 569 patients; the others come to be diagnosed
_SIZES = ("radius", "perimeter", "area")


class Case(NamedTuple):
    """One prediction, and what turns out to be true.

    Attributes:
        score: the probability of class 1.
        label: the class that turns out.
        features: what the log keeps of what the model saw, by name.
    """

    score: float
    label: int
    features: dict[str, float | str]


class DiagnosisModel:
    """Tells malignant tumours (1) from benign ones, on the breast-cancer data of scikit-learn.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """

    def __init__(self) -> None:
        with extra("production"):
            from sklearn.datasets import load_breast_cancer
        data = load_breast_cancer()
        self._chance = random.Random(7)
        order = self._chance.sample(range(len(data.target)), len(data.target))
        self._names = [str(name) for name in data.feature_names]
        self._rows, self._labels = data.data, 1 - data.target
        self._patients = order[_TRAINED_ON:]
        self._model = _fitted(self._rows[order[:_TRAINED_ON]], self._labels[order[:_TRAINED_ON]])

    def day(self, scale: float = 1.0) -> list[Case]:
        """Return a day's diagnoses, on images whose lengths are measured with a wrong scale."""
        patients = self._chance.choices(self._patients, k=PATIENTS)
        rows = self._rows[patients]
        for column, name in enumerate(self._names):
            if any(size in name for size in _SIZES):
                rows[:, column] *= scale**2 if "area" in name else scale
        scores = self._model.predict_proba(rows)[:, 1]
        return [
            Case(float(score), int(self._labels[patient]), {"mean_radius": float(row[0])})
            for score, patient, row in zip(scores, patients, rows, strict=True)
        ]


class LoanModel:
    """Tells car loans that default (1) from those that are repaid, on generated applications.

    Raises:
        MissingExtraError: scikit-learn is not installed.
    """

    def __init__(self) -> None:
        self._chance = random.Random(3)
        past = [self._application("branch") for _ in range(3000)]
        self._model = _fitted([list(loan.values()) for loan, _ in past], [label for _, label in past])

    def day(self, fraud: float = 0.0) -> list[Case]:
        """Return a day's decisions, of which a share of those made online state a false income."""
        groups = self._chance.choices(("branch", "online"), weights=(3, 1), k=LOANS)
        loans = [self._application(group, fraud if group == "online" else 0.0) for group in groups]
        scores = self._model.predict_proba([list(features.values()) for features, _ in loans])[:, 1]
        return [
            Case(float(score), label, {**features, "channel": group})
            for score, (features, label), group in zip(scores, loans, groups, strict=True)
        ]

    def _application(self, group: str, fraud: float = 0.0) -> tuple[dict[str, float], int]:
        chance = self._chance
        income, price = chance.lognormvariate(0, 0.4), chance.lognormvariate(0, 0.4)
        label = int(price / income + chance.gauss(0, 0.12) > 1.25)
        if label and chance.random() < fraud:
            income *= 2
        return {
            "income": income,
            "price": price,
            "late_payments": float(label and chance.random() < 0.2),
        }, label


def _fitted(rows: Any, labels: Any) -> Any:
    with extra("production"):
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, labels)
