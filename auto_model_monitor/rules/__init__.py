"""Rules: they look at a batch of readings and say whether somebody should hear of it."""

from importlib import import_module

TYPE_CHECKING = False  # a type checker takes this for true; importing typing would cost more than all else
if TYPE_CHECKING:
    from .disk import DiskRule
    from .diverged import DivergedRule
    from .grammar import parse_rule
    from .not_finite import NotFiniteRule
    from .plateau import PlateauRule
    from .protocol import Rule
    from .stalled import StalledRule
    from .threshold import ThresholdRule

# Most watches have one rule; the others are imported when they are asked for.
_HOMES = {
    "DiskRule": "disk",
    "DivergedRule": "diverged",
    "NotFiniteRule": "not_finite",
    "PlateauRule": "plateau",
    "Rule": "protocol",
    "StalledRule": "stalled",
    "ThresholdRule": "threshold",
    "parse_rule": "grammar",
}

__all__ = [
    "DiskRule",
    "DivergedRule",
    "NotFiniteRule",
    "PlateauRule",
    "Rule",
    "StalledRule",
    "ThresholdRule",
    "parse_rule",
]


def __getattr__(name: str) -> object:
    """Import a rule when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
