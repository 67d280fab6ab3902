"""DefaultParser: the names that frameworks write, and a pattern for those that none writes."""

import contextlib
import math

import pytest

from auto_model_monitor import ConfigError, CustomParser, DefaultParser, ParseError
from auto_model_monitor.parsers import suggest_pattern

READ = [
    # a project's own spelling: score, then step
    ("ckpt_0.000750_12000.pt", "score", 0.00075, None, 12000),
    ("checkpoint_1e-05_7.pt", "score", 1e-05, None, 7),
    # Lightning
    ("epoch=2-val_loss=0.12.ckpt", "val_loss", 0.12, 2, None),
    ("epoch=2-val_loss=0.12-v1.ckpt", "val_loss", 0.12, 2, None),
    ("epoch=2-val_loss=1.25e-05.ckpt", "val_loss", 1.25e-05, 2, None),
    ("epoch=2-step=40-val_loss=-0.12.ckpt", "val_loss", -0.12, 2, 40),
    ("epoch=2-val/loss=0.12.ckpt", "val/loss", 0.12, 2, None),
    ("epoch=2-my/thing/loss=0.12.ckpt", "my/thing/loss", 0.12, 2, None),
    ("runs/epoch=2-validation_loss=0.12.ckpt", "validation_loss", 0.12, 2, None),
    ("epoch=3-recall@10=0.5.ckpt", "recall@10", 0.5, 3, None),
    ("epoch=3-optimizer=adam-val_loss=0.5.ckpt", "val_loss", 0.5, 3, None),
    ("epoch=3-lr=0.001-custom=0.5.ckpt", "custom", 0.5, 3, None),
    # Keras
    ("05-0.31.keras", "score", 0.31, 5, None),
    ("05-0.31.weights.h5", "score", 0.31, 5, None),
    ("weights.05-1.25e-05.hdf5", "score", 1.25e-05, 5, None),
    ("weights-improvement-05-0.31.hdf5", "score", 0.31, 5, None),
    # ignite and MONAI
    ("best_model_12_val_acc=0.9300.pt", "val_acc", 0.93, None, 12),
    ("best_model_9_accuracy=0.77.pt", "accuracy", 0.77, None, 9),
    ("checkpoint_neg_val_loss=-0.1234.pt", "val_loss", 0.1234, None, None),
    ("best_model_5_neg_loss=-0.5.pt", "loss", 0.5, None, 5),
    ("checkpoint_key_metric=0.9387.pt", "key_metric", 0.9387, None, None),
    # fairseq: the fourth decimal is drawn at random
    ("checkpoint.best_loss_3.1402.pt", "loss", 3.140, None, None),
    ("checkpoint.best_bleu_35.1239.pt", "bleu", 35.123, None, None),
    # NeMo
    ("megatron_gpt--val_loss=2.34-step=1000-consumed_samples=8000.0", "val_loss", 2.34, None, 1000),
    ("megatron_gpt--val_loss=2.34-step=1000-consumed_samples=8000.0-last", "val_loss", 2.34, None, 1000),
    # what people write
    ("epoch_10_val_loss_0.003.pt", "val_loss", 0.003, 10, None),
    ("epoch10-loss0.53.pth", "loss", 0.53, 10, None),
    ("epoch_12_val_loss_-0.5.pt", "val_loss", -0.5, 12, None),
    ("model_epoch_3_top1_76.3.pth.tar", "top1", 76.3, 3, None),
    ("epoch_3_mAP50-95_0.41.pt", "mAP50-95", 0.41, 3, None),
    ("resnet50_f1_0.83.pt", "f1", 0.83, None, None),
    ("val_acc_95.pt", "val_acc", 95.0, None, None),
    ("val_loss_inf.pt", "val_loss", math.inf, None, None),
]

_NOTHING = """
checkpoint-500 epoch_12.pth best.pt last.ckpt last-v1.ckpt best_coco_bbox_mAP_epoch_12.pth model_0004999.pth
rl_model_10000_steps.zip model-00001-of-00002.safetensors lr_0.001.pt resnet50.pt missing=0.ckpt
val_loss=0.ckpt
2024-05-01_12-30.pt 2024-05-01.pt 20240501-123000.pt v1.2.3 model_v1.2.3.pt torch=2.1.0.pt
events.out.tfevents.1712.host lr=0.001.ckpt wd=0.1.pt weight_decay=0.01.pt dropout_0.5.pt bs=32 seed=1 fold=3
epoch=9-step=500.ckpt checkpoint_5_1200.pt checkpoint_epoch=1.pt
checkpoint_final_iteration=1000.pt
30000-checkpoint-94.pt hpc_ckpt_3.ckpt on_exception.ckpt latest.weights.h5 checkpoint.model.keras
checkpoint_last-shard0.pt checkpoint_best.pt checkpoint-10.pth.tar model_best.pth.tar
recovery-3-100.pth.tar
epoch3.pt iter_4000.pth iter_0000500 mp_rank_00 model_final.pth checkpoint_0 step-100 best_model.zip
model_3.pth
CKPT+2024-05-01+12-30-11+00 best_loss_12.pth mobilenet_0.5_224.pth Qwen2.5-0.5B opt-1.3b llama-2-7b
yolov8n.pt
loss.pt acc1.pt top1.pt f1.pt model-1.0.pt val_loss=0.5/best.ckpt . .. - _ = ==
"""
NOTHING = _NOTHING.split()

# A number that belongs to the metric's name, and where a score follows it.
OF_THE_NAME = [
    ("best_coco_bbox_mAP_50_epoch_12.pth", None),
    ("best_bbox_mAP_50_epoch_3.pth", None),
    ("best_coco_segm_mAP_75_iter_4000.pth", None),
    ("best_PCK_0.05_epoch_3.pth", None),
    ("best_mAP_0.50_epoch_30.pth", None),
    ("best_mAP_0.25_epoch_30.pth", None),
    ("model_bleu_4_epoch_12.pt", None),
    ("AP_50.pt", None),
    ("val_AP_75.pt", None),
    ("ndcg_10.pt", None),
    ("recall_20_epoch_3.pt", None),
    ("bleu_4.pt", None),
    ("rouge_1_step_500.pt", None),
    ("hits_10_52.pt", None),
    ("mAP_50-95.pt", None),
    ("val_precision_5_0.81.pt", ("val_precision_5", 0.81)),
    ("ndcg_10_0.43.pt", ("ndcg_10", 0.43)),
    ("epoch_3_hits_1_0.52.pt", ("hits_1", 0.52)),
    ("bleu_4_35.2.pt", ("bleu_4", 35.2)),
    ("epoch_7_acc_5_0.931.pt", ("acc_5", 0.931)),
    ("recall_10_epoch_3_val_loss_0.31.pt", ("val_loss", 0.31)),
    ("epoch=3-AP_50=0.41.ckpt", ("AP_50", 0.41)),
    ("epoch_7_mAP_0.75.pt", ("mAP", 0.75)),
    ("val_acc_95_0.31.pt", ("val_acc", 95.0)),
    ("mAP_50-95_0.41.pt", ("mAP_50-95", 0.41)),
    ("epoch_3_mAP_50_95_0.41.pt", ("mAP_50_95", 0.41)),
    ("acc_top_5_0.93.pt", ("acc_top_5", 0.93)),
    ("test_acc_top_1_0.7_epoch_4.pt", ("test_acc_top_1", 0.7)),
    ("F_1_0.83.pt", ("F_1", 0.83)),
    ("best_val_f_1_0.83.pt", ("val_f_1", 0.83)),
    ("hd_95_3.2.pt", ("hd_95", 3.2)),
    ("best_val_f_1_epoch_3.pt", None),
    ("desktop_5_0.3.pt", None),
    ("bleu_35.pt", ("bleu", 35.0)),
    ("mAP_63.pt", ("mAP", 63.0)),
]


@pytest.mark.parametrize(("name", "score"), OF_THE_NAME)
@pytest.mark.parametrize("others", [0, 3])
def test_a_number_of_the_metric_s_name_is_not_its_score(name, score, others):
    """A rank, a threshold or an n-gram's length is no score, also after many names of a similar shape."""
    parser = DefaultParser()
    for number in range(others):
        for other in (name.replace("50", f"6{number}"), name.replace("10", f"1{number + 1}")):
            with contextlib.suppress(ParseError):
                parser.readings(other)
    found = [(reading.metric, reading.value) for reading in parser.readings(name)]
    assert found == ([] if score is None else [score])


@pytest.mark.parametrize("name", ["yolov5s_epoch20_mAP0.5_0.87.pt", "mAP_0.5_0.87.pt", "PCK_0.05_0.91.pt"])
def test_a_threshold_of_the_metric_s_name_is_never_the_score(name):
    """The threshold in a metric's name is not read, whether or not the score behind it is."""
    assert DefaultParser().score(name) in (None, 0.87, 0.91)


@pytest.mark.parametrize(("name", "metric", "value", "epoch", "step"), READ)
def test_the_score_is_read_and_named(name, metric, value, epoch, step):
    """The names that frameworks and people write yield the score, the metric's name and the counters."""
    parser = DefaultParser()
    (reading,) = parser.readings(name, "/p")
    assert (reading.metric, reading.value, reading.epoch, reading.step) == (metric, value, epoch, step)
    assert (reading.name, reading.path) == (name, "/p")
    assert parser.score(name) == value
    assert parser.parse(name) == (value, name)


@pytest.mark.parametrize(
    "name", ["epoch=2-val_loss=nan.ckpt", "05-nan.keras", "ckpt_nan_100.pt", "val_loss_NaN.pt"]
)
def test_a_score_that_became_nan_is_read(name):
    """NaN is a score, so that it can make an alert."""
    assert math.isnan(DefaultParser().score(name))


@pytest.mark.parametrize("name", [*NOTHING, ""])
def test_a_name_without_a_score_yields_nothing(name):
    """Steps, epochs, dates, versions, sizes and settings are no scores."""
    parser = DefaultParser()
    assert parser.score(name) is None
    assert parser.parse(name) == (None, None)
    assert parser.readings(name) == ()


@pytest.mark.parametrize("name", NOTHING)
def test_a_metric_that_a_name_does_not_have_yields_nothing(name):
    """To name a metric does not make a score of an epoch or a setting."""
    assert DefaultParser("val_f9").score(name) is None


def test_several_metrics_are_listed_with_how_to_choose():
    """Of two metrics none is guessed: the error lists them and shows the line to write."""
    with pytest.raises(ParseError) as caught:
        DefaultParser().score("epoch_10_val_loss_0.003_acc_0.95.pt")
    for part in ("val_loss, acc", "DefaultParser(metric='val_loss')", "--metric val_loss"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("metric", "name", "readings"),
    [
        ("val_loss", "epoch_10_val_loss_0.003_acc_0.95.pt", [("val_loss", 0.003), ("acc", 0.95)]),
        ("acc", "epoch_10_val_loss_0.003_acc_0.95.pt", [("acc", 0.95), ("val_loss", 0.003)]),
        ("loss", "epoch_10_val_loss_0.003_acc_0.95.pt", [("loss", 0.003), ("acc", 0.95)]),
        ("loss", "x_loss_0.5_val_loss_0.3.pt", [("loss", 0.5), ("val_loss", 0.3)]),
        ("Val_Loss", "val_loss=0.5.ckpt", [("Val_Loss", 0.5)]),
        ("val/loss", "epoch=2-val/loss=0.12.ckpt", [("val/loss", 0.12)]),
        ("val_loss", "epoch=2-val/loss=0.12.ckpt", [("val_loss", 0.12)]),
        ("lr", "lr=0.1.pt", [("lr", 0.1)]),
        ("foo", "foo_12.pt", [("foo", 12.0)]),
        ("missing", "missing=0.ckpt", [("missing", 0.0)]),
        ("val_loss", "05-0.31.keras", []),
        ("val_loss", "ckpt_0.5_100.pt", []),
        ("score", "ckpt_0.5_100.pt", [("score", 0.5)]),
        ("loss", "checkpoint.best_loss_3.1402.pt", [("loss", 3.140)]),
        ("val_loss", "val_loss=0.ckpt", []),
        ("loss", "val_acc_0.5.pt", []),
        ("val_loss", "best_model_3_val_loss=-0.12.pt", [("val_loss", -0.12)]),
        ("-val_loss", "best_model_3_val_loss=-0.12.pt", [("val_loss", 0.12)]),
        ("neg_val_loss", "checkpoint_neg_val_loss=-0.1234.pt", [("neg_val_loss", -0.1234)]),
        ("val_loss", "checkpoint_neg_val_loss=-0.1234.pt", [("val_loss", 0.1234)]),
        ("-val_loss", "checkpoint_neg_val_loss=-0.1234.pt", [("val_loss", 0.1234)]),
        ("acc", "a_acc=0.5-val_loss=1.2.3", [("acc", 0.5)]),
    ],
)
def test_a_named_metric_comes_first(metric, name, readings):
    """The metric that was asked for is the score, under the name it was asked for by; the others follow."""
    parser = DefaultParser(metric)
    assert [(reading.metric, reading.value) for reading in parser.readings(name)] == readings
    assert parser.score(name) == (readings[0][1] if readings else None)
    assert parser.metric == metric.lstrip("-")
    assert not parser.columnar


def test_an_ending_that_fits_two_metrics_chooses_none():
    """``loss`` is not enough where train_loss and val_loss both end so."""
    with pytest.raises(ParseError, match="train_loss, val_loss"):
        DefaultParser("loss").score("train_loss=0.3-val_loss=0.2.ckpt")


def test_a_negative_loss_as_ignite_writes_it_is_not_guessed():
    """A loss below zero that may have been negated is an error that explains both and how to choose."""
    with pytest.raises(ParseError, match="below zero") as caught:
        DefaultParser().score("best_model_3_val_loss=-0.12.pt")
    assert "metric='val_loss'" in str(caught.value)
    assert "metric='-val_loss'" in str(caught.value)


@pytest.mark.parametrize(
    "name", ["val_loss=1.2.3.ckpt", "val_loss_1.2.3.pt", "epoch=1-val_loss=None.ckpt", "acc=0.5x.pt"]
)
def test_what_is_no_number_is_an_error_that_shows_it(name):
    """Where a known metric should have its number, anything else is an error that shows what was got."""
    with pytest.raises(ParseError, match="expected a number for"):
        DefaultParser().score(name)


@pytest.mark.parametrize("metric", ["", "-", "=", 3, b"loss"])
def test_a_metric_that_is_no_name_is_a_config_error(metric):
    """A metric's name is a text with a letter."""
    with pytest.raises(ConfigError, match="metric: expected"):
        DefaultParser(metric)


def test_a_subclass_keeps_the_parse_it_wrote():
    """A parse of one's own is used for scores and readings."""

    class Percent(DefaultParser):
        def parse(self, filename):
            value, name = super().parse(filename)
            return (None, None) if value is None else (value / 100, name)

    assert Percent().score("val_acc_95.pt") == 0.95
    assert [reading.value for reading in Percent().readings("val_acc_95.pt")] == [0.95]


@pytest.mark.parametrize(
    ("names", "metric", "pattern"),
    [
        (
            ["epoch_10_val_loss_0.003_acc_0.95.pt", "epoch_11_val_loss_0.002_acc_0.96.pt", "best.pt"],
            None,
            "epoch_(?P<epoch>[0-9]+)_val_loss_([0-9.]+)",
        ),
        (
            ["epoch_10_val_loss_0.003_acc_0.95.pt"],
            "acc",
            r"epoch_(?P<epoch>[0-9]+)_val_loss_[0-9]+\.[0-9]+_acc_([0-9.]+)",
        ),
        (
            ["epoch=1-val_loss=0.3.ckpt", "epoch=2-val_loss=0.2-v1.ckpt"],
            None,
            "epoch=(?P<epoch>[0-9]+)-val_loss=([0-9.]+)",
        ),
        (["run_a_foo_0.5.pt", "run_a_foo_0.4.pt"], None, "run_a_foo_([0-9.]+)"),
        (["ckpt_0.01_100.pt"], None, "ckpt_([0-9.]+)_(?P<step>[0-9]+)"),
        (["05-0.31.keras", "12-0.30.keras"], None, "(?P<epoch>[0-9]+)-([0-9.]+)"),
        (["weights.05-0.31.hdf5"], None, r"weights\.(?P<epoch>[0-9]+)-([0-9.]+)"),
        (["best.pt", "epoch_12.pth", "lr_0.001.pt", "", ".hidden_loss_0.5"], None, None),
        ([], None, None),
    ],
)
def test_a_pattern_is_suggested_that_reads_the_names(names, metric, pattern):
    """The suggested pattern reads most of the names; where there is no score there is no pattern."""
    assert suggest_pattern(names, metric) == pattern
    if pattern is not None:
        scores = [CustomParser(pattern).score(name) for name in names]
        assert sum(score is not None for score in scores) * 2 > len(names)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("epoch_10_val_loss_0.003_acc_0.95.pt", "several metrics: val_loss, acc"),
        ("train_loss=0.3-val_loss=0.2.ckpt", "several metrics: train_loss, val_loss"),
        ("best_model_3_val_loss=-0.12.pt", "below zero"),
        ("val_loss=1.2.3.ckpt", "expected a number for val_loss"),
        ("epoch=1-val_loss=None.ckpt", "expected a number for val_loss"),
    ],
)
def test_parse_keeps_the_contract_of_version_0_2(name, reason, caplog):
    """parse() returns (None, None) where it cannot choose or read, and the log has the reason, once."""
    parser = DefaultParser()
    assert [parser.parse(name), parser.parse(name)] == [(None, None)] * 2
    (record,) = (record for record in caplog.records if record.levelname == "WARNING")
    assert reason in record.getMessage()
    with pytest.raises(ParseError, match=reason):
        parser.score(name)


def test_what_cannot_be_encoded_is_in_no_error():
    """A metric with half a surrogate pair, of a name that is no UTF-8, stands in no text of an error."""
    with pytest.raises(ParseError) as refused:
        DefaultParser().score("acc--\udf0b模型½=lr")
    assert str(refused.value).encode()
