"""The words of which the names of metrics are made, in English and in Chinese."""

from __future__ import annotations

from functools import lru_cache

from ..core.numbers import compiled


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _pieces(words: str) -> tuple[str, ...]:
    return tuple(words.split())


EPOCH_WORDS = _set("epoch epochs ep")
STEP_WORDS = _set("timesteps timestep step iter iters iteration it steps updates")
SPLITS = {
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
            "evaluating",
            "dev",
            "cv",
        ],
        "val",
    ),
    **dict.fromkeys(["test", "testing"], "test"),
}
BEST_WORDS = _set("best highest")
# Words that change nothing about what a number is; the fillers only where a colon ends the key: ``saved
# loss in 0.5 s`` holds no loss.
FILLERS = _set(
    "the this of on for at in with and is was are got new a our model network checkpoint ckpt weights saved "
    "saving after so far mode started starting begin beginning finished completed done end summary report "
    "dataloader"
)
NEUTRAL = FILLERS | _set(
    "avg avr average mean running current cur now final overall total epoch batch global set results result "
    "metrics value s phase info"
)
# Words for the mean of what may stand beside it: ``reward 195.0, avg reward 180.3``.
AVERAGES = _set("avg avr average mean running")
# Words for a number that is wished for or was measured before.
GOALS = _set(
    "target goal min minimum required expected baseline reference previous prev old early stopping stop "
    "until when if than from to not no tolerance tol clip warmup init initial threshold thr thresh patience"
)
# Words for a number that is a goal or a setting, and not measured.
SETTING = GOALS | _set(
    "weight scale scaler smoothing ratio decay fn function type name interval freq frequency every key mode "
    "size dim factor coef coefficient gamma alpha beta momentum schedule scheduler policy window limit delta "
    "margin port code bits bit dtype dropout lambda wd mom temperature temp tau epsilon eps beta1 beta2 "
    "betas epochs workers imgsz conf layers heads hidden lora rho nesterov augment mixup cutmix mosaic"
)
# Words that stand beside a split in a heading: ``***** Running evaluation *****``.
HEADING = _set(
    "the on for of with using and our model models network net best result results metric metrics error "
    "errors set data dataset split phase stage mode loop epoch step iteration performance report summary "
    "score scores stats statistics running run start starting begin beginning started now current final log "
    "logs info per s computing calculating measuring"
)
# Headings of settings.
CONFIGURATION = _set(
    "weights hyperparameters hyperparams hparams config configuration settings options arguments args "
    "parameters params thresholds coefficients namespace cfg conf opts opt hps hp"
)
# What is counted or timed: numbers of a record, but no metrics.
ACCOUNTING = _set(
    "time times runtime second seconds sec secs ms min mins minute hour hours eta elapsed remaining "
    "memory mem gpu cpu gb mb samples sample tokens token size count flos flops per speed throughput "
    "num n number id idx index seed version rank world port pid ts timestamp date year images "
    "instances support epoch epochs step steps iter iters iteration it wall ups wpb bsz wps ips qsize "
    "fold trial v params total duration cost length created asctime msecs clock unix lineno process "
    "thread gpus mfu fps tps qps tgs tflops toks throughput bandwidth latency delay wait data batch ram vram "
    "util usage disk power progress percent pct oom iterations lag uptime free used consumed reader cached "
    "retries episodes frames dur batches"
)
# Words for a number of things, which a metric's word behind them does not change: ``num_hits``.
_NUMBERING = _set("num n number id idx index seed version count total v year date port code")
# Words for what a loss or an accuracy is measured of: ``policy_loss``, ``token_acc``, ``step_loss``.
MEASURED_OF = ((SETTING - GOALS) | ACCOUNTING | {"value"}) - _NUMBERING - {"epoch", "epochs"}
# Words that are metrics only in the company of others: ``error: 404`` and ``hits: 3`` are none.
WEAK = _set(
    "error err hit hits return returns rel em corr entropy score scores ap ce pq pck er ter kl kld metric "
    "metrics objective fitness likelihood divergence regret cer oks ade fde"
)
TIME_UNITS = _set("s sec secs second seconds ms min minute minutes hour hours")
LOSS_KINDS = _set(
    "lm nll mlm nsp kl ce mse l1 l2 cls reg box obj dfl rpn mask seg dice bce gan g d gen disc generator "
    "discriminator actor critic policy value q adv adversarial recon reconstruction perceptual content style "
    "contrastive triplet aux distill kd smooth cross entropy crossentropy focal log huber hinge ctc iou att "
    "attention transducer surrogate"
)
_TOP = (
    "acc {0}|accuracy {0}|top {0}|top{0}|top{0} acc|top{0} accuracy|top {0} acc|top {0} accuracy|"
    "accuracy top{0}|accuracy top {0}|acc top{0}|acc{0}|prec {0}|prec{0}"
)
BASES = {
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
    ("结果", "result"), ("结束", "finished"), ("完成", "completed"), ("值", "value"),
)  # fmt: skip
_HUMP = r"(?<=[a-z][a-z])(?=[A-Z][a-z0-9])"
_GLUED = r"(train|valid|val|test)(loss|acc|accuracy)"
_WORD = r"[^\W_]+"


# Every line with a metric holds one of these, in lower case; one without a number one of the former.
HINTS_WITHOUT_NUMBER = _pieces("train epoch class iter step precision val test dev loss acc score")
HINTS = _pieces(
    "loss acc epoch train val test lr rate iter step f1 prec recall map best score auc err mse mae "
    "learn iou dice bleu rouge wer cer ppl perpl psnr ssim fid lpips rew ndcg mrr top kappa mcc sens "
    "spec elbo nll r2 inertia class corr pearson spearman jaccard pesq stoi ota meteor cider pck oks "
    "gmean brier ece eer epe hd95 bpc bpb bpd kl entropy diverg regret return hit likelihood chrf "
    "@ roc objective fitness metric kid rel ade fde fbeta fscore ap ter em pq f2 ce "
)


@lru_cache(maxsize=2048)
def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, Chinese ones in English, ``valLoss`` as two."""
    given = text
    if not text.isascii():
        for chinese, english in _CHINESE:
            text = text.replace(chinese, f" {english} ")
    words: list[str] = []
    for piece in compiled(_WORD).findall(text):
        for part in compiled(_HUMP).split(piece):
            glued = compiled(_GLUED).fullmatch(part.lower())
            words.extend(glued.groups() if glued else (part.lower(),))
    return tuple(words if given.isascii() else _unrepeated(words))


def _unrepeated(words: list[str]) -> list[str]:
    """Return words without the second name of a thing, as in ``损失 loss`` and ``学习率(lr)``."""
    words = " ".join(words).replace("learning rate lr", "learning rate").split(" ")
    return list({SPLITS.get(word) or BASES.get(word) or word: word for word in words}.values())
