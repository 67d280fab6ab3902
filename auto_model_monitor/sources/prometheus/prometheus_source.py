"""The result of queries to Prometheus, as readings."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timezone

from ...core.clocks import Clock, SystemClock
from ...core.errors import ConfigError
from ...core.numbers import to_float
from ...core.readings import Reading, ReadingBatch
from ...core.secret import Secret
from ...notifiers.address import Address, positive
from ...text.cleaning import for_log_line, for_prometheus_label

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .query_api import QueryAPI, Sample

logger = logging.getLogger(__name__)


class PrometheusSource:
    """Asks a Prometheus server at each look what its queries give now.

    ::

        PrometheusSource("http://prometheus:9090", "model_accuracy")
        PrometheusSource(
            "https://user:password@prometheus.example.com",
            {
                "accuracy": "avg by (model) (model_accuracy)",
                "latency_p95": "histogram_quantile(0.95, sum by (model, le) (rate(latency_bucket[5m])))",
            },
        )

    Each series is a reading of the moment: its model is the label ``model``, and with ``group="sex"`` the
    metric of a series is ``recall@sex:f``. A series that is gone is no reading, which ``stalled`` reports.

    Args:
        url: the server's address; a user and a password in it are sent as basic authorisation.
        query: a query in PromQL, whose metrics have the names of their series, else ``value``; or several
            queries, by the names of their metrics.
        model: the label that names the model.
        group: the label that names the part of the rows, if any.
        token: a bearer token, sent instead of user and password.
        timeout: seconds for the connection, and for the whole answer.
        clock: the time; by default the machine's.

    Raises:
        ConfigError: the address or a query cannot work. The error does not show the address.
    """

    def __init__(
        self,
        url: str,
        query: str | Mapping[str, str],
        *,
        model: str = "model",
        group: str | None = None,
        token: str | None = None,
        timeout: float = 10.0,
        clock: Clock | None = None,
    ) -> None:
        self._address = Address(url)
        self._token = None if token is None else Secret(token)
        self._timeout = positive(timeout)
        self._queries = _checked(query)
        self._model = model
        self._group = group
        self._clock: Clock = clock or SystemClock()
        self._api: QueryAPI | None = None
        self._warned: set[str] = set()

    def __repr__(self) -> str:
        """Show the server's place and the queries."""
        return f"PrometheusSource({self._address.place!r}, {list(self._queries.values())})"

    @property
    def name(self) -> str:
        """The server's scheme, host and port, and the first query."""
        return f"{self._address.place} {next(iter(self._queries.values()))}"

    def read(self) -> ReadingBatch:
        """Return the number of each series now.

        Raises:
            SourceError: the server cannot be reached or refuses a query; the next call asks again.
        """
        if self._api is None:
            from .query_api import QueryAPI  # imports urllib

            self._api = QueryAPI(self._address, self._token, self._timeout)
        found: dict[tuple[str, str | None], Reading] = {}
        for metric, query in self._queries.items():
            for sample in self._api.query(query):
                self._add(found, self._reading(metric, sample), query)
        now = self._clock.now()
        return ReadingBatch(time=now, seconds=self._clock.monotonic(), others=list(found.values()))

    def _reading(self, metric: str | None, sample: Sample) -> Reading | None:
        labels = sample.labels
        name = metric or labels.get("__name__") or "value"
        group = None
        if self._group is not None and self._group in labels:
            group = f"{self._group}:{labels[self._group]}"
        value = None if sample.value is None else to_float(sample.value)
        if value is None:
            self._warn(f"{name} is no number but a histogram; use histogram_quantile()")
            return None
        return Reading(
            metric=name if group is None else f"{name}@{group}",
            value=value,
            name=_series(labels) or name,
            model=labels.get(self._model),
            group=group,
            time=datetime.fromtimestamp(sample.seconds, timezone.utc),
        )

    def _add(self, found: dict[tuple[str, str | None], Reading], reading: Reading | None, query: str) -> None:
        if reading is None:
            return
        key = reading.metric, reading.model
        if key in found:
            self._warn(
                f"{query}: the series {found[key].name} and {reading.name} have the same metric and model, "
                f"of which only the first is read; aggregate them, as with avg by ({self._model}) (…)"
            )
        found.setdefault(key, reading)

    def _warn(self, text: str) -> None:
        if text not in self._warned and len(self._warned) < 10:
            self._warned.add(text)
            logger.warning("%s: %s", self._address.place, for_log_line(text))


def _series(labels: Mapping[str, str]) -> str:
    """Return a series as Prometheus writes it."""
    others = [f'{n}="{for_prometheus_label(v)}"' for n, v in sorted(labels.items()) if n != "__name__"]
    return f"{labels.get('__name__', '')}{{{', '.join(others)}}}" if others else labels.get("__name__", "")


def _checked(query: str | Mapping[str, str]) -> dict[str | None, str]:
    queries: dict[str | None, str] = {None: query} if isinstance(query, str) else dict(query.items())
    if not queries or not all(isinstance(text, str) and text.strip() for text in queries.values()):
        raise ConfigError(
            "query: expected a query such as 'avg by (model) (model_accuracy)', or several by the names of "
            f"their metrics, got {query!r}"
        )
    return queries
