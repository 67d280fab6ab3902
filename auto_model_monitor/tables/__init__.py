"""Tables: where rows lie, and the counts and sums that leave them."""

from ..core.lazy import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .table_choice import table_of
    from .table_protocol import Labels, Table, TableRows
    from .table_values import (
        DUPLICATES,
        AbsoluteDifference,
        Bins,
        Holds,
        Moments,
        NegativeLog,
        RankSum,
        RowCondition,
        Windows,
        canonical,
    )

_HOMES = {
    "AbsoluteDifference": "table_values",
    "Bins": "table_values",
    "DUPLICATES": "table_values",
    "Holds": "table_values",
    "Labels": "table_protocol",
    "Moments": "table_values",
    "NegativeLog": "table_values",
    "RankSum": "table_values",
    "RowCondition": "table_values",
    "Table": "table_protocol",
    "TableRows": "table_protocol",
    "Windows": "table_values",
    "canonical": "table_values",
    "table_of": "table_choice",
}

__all__ = [
    "DUPLICATES",
    "AbsoluteDifference",
    "Bins",
    "Holds",
    "Labels",
    "Moments",
    "NegativeLog",
    "RankSum",
    "RowCondition",
    "Table",
    "TableRows",
    "Windows",
    "canonical",
    "table_of",
]

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
