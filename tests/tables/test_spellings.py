"""Groups that are one although they are written in several ways."""

from __future__ import annotations

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")
pandas = pytest.importorskip("pandas")

from auto_model_monitor import SourceError  # noqa: E402 - only where the extra is
from auto_model_monitor.tables import table_of  # noqa: E402

COLUMNS = {"region": ["1", "1.0", "1", "2"], "score": [0.1, 0.2, 0.3, 0.4], "label": [0, 1, 1, 0]}


@pytest.fixture(params=["pandas", pytest.param("polars", marks=pytest.mark.servers)])
def table(request):
    frames = pytest.importorskip(request.param)
    return table_of(frames.DataFrame(COLUMNS))


def test_what_cannot_be_ranked_together_is_refused(table):
    """Ranks and quantiles of a group in two spellings are an error that names both, never a wrong number."""
    with table.open(["region", "score", "label"]) as rows:
        assert rows.counts(["region"]) == {("1",): 3, ("2",): 1}
        with pytest.raises(SourceError, match="one spelling"):
            rows.rank_sums("score", "label", ["region"])
        with pytest.raises(SourceError, match="one spelling"):
            rows.quantiles("score", (0.5,), ["region"])
