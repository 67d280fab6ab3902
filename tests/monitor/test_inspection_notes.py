"""What an inspection and a watch remark on a metric that is missing, unnamed or rounded away."""

import pytest

from auto_model_monitor import DefaultParser
from auto_model_monitor.core.readings import Reading
from auto_model_monitor.monitor import inspect_directory
from auto_model_monitor.monitor.checks.rounding_check import rounding_hint


def notes(folder, names, metric=None):
    for name in names:
        (folder / name).touch()
    return " ".join(inspect_directory(str(folder), DefaultParser(metric)).notes)


@pytest.mark.parametrize("asked", ["val_los", "vall_loss", "val_losss", "vl_loss", "validloss"])
def test_a_wrong_metric_is_reported_with_those_that_are_there(tmp_path, asked):
    """A metric that no name holds is named, beside those that the names hold."""
    text = notes(tmp_path, ["epoch_1_val_loss_0.3_val_acc_0.9.pt"], asked)
    assert f"no metric {asked}; these names hold val_loss, val_acc" in text


@pytest.mark.parametrize(
    "name", ["05-0.31.keras", "weights.05-0.31.hdf5", "model-05-0.31.h5", "cp-05-0.31.ckpt", "ckpt_0.31_5.pt"]
)
def test_a_score_without_a_name_is_asked_for(tmp_path, name):
    """Where the number has no name, the note shows how to write the name, or to give a pattern."""
    text = notes(tmp_path, [name], "val_loss")
    assert "holds 0.31 without a name" in text
    assert "--pattern '" in text


@pytest.mark.parametrize("written", ["0.0", "0.00", "0.000", "0.0000", ".00"])
@pytest.mark.parametrize(("metric", "hinted"), [("val_loss", True), ("val_acc", False)])
def test_a_loss_that_is_rounded_away_gets_a_hint(written, metric, hinted):
    """A loss of zero in the name's digits is questioned; an accuracy of zero may be meant."""
    reading = Reading(metric=metric, value=0.0, name=f"epoch=1-{metric}={written}.ckpt")
    assert (f"{{{metric}:.6f}}" in rounding_hint([reading])) is hinted
