"""Why a training ended: one of 36 causes, with the line of its output that shows it."""

from ..core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .diagnosis_result import CAUSES, Diagnosis
    from .end_facts import EndFacts
    from .evidence_filter import EvidenceFilter
    from .kept_lines import KeptLines
    from .order_of_evidence import diagnose

__all__ = ["CAUSES", "Diagnosis", "EndFacts", "EvidenceFilter", "KeptLines", "diagnose"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "CAUSES": "diagnosis_result",
        "Diagnosis": "diagnosis_result",
        "EndFacts": "end_facts",
        "EvidenceFilter": "evidence_filter",
        "KeptLines": "kept_lines",
        "diagnose": "order_of_evidence",
    },
)
