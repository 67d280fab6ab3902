"""Rules: each decides from a batch of readings whether to alert."""

from ..core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .crossing import CrossingRule
    from .damping import DampedRule
    from .disk import DiskRule
    from .diverged import DivergedRule
    from .gpu import GpuRule
    from .grammar import parse_rule
    from .not_finite import NotFiniteRule
    from .plateau import PlateauRule
    from .protocol import AboutTheMachine, FollowsMetric, MetricRule, Resumable, Rule
    from .stalled import StalledRule
    from .threshold import ThresholdRule

__all__ = [
    "AboutTheMachine",
    "CrossingRule",
    "DampedRule",
    "DiskRule",
    "DivergedRule",
    "FollowsMetric",
    "GpuRule",
    "MetricRule",
    "NotFiniteRule",
    "PlateauRule",
    "Resumable",
    "Rule",
    "StalledRule",
    "ThresholdRule",
    "parse_rule",
]

# Most watches have one rule; each rule is imported at its first use.
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AboutTheMachine": "protocol",
        "CrossingRule": "crossing",
        "DampedRule": "damping",
        "DiskRule": "disk",
        "DivergedRule": "diverged",
        "FollowsMetric": "protocol",
        "GpuRule": "gpu",
        "MetricRule": "protocol",
        "NotFiniteRule": "not_finite",
        "PlateauRule": "plateau",
        "Resumable": "protocol",
        "Rule": "protocol",
        "StalledRule": "stalled",
        "ThresholdRule": "threshold",
        "parse_rule": "grammar",
    },
)
