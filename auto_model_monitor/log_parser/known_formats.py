"""The formats that are known: one table, each row of which is tested on lines of its framework.

The regexes are matched with a line from which its numbers were taken out; ``#`` stands for a number. Most
formats need no row: ``key: number`` and ``key=number`` are read wherever the key names a metric. A row adds
what else is needed for a format.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from .entries import Stage

_NONE: Mapping[str, str] = MappingProxyType({})
_SAME = {name: name for name in ("learn", "best", "test", *(f"test{number}" for number in range(1, 10)))}


class KeyValueFormat(NamedTuple):
    """How the lines of one program begin, and how to read the rest.

    Attributes:
        name: whose format it is.
        needs: a text, in lower case, that every such line holds, for a quick check.
        head: a regex for the beginning; its groups ``epoch``, ``step`` and ``count`` are counters.
        split: the split of metrics whose keys name none.
        spaced: a number may follow its key after a mere space.
        averaged: of ``0.5 (0.4)`` the second is taken: the mean, where the first is of one batch.
        partial: until its counter ``n/N`` is full, the line covers a part of the data.
        bar: the line is a progress bar, which continues to show old measurements.
        structured: every key is a metric, unless it counts or times something.
        loose: as ``structured``, where others of the line are metrics beyond doubt.
        keras: of an epoch, or of an evaluation, as the lines before it decide.
        stage: the stage of such a line; None where its metrics decide.
        aliases: keys in lower case that mean something else here.
    """

    name: str
    needs: str
    head: str
    split: str = ""
    spaced: bool = False
    averaged: bool = False
    partial: bool = False
    bar: bool = False
    structured: bool = False
    loose: bool = False
    keras: bool = False
    stage: Stage | None = None
    aliases: Mapping[str, str] = _NONE


_TQDM = r"[^|]{0,300}?(?:#%)?\|[^|]{0,300}\| {0,20}(?P<count>#)(?:/\?)? \["
_TIMM_TRAIN = r"Train: {1,8}(?P<epoch>#) (?:\( {0,4}#%\) )?\[ {0,8}(?P<count>#)"
_TIMM_TEST = r"Test[\w ()-]{0,40}: {1,4}\[ {0,8}(?P<count>#)\]"
_KERAS = r"(?P<count>#)(?: \[[=>.]{1,60}\] -| [━─╸╺]{1,60}| -) ?#(?: -)?(?: #(?: -)?)? "
_ESTIMATOR = r"Saving dict for global step (?P<step>#):"
_SWIN = r"Train: \[(?P<epoch>#)\]\[ {0,8}(?P<count>#)\]"
_IMAGENET = r"Epoch: \[(?P<epoch>#)\] {0,4}\[ {0,8}(?P<count>#)\]"

KEY_VALUE_FORMATS = (
    KeyValueFormat("tqdm", "| ", _TQDM, spaced=True, bar=True),
    KeyValueFormat("timm", "train: ", _TIMM_TRAIN, "train", averaged=True),
    KeyValueFormat("Swin Transformer", "train: [", _SWIN, "train", spaced=True, averaged=True),
    KeyValueFormat("timm", "test", _TIMM_TEST, "val", spaced=True, averaged=True, partial=True),
    KeyValueFormat("PyTorch's ImageNet", "epoch: [", _IMAGENET, "train", spaced=True, averaged=True),
    KeyValueFormat("PyTorch's ImageNet", "@", r"(?:\*|Test:) {1,4}(?=\w+@)", "val", spaced=True),
    KeyValueFormat("MMEngine", "epoch(train)", r"Epoch\(train\) {1,4}\[ {0,8}(?P<epoch>#)\]", "train"),
    KeyValueFormat("MMEngine", "epoch(val)", r"Epoch\(val\) {1,4}\[ {0,8}(?P<epoch>#)\]", "val"),
    KeyValueFormat("MMEngine", "iter(train)", r"Iter\(train\) {1,4}\[ {0,8}(?P<step>#)\]", "train"),
    KeyValueFormat("MMEngine", "iter(val)", r"Iter\(val\) {1,4}\[ {0,8}#\]", "val"),
    KeyValueFormat("MMCV 1", "epoch [", r"Epoch \[(?P<epoch>#)\]\[ {0,8}(?P<count>#)\]\s", "train"),
    KeyValueFormat("Keras", " - ", _KERAS, keras=True),
    KeyValueFormat(
        "TensorFlow's Estimator", "saving dict for ", _ESTIMATOR, "val", structured=True, loose=True
    ),
    KeyValueFormat("XGBoost, LightGBM", "]\t", r"\[(?P<step>#)\]\t", structured=True),
    KeyValueFormat("CatBoost", ":\t", r"(?P<step>#):\t(?=learn|test)", stage=Stage.TRAINING, aliases=_SAME),
    KeyValueFormat(
        "Megatron-LM",
        "iteration ",
        r"iteration {1,12}(?P<step>#)/ {1,12}# \|",
        aliases={"lm loss": "train_loss"},
    ),
    KeyValueFormat(
        "scikit-learn", "iteration ", r"Iteration (?P<step>#), ", spaced=True, aliases={"inertia": "inertia"}
    ),
    KeyValueFormat("scikit-learn", "[cv", r"\[CV(?: #)?\] ", aliases={"score": "score"}),
    KeyValueFormat(  # the mean over the whole training is no loss of its last epoch
        "transformers",
        "train_runtime",
        r"\{['\"]train_runtime['\"]",
        structured=True,
        loose=True,
        stage=Stage.COMPLETED,
        aliases={"train_loss": "mean_train_loss"},
    ),
)

RECORD = KeyValueFormat("JSON or a dict", "{", r"\{", structured=True, loose=True)
PLAIN = KeyValueFormat("any other", "", "")


class SentenceFormat(NamedTuple):
    """A line that is a sentence.

    Attributes:
        name: whose it is.
        needs: a text, in lower case, that every such line holds.
        pattern: a regex for it; a group is a metric of its name. ``key`` names the metric of ``value`` or
            of ``best``.
        stage: its stage.
        repeats: it repeats, with other digits, what another line may hold.
        ahead: it may stand before the line that names its epoch.
    """

    name: str
    needs: str
    pattern: str
    stage: Stage | None = None
    repeats: bool = False
    ahead: bool = False


_KEY = r"(?P<key>[^\s'\0]{1,80})"
_REACHED = rf"Epoch (?P<epoch>#), global step (?P<step>#): '{_KEY}' reached (?P<value>[-.]{{0,2}}#)"
_NEW_BEST = rf"Metric {_KEY} improved[^\n]{{0,80}}New best score: (?P<best>[-.]{{0,2}}#)"
_NOT_IMPROVED = rf"Monitored metric {_KEY} did not improve[^\n]{{0,60}}Best score: (?P<best>[-.]{{0,2}}#)"
_IMPROVED = (
    r"(?:\[?Epoch:? \[?(?P<epoch>#)\]?[:,]? {1,4})?"
    r"(?P<key>(?:validation|valid|val|eval|dev|test)[ _][\w ]{1,40}?)"
    r" (?:has )?(?:decreased|increased|improved) \("
    r"[-.\w]{0,8}#?%? {0,2}(?:-{1,4}>|=>|→) {0,2}(?P<best>[-.]{0,2}#)%?\)"
)
_LEARNING_RATE = (
    r"(?:Epoch (?P<epoch>#): )?\w{0,40} ?(?:reducing|setting) learning rate to (?P<learning_rate>#)"
)
_ACCURACY_OF = (
    r"(?:\w{1,12} )?Accuracy of the (?:network|model) on the (?:# )?(?P<split>test|validation|val|train)"
    r"[ \w]{0,20}: (?P<acc>#) ?%"
)
_AT_ITERATION = r"(?:-+ )?validation loss at iteration (?P<step>#)[^|]{0,40}\| lm loss value: (?P<val_loss>#)"
# Boxes of reinforcement learning: Stable-Baselines3's and Spinning Up's.
_ROW = r"\| {1,40}(?P<key>[\w/]{1,60}) {1,60}\| {1,40}(?P<value>[-.]{0,2}#) {1,60}\|\s{0,40}\Z"
_TRIAL = (
    r"(?:\[[A-Z] [^\]\n]{1,40}\] )?Trial (?P<step>#) (?:finished with value: (?P<objective>[-.]{0,2}#)"
    r"(?: and parameters: \{[^}\n]{0,2000}\})?(?:[^\n]{0,40}Best is trial # "
    r"with value: (?P<best_objective>[-.]{0,2}#))?"
    r"|finished with values: )"
)
_MARIAN = (
    r"Ep\. (?P<epoch>#) : Up\. (?P<step>#) : Sen\. [^:\n]{1,40} : Cost (?P<train_loss>#)"
    r"(?:[^\n]{0,200}L\.r\. (?P<learning_rate>#))?"
)
_DARKNET = r"(?P<step>#): #, (?P<train_loss>#) avg loss, (?P<learning_rate>#) rate"
_DICE = r"(?:np\.float\d\d\()?(?P<val_dice{}>#)\)?"
_DICES = (
    r"Pseudo dice \[" + _DICE.format("_1") + "".join(f"(?:, {_DICE.format(f'_{n}')})?" for n in range(2, 17))
)
_OGB = (
    r"(?:Highest Train: (?P<best_train>#)|Highest Valid: (?P<best_val>#)|Final Train: (?P<final_train>#)"
    r"|Final Test: (?P<final_test>#))"
)
_COSINE = (
    r"(?P<key>Accuracy|F1|Precision|Recall) with [\w-]{0,40}(?:Similarity|Distance|Dot[\w-]{0,20})"
    r": {1,4}(?P<value>#)"
)
_COSINE_AP = (
    r"Average Precision with [\w-]{0,40}(?:Similarity|Distance|Dot[\w-]{0,20})"
    r": {1,4}(?P<average_precision>#)"
)

SENTENCE_FORMATS = (
    SentenceFormat("Lightning", "' reached ", _REACHED, Stage.EPOCH_END, repeats=True),
    SentenceFormat("Lightning", "new best score: ", _NEW_BEST, Stage.EPOCH_END, ahead=True),
    SentenceFormat("Lightning", " best score: ", _NOT_IMPROVED, Stage.EPOCH_END, ahead=True),
    SentenceFormat("early stopping", "ed (", _IMPROVED, Stage.EPOCH_END),
    SentenceFormat("Keras", "ing learning rate to ", _LEARNING_RATE),
    SentenceFormat(
        "MMEngine",
        "best checkpoint with ",
        rf"The best checkpoint with (?P<best>#) {_KEY} at # ",
        Stage.EPOCH_END,
    ),
    SentenceFormat("timm", "*** best metric: ", r"\*{3} Best metric: (?P<best_metric>#)", Stage.EPOCH_END),
    SentenceFormat("PyTorch's tutorial", "accuracy of the ", _ACCURACY_OF),
    SentenceFormat("Megatron-LM", "validation loss at iteration ", _AT_ITERATION, Stage.VALIDATION),
    SentenceFormat(
        "Ultralytics", "starting training for ", r"Starting training for (?P<total_epochs>#) epochs"
    ),
    SentenceFormat("Ultralytics", " epochs completed in ", r"# epochs completed in #", Stage.COMPLETED),
    SentenceFormat("Stable-Baselines3, Spinning Up", " |", _ROW),
    SentenceFormat("Optuna", " finished with value", _TRIAL),
    SentenceFormat("Marian", " : up. ", _MARIAN, Stage.TRAINING),
    SentenceFormat("Darknet", " avg loss, ", _DARKNET, Stage.TRAINING),
    SentenceFormat(
        "Darknet", "mean average precision (map@", r"mean average precision \(mAP@[0-9.]{1,8}\) = (?P<mAP>#)"
    ),
    SentenceFormat("Darknet", " loss, normalizer: ", r"v[0-9] \(\w+ loss, Normalizer: "),
    SentenceFormat("OGB", ": ", _OGB, Stage.EPOCH_END),
    SentenceFormat("sentence-transformers", " with ", _COSINE, Stage.VALIDATION),
    SentenceFormat("sentence-transformers", " with ", _COSINE_AP, Stage.VALIDATION),
    SentenceFormat(
        "information retrieval", "@", r"(?P<key>(?:P|R|MRR|NDCG|MAP|Hit)@\d{1,4})\t(?P<value>#)\Z"
    ),
    SentenceFormat(
        "AutoGluon", "= validation score", r"(?P<val_score>-?#)\s{1,20}= Validation score", Stage.VALIDATION
    ),
    SentenceFormat("nnU-Net", "pseudo dice [", rf"Pseudo dice \[{_DICE.format('')}\]", Stage.VALIDATION),
    SentenceFormat("nnU-Net", "pseudo dice [", _DICES, Stage.VALIDATION),
    SentenceFormat(
        "TF Estimator", "for final step: ", r"Loss for final step: (?P<train_loss>#)", Stage.TRAINING
    ),
    SentenceFormat("CatBoost", "besttest = ", r"bestTest = (?P<best_test>[-.]{0,2}#)", Stage.EPOCH_END),
    SentenceFormat(
        "nnU-Net",
        "best ema pseudo dice",
        r"Yayy! New best EMA pseudo Dice: (?P<best_dice>#)",
        Stage.EPOCH_END,
    ),
    SentenceFormat(
        "PaddleDetection",
        "best ",
        r"Best (?P<key>(?:test|val|validation) [a-z ]{2,40}) is (?P<best>-?#)\.?\Z",
    ),
)

#: Beginnings of lines, in lower case, of a training that is over.
COMPLETED = (
    r"(?:the |model )?training (?:is |was |has |run |job |process )?(?:been |now )?"
    r"(?:complete|completed|finished|done|ended)\b(?! (?:of|for) epoch)",
    r"(?:finished|completed|done) training\b(?! (?:of |for )?epoch)",
    r"`trainer\.fit` stopped",
    r"训练(?:过程)?(?:已|全部|已全部)?(?:完成|结束)",
)
#: A line that only announces the begin of an epoch, and the words for its end.
STARTED = (
    r"(?:start(?:ing|ed)?(?: training)?(?: of| for)? |begin(?:ning)? |training |第)?(?:epoch)?[^\w#\n]{0,12}#"
    r"(?:[^\w#\n]{0,4}(?:/|of)[^\w#\n]{0,4}#)?[^\w#\n]{0,4}轮?[^\w#\n]{0,4}"
    r"(?:started|starting|starts|start|begins|开始)?[^\w#\n]{0,80}\Z"
)
ENDED = r"\b(?:finished|completed|complete|done|ended|took|end of)\b|结束|完成"
