"""The formats that are known without being told."""

from __future__ import annotations

from ..patterns import NUMBER
from .entries import Stage
from .pattern import LogPattern

_N = NUMBER
_SEP = r"\s*[:=]\s*"
_ACC = r"(?:[Aa]cc(?:uracy)?|ACC)"
_VAL = r"(?:[Vv]al(?:id(?:ation)?)?|[Ee]val(?:uation)?)[ _]"
_TRAIN = r"[Tt]rain(?:ing)?[ _]"


def built_in() -> list[LogPattern]:
    """Return the patterns, the more telling ones first."""
    return [
        LogPattern(
            r"(?i:epoch)\s*[\[(]?(?P<epoch>[0-9]+)\s*/\s*(?P<total_epochs>[0-9]+)[\])]?\s*(?:started|$)",
            stage=Stage.EPOCH_START,
        ),
        LogPattern(
            rf"{_TRAIN}[Ll]oss{_SEP}(?P<train_loss>{_N})"
            rf"(?:\s*[,|;]\s*(?:{_TRAIN})?{_ACC}{_SEP}(?P<train_acc>{_N})%?)?",
            stage=Stage.TRAINING,
        ),
        LogPattern(
            rf"{_VAL}[Ll]oss{_SEP}(?P<val_loss>{_N})"
            rf"(?:\s*[,|;]\s*(?:{_VAL})?{_ACC}{_SEP}(?P<val_acc>{_N})%?)?",
            stage=Stage.VALIDATION,
        ),
        LogPattern(
            rf"{_VAL}(?:(?i:macro[ _-]?f1){_SEP}(?P<macro_f1>{_N})|(?i:micro[ _-]?f1){_SEP}(?P<micro_f1>{_N})"
            rf"|(?i:mAP){_SEP}(?P<mAP>{_N})|[Pp]recision{_SEP}(?P<precision>{_N})|[Rr]ecall{_SEP}(?P<recall>{_N})"
            rf"|{_ACC}{_SEP}(?P<val_acc>{_N}))",
            stage=Stage.VALIDATION,
        ),
        LogPattern(
            rf"(?i:{_VAL}top-?k accuracy){_SEP}\{{'top1':\s*(?P<top1_acc>{_N})"
            rf"(?:,\s*'top3':\s*(?P<top3_acc>{_N}))?(?:,\s*'top5':\s*(?P<top5_acc>{_N}))?\}}",
            stage=Stage.VALIDATION,
        ),
        LogPattern(
            rf"(?i:new best model saved with accuracy){_SEP}(?P<best_acc>{_N})%?", stage=Stage.EPOCH_END
        ),
        LogPattern(rf"(?i:learning[ _]rate|\blr){_SEP}(?P<learning_rate>{_N})"),
    ]
