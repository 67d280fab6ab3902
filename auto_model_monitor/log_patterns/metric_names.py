"""Which metric the words before a number name, and which words before a number name none."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from ..comparison import names_a_metric
from ..patterns import compiled

EPOCH, TOTAL_EPOCHS, STEP = "epoch", "total_epochs", "step"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_EPOCH = _set("epoch epochs ep")
_STEP = _set("step iter iters iteration it steps updates")
_SPLITS = {
    **dict.fromkeys(["train", "training", "tr", "trn"], "train"),
    **dict.fromkeys(
        [
            "val",
            "valid",
            "validation",
            "validate",
            "validating",
            "vali",
            "eval",
            "evaluation",
            "evaluate",
            "dev",
        ],
        "val",
    ),
    **dict.fromkeys(["test", "testing"], "test"),
}
_BEST = _set("best highest")
# Words that change nothing about what a number is.
_NEUTRAL = _set(
    "avg average mean running current cur now final overall total epoch batch global set results result "
    "metrics the this of on for at in with and is was are got new a our model network checkpoint ckpt "
    "weights saved saving value end after so far s phase mode started starting begin beginning finished "
    "completed done end summary report"
)
# Words that say that a number is wished for, or set, and not measured.
_SETTING = _set(
    "weight scale scaler smoothing ratio threshold thr thresh patience decay fn function type name interval "
    "freq frequency every key mode size dim factor coef coefficient gamma alpha beta momentum schedule "
    "scheduler policy window limit delta margin target goal min minimum required expected wanted baseline "
    "reference previous prev old early stopping stop until when if than from to not no tolerance tol clip "
    "warmup init initial port code bits bit dtype dropout lambda "
)
# What is counted or timed: numbers of a record, but no metrics.
_ACCOUNT = _set(
    "time times runtime second seconds sec secs ms min mins minute hour hours eta elapsed remaining memory "
    "mem gpu cpu gb mb samples sample tokens token size count flos flops per speed throughput num n number id idx "
    "index seed version rank world port pid ts timestamp date year images instances support epoch epochs step "
    "steps iter iters iteration it wall ups wpb bsz wps ips qsize fold trial v params total "
    "duration cost length"
)
# Words that are metrics only in the company of others: ``error: 404`` and ``hits: 3`` are none.
_WEAK = _set(
    "error err hit hits return returns rel em corr entropy score scores ap ce pq pck er ter kl kld metric "
    "metrics objective fitness likelihood divergence regret cer oks ade fde"
)
_LOSS_KINDS = _set(
    "lm nll mlm nsp kl ce mse l1 l2 cls reg box obj dfl rpn mask seg dice bce gan g d gen disc generator "
    "discriminator actor critic policy value q adv adversarial recon reconstruction perceptual content style "
    "contrastive triplet aux distill kd smooth cross entropy crossentropy focal log huber hinge ctc iou"
)
_TOP = (
    "acc {0}|accuracy {0}|top {0}|top{0}|top{0} acc|top{0} accuracy|top {0} acc|top {0} accuracy|"
    "accuracy top{0}|accuracy top {0}|acc top{0}|acc{0}|prec {0}|prec{0}"
)
_BASES = {
    "loss": "loss",
    "losses": "loss",
    "cost": "cost",
    **dict.fromkeys(
        [
            "acc",
            "accuracy",
            "categorical accuracy",
            "sparse categorical accuracy",
            "binary accuracy",
            "accuracy score",
        ],
        "acc",
    ),
    **{spelling: f"top{rank}_acc" for rank in (1, 3, 5) for spelling in _TOP.format(rank).split("|")},
    **{
        spelling: f"{kind}_f1"
        for kind in ("macro", "micro")
        for spelling in (f"{kind} f1", f"f1 {kind}", f"{kind} f1 score", f"f1 score {kind}", f"{kind} avg f1")
    },
    **dict.fromkeys(["map", "bbox map", "coco bbox map", "precision average"], "mAP"),
    "precision": "precision",
    "recall": "recall",
    **dict.fromkeys(["lr", "learning rate", "lr pg0", "lr 0", "last lr", "base lr"], "learning_rate"),
}
_CHINESE = (
    ("总轮数", "total epochs"), ("总轮次", "total epochs"), ("轮次", "epoch"),
    ("轮数", "epoch"), ("轮", "epoch"), ("训练集", "train"), ("训练", "train"),
    ("验证集", "val"), ("验证", "val"), ("测试集", "test"), ("测试", "test"), ("损失值", "loss"),
    ("损失", "loss"), ("准确率", "accuracy"), ("正确率", "accuracy"), ("准确度", "accuracy"),
    ("精确率", "precision"), ("精确度", "precision"), ("查准率", "precision"),
    ("精度", "accuracy"), ("召回率", "recall"), ("查全率", "recall"),
    ("学习率", "learning rate"), ("最佳", "best"), ("最优", "best"), ("最好", "best"),
    ("最高", "best"), ("平均", "average"), ("当前", "current"), ("第", "the"),
    ("步数", "step"), ("步", "step"), ("模型", "model"), ("已保存", "saved"),
    ("保存", "saved"), ("新的", "new"), ("新", "new"), ("的", "of"), ("开始", "started"),
    ("结束", "finished"), ("完成", "completed"), ("值", "value"),
)  # fmt: skip
_HUMP = r"(?<=[a-z])(?=[A-Z][a-z0-9])"
_GLUED = r"(train|valid|val|test)(loss|acc|accuracy)"
_WORD = r"[^\W_]+"
_UNUSUAL = r"[^\w/@.\-]+"


class Named(NamedTuple):
    """What some words name.

    Attributes:
        base: :data:`EPOCH`, :data:`TOTAL_EPOCHS`, :data:`STEP`, one of the usual metrics such as ``loss``,
            ``acc`` or ``macro_f1``, or the empty string for a metric that keeps its own name.
        own: the name as the log writes it.
        split: ``train``, ``val`` or ``test``, the empty string where the words name none.
        best: the words speak of the best so far.
        joined: the words are one identifier, such as ``val_loss``.
        weak: it is a metric only where others are, or where a split is named.
    """

    base: str
    own: str
    split: str = ""
    best: bool = False
    joined: bool = False
    weak: bool = False

    @property
    def counts(self) -> bool:
        """Tell whether this is a counter and no metric."""
        return self.base in (EPOCH, TOTAL_EPOCHS, STEP)

    def metric(self, *, split: str = "", best: bool = False, beside_loss: bool = False) -> str:
        """Return the metric's name, with what the line says before it.

        Args:
            split: what the number is of where the words themselves do not say.
            best: the line speaks of the best so far.
            beside_loss: a loss of no split stands on the same line.
        """
        split = self.split or split
        if self.base == "learning_rate":
            return self.base
        if self.best or best:
            return self._best(split)
        if self.base == "loss":
            return f"{split or 'train'}_loss"
        if self.base == "acc":
            split = split or ("train" if beside_loss else "")
            return f"{split}_acc" if split else self.own
        if self.base:
            return f"{split}_{self.base}" if split in ("train", "test") else self.base
        return self.own if not split or self.split else f"{split}_{'_'.join(words_of(self.own))}"

    def _best(self, split: str) -> str:
        if self.base in ("acc", "top1_acc"):
            return "best_acc"
        if self.own.startswith("best"):
            return self.own
        return f"best_{split}_{self.base or self.own}" if split else f"best_{self.base or self.own}"


@lru_cache(maxsize=2048)
def named(key: str, *, structured: bool = False) -> Named | None:
    """Return what the words before a number name, None when they name nothing that is known.

    Args:
        key: the words, such as ``Validation Loss``, ``eval_accuracy`` or ``valid_0's l2``.
        structured: the words stand in a record in which each key is one, so that unknown ones are kept.
    """
    words = words_of(key)
    joined = not compiled(r"\s").search(key.strip())
    counter = _counter(words, joined)
    if counter:
        return Named(counter, counter, _split(words), joined=joined) if counter != "none" else None
    if not words or _SETTING.intersection(words):
        return None
    best = bool(_BEST.intersection(words)) or (words[0] == "max" and words[-1] in ("acc", "accuracy"))
    rest = [w for w in words if w not in _SPLITS and w not in _NEUTRAL and w not in _BEST and w != "max"]
    base = _BASES.get(" ".join(rest), "")
    if base == "cost" or (base and joined and words[-1] in _STEP):
        base = ""  # Lightning's ``train_loss_step`` beside ``train_loss_epoch``
    if base:
        return Named(base, _own(key, words, joined), _split(words), best, joined)
    if not _is_one(key, words, rest, joined, structured):
        return None
    weak = not structured and all(w in _WEAK for w in rest if names_a_metric(w))
    return Named("", _own(key, words, joined), _split(words), best, joined, weak)


@lru_cache(maxsize=2048)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, Chinese ones in English, ``valLoss`` as two."""
    if not text.isascii():
        for chinese, english in _CHINESE:
            text = text.replace(chinese, f" {english} ")
    words: list[str] = []
    for piece in compiled(_WORD).findall(text):
        for part in compiled(_HUMP).split(piece):
            glued = compiled(_GLUED).fullmatch(part.lower())
            words.extend(glued.groups() if glued else (part.lower(),))
    return tuple(words)


def is_account(text: str) -> bool:
    """Tell whether words name what is counted or timed, such as ``time`` and ``samples per second``."""
    words = words_of(text)
    return bool(words) and all(word in _ACCOUNT or word in _NEUTRAL or word in _SPLITS for word in words)


def split_named_by(text: str) -> str:
    """Return the split that a heading such as ``Validation`` or ``[Test]`` names, if it is one."""
    words = words_of(text)
    return _split(words) if words and _is_heading(words) else ""


def _is_heading(words: tuple[str, ...]) -> bool:
    return words[0] in _SPLITS or (words[-1] in _SPLITS and len(words) < 4)


def _split(words: tuple[str, ...]) -> str:
    return next((_SPLITS[word] for word in words if word in _SPLITS), "")


def _counter(words: tuple[str, ...], joined: bool) -> str:
    """Return which counter the words name; ``none`` when it is one of no interest, empty when it is none."""
    if not words or words[-1] not in _EPOCH | _STEP or any(names_a_metric(word) for word in words):
        return ""
    others = set(words[:-1])
    if words[-1] in _STEP:
        known = others <= _NEUTRAL | _SPLITS.keys() | {"num"} and "total" not in others
        return STEP if known and (words[-1] not in ("steps", "iters") or not others) else "none"
    if others & {"num", "total", "max", "number"} or (words == ("epochs",)):
        return (
            TOTAL_EPOCHS if others <= {"num", "total", "max", "number", "of", "train", "training"} else "none"
        )
    return EPOCH if others <= _NEUTRAL | _SPLITS.keys() and words[-1] != "epochs" else "none"


def _is_one(key: str, words: tuple[str, ...], rest: list[str], joined: bool, structured: bool) -> bool:
    """Tell whether words that name none of the usual metrics name another one."""
    if structured:
        return bool(rest) and not _ACCOUNT.intersection(words)
    if not rest or not names_a_metric(key) or _ACCOUNT.intersection(rest):
        return False
    if joined:
        return True
    return all(names_a_metric(word) or word in _LOSS_KINDS or word.isdigit() for word in rest)


def _own(key: str, words: tuple[str, ...], joined: bool) -> str:
    key = key.strip()
    if joined and key.isascii():
        return key if compiled(r"[_/@.\-0-9]").search(key) or not key.istitle() else key.lower()
    split = _split(words)
    known = [word for word in words if word not in _SPLITS and word not in _NEUTRAL]
    if not key.isascii() or (known and all(names_a_metric(word) or word in _LOSS_KINDS for word in known)):
        return "_".join([*([split] if split else []), *known])
    return compiled(_UNUSUAL).sub("_", key.replace("'s ", " ")).strip("_")
