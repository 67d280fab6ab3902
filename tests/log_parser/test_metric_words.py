"""Words in a metric's name that name a setting, a count or a time elsewhere."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from auto_model_monitor import LogReader

TIME = datetime(2026, 11, 20, tzinfo=timezone.utc)

QUALIFIED = (
    "token_acc step_loss train_loss_step val_loss/dataloader_idx_0 val_acc/dataloader_idx_1 ppl_per_token "
    "nll_per_char policy_loss value_loss margin_loss scale_loss train_policy_loss val_token_acc "
    "eval_token_accuracy batch_time_loss size_loss window_acc loss_per_token mask_token_accuracy "
    "delta_loss sample_f1 duration_mae speed_mae policy_loss_step memory_loss"
)
SPACED = {
    "value loss": "value_loss",
    "policy loss": "policy_loss",
    "Margin Loss": "margin_loss",
    "token accuracy": "token_accuracy",
    "Value Loss": "value_loss",
    "step loss": "step_loss",
}
NONE = (
    "loss_weight loss_scale acc_threshold target_acc min_loss loss_time acc_steps num_hits n_errors "
    "loss_samples_per_sec loss_per_second previous_loss baseline_acc token_count policy value margin "
    "step_size samples_per_second seconds_per_step tokens_per_sec value_size policy_size"
)


def metrics(line: str) -> dict[str, float]:
    return {name: float(value) for name, value in LogReader().read(line, time=TIME).own_metrics.items()}


@pytest.mark.parametrize("name", QUALIFIED.split())
@pytest.mark.parametrize("line", ["{}: 0.5", "{}=0.5", "{{'{}': 0.5, 'epoch': 1.0}}", "Epoch 1 | {} 0.5"])
def test_a_word_for_a_setting_or_a_count_in_a_metrics_name_vetoes_nothing(name: str, line: str) -> None:
    """``token_acc`` and ``policy_loss`` are metrics by their own names, in each kind of line."""
    found = metrics(line.format(name))
    found.pop("epoch", None)
    assert found == {name: 0.5}


@pytest.mark.parametrize(("key", "name"), SPACED.items())
def test_a_loss_of_two_words_is_no_training_loss(key: str, name: str) -> None:
    """``value loss: 50.8`` is the critic's and no ``train_loss``, which stands beside it."""
    assert metrics(f"{key}: 50.8") == {name: 50.8}
    assert metrics(f"step 10 | {key}: 50.8 | loss: 0.5") == {name: 50.8, "train_loss": 0.5}


@pytest.mark.parametrize("name", NONE.split())
def test_a_metrics_word_in_the_name_of_a_setting_or_a_count_makes_no_metric(name: str) -> None:
    """A weight, a goal, a time and a count stay none, whichever metric they are of."""
    assert metrics(f"{name}: 0.5") == metrics(f"{name}=0.5") == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Got new best metric of val_acc: 0.8", {"best_acc": 0.8}),
        ("Saved the model with best val_loss: 0.3", {"best_val_loss": 0.3}),
        ("Found new best eval_loss: 0.3", {"best_val_loss": 0.3}),
        ("this is the best val_f1: 0.7", {"best_val_f1": 0.7}),
        ("checkpoint saved with val_miou: 0.7", {"val_miou": 0.7}),
    ],
)
def test_a_sentence_is_never_a_name(line: str, found: dict[str, float]) -> None:
    """The metric at the end of a sentence keeps its own name, and the best so far is one of the best."""
    assert metrics(line) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("第1轮 val_acc: 0.90", {"epoch": 1, "val_acc": 0.9}),
        ("第12轮 val_acc: 0.96", {"epoch": 12, "val_acc": 0.96}),
        ("第3轮 训练损失: 0.523 验证损失: 0.612", {"epoch": 3, "train_loss": 0.523, "val_loss": 0.612}),
        ("第3轮验证准确率：0.9123", {"epoch": 3, "val_acc": 0.9123}),
        ("第3/10轮，训练损失：0.5", {"epoch": 3, "total_epochs": 10, "train_loss": 0.5}),
        ("第5轮测试损失0.4", {"epoch": 5, "test_loss": 0.4}),
    ],
)
def test_the_number_of_a_chinese_epoch_belongs_to_no_name(line: str, found: dict[str, float]) -> None:
    """``第1轮`` is the first epoch, with or without blanks around its number."""
    assert metrics(line) == found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Episode 120, reward 195.0, avg reward 180.3", {"reward": 195.0, "avg_reward": 180.3}),
        ("Episode 3: reward 5.5, mean reward 4.4", {"reward": 5.5, "mean_reward": 4.4}),
        ("loss: 0.5, average loss: 0.4", {"train_loss": 0.5, "average_loss": 0.4}),
        ("val_acc: 0.9, running val_acc: 0.8", {"val_acc": 0.9, "running_val_acc": 0.8}),
        ("mcc: 0.1 | mean mcc: 0.2", {"mcc": 0.1, "mean_mcc": 0.2}),
        ("reward 195.0 | avg_reward 180.3", {"reward": 195.0, "avg_reward": 180.3}),
        ("avg loss: 0.5", {"train_loss": 0.5}),
        ("mean IoU: 0.5", {"iou": 0.5}),
    ],
)
def test_a_mean_beside_what_it_is_of_is_a_metric_of_its_own(line: str, expected: dict[str, float]) -> None:
    """A mean has its own name where the number itself stands beside it."""
    assert metrics(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Validation Precision: 1", {"precision": 1.0}),
        ("val_precision: 0", {"precision": 0.0}),
        ("Test: precision: 1", {"test_precision": 1.0}),
        ("Precision: 1, Recall: 0.98", {"precision": 1.0, "recall": 0.98}),
        ("recall: 1, precision: 1", {"recall": 1.0, "precision": 1.0}),
        ("val_loss: 0.3 | precision: 0", {"val_loss": 0.3, "precision": 0.0}),
        ("val_acc: 100", {"val_acc": 100.0}),
        ("precision: 16", {}),
        ("train precision: 16", {}),
        ("precision=16, batch_size=32", {}),
        ("Trainer(precision=16, devices=1)", {}),
    ],
)
def test_a_whole_precision_is_a_value_where_it_is_surely_measured(
    line: str, expected: dict[str, float]
) -> None:
    """A precision of a validation or beside other metrics may be whole; alone it is the arithmetic's."""
    assert metrics(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "test fscore_macro: 0.2, test fscore_micro: 0.3",
            {"test_fscore_macro": 0.2, "test_fscore_micro": 0.3},
        ),
        ("Validation fscore_macro: 0.8", {"val_fscore_macro": 0.8}),
        ("valid balanced_accuracy: 0.8", {"val_balanced_accuracy": 0.8}),
        ("Train my_metric/f1_weighted: 0.8", {"train_my_metric/f1_weighted": 0.8}),
        ("Eval roc_auc: 0.9", {"val_roc_auc": 0.9}),
        ("Test f2_score: 0.9", {"test_f2_score": 0.9}),
    ],
)
def test_a_split_before_an_identifier_is_its_split(line: str, expected: dict[str, float]) -> None:
    """``Validation fscore_macro`` is of the validation, unless the identifier names a split itself."""
    assert metrics(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("BinaryAUROC: 0.9", {"BinaryAUROC": 0.9}),
        ("MulticlassAccuracy: 0.81", {"MulticlassAccuracy": 0.81}),
        ("Eval metrics/eval/MulticlassAccuracy: 0.81", {"metrics/eval/MulticlassAccuracy": 0.81}),
        ("MeanSquaredError: 0.2", {"MeanSquaredError": 0.2}),
        ("mean_absolute_error=0.2", {"mean_absolute_error": 0.2}),
        ("AUROC: 0.9", {"AUROC": 0.9}),
        ("val_average_precision: 0.8", {"val_average_precision": 0.8}),
        ("mean average precision: 0.8", {"mAP": 0.8}),
        ("TP = 120, FP = 31, FN = 51, thresh = 0.25, average IoU = 51.56 %", {"iou": 51.56}),
        ("Episode 120\tAverage Score: 12.31", {"score": 12.31}),
        ("Average Score: 12", {}),
        ("error: 404", {}),
    ],
)
def test_metrics_by_the_names_of_libraries_are_read(line: str, expected: dict[str, float]) -> None:
    """What torchmetrics, Keras, scikit-learn and Darknet call a metric is one."""
    assert metrics(line) == expected
