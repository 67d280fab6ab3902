"""How messages name the Slurm job that they come from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from auto_model_monitor import Alert, AlertKind, Comparison, Level, Reading
from auto_model_monitor.core.slurm_job import SlurmJob, slurm_job
from auto_model_monitor.rendering import Renderer
from tests.event_alerts import ALL, TIME

JOB = SlurmJob(id="4410872", name="bert", node="gpu-07", partition="a100")
LINES = {
    "en": "Slurm job: 4410872 (bert), node gpu-07, partition a100",
    "zh": "Slurm 作业：4410872（bert），节点 gpu-07，分区 a100",
}
HIT = Alert(
    rule="r",
    time=TIME,
    reading=Reading(metric="val_loss", value=0.003, name="epoch_1_val_loss_0.003.pt"),
    comparison=Comparison.LOWER,
    threshold=0.004,
)
COMMAND = Alert(
    rule="end", time=TIME, kind=AlertKind.FINISHED, details={"command": "python t.py", "name": "t.py"}
)
EVERY = {**ALL, "hit": HIT, "of a model": replace(HIT, model="m"), "command": COMMAND}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("alert", EVERY.values(), ids=EVERY)
def test_every_message_names_job_node_and_partition_in_one_line(alert: Alert, language: str):
    """Inside a job each kind of message has one line about it, and outside none."""
    inside = Renderer(language=language, job=JOB).render(alert)  # type: ignore[arg-type]
    assert inside.text.splitlines().count(LINES[language]) == 1
    assert "gpu-07" in inside.html
    assert inside.facts["job_id"] == "4410872"
    assert "Slurm" not in Renderer(language=language).render(alert).text  # type: ignore[arg-type]


def test_one_message_about_several_alerts_names_it_once():
    """A look's message has the line once."""
    text = Renderer(language="en", job=JOB).render_look([HIT, replace(HIT, rule="s")]).text
    assert text.count(LINES["en"]) == 1


@pytest.mark.parametrize(
    ("job", "line"),
    [
        (SlurmJob(id="7"), "Slurm job: 7"),
        (SlurmJob(id="7", node="n1"), "Slurm job: 7, node n1"),
        (SlurmJob(id="7", name="a\n<b>"), "Slurm job: 7 (a\ufffd<b>)"),
    ],
)
def test_what_is_not_known_is_left_out_and_a_name_stays_in_its_line(job: SlurmJob, line: str):
    """An unknown node or partition leaves no trace, and a job's name cannot begin a line or a tag."""
    message = Renderer(language="en", job=job).render(COMMAND)
    assert line in message.text.splitlines()
    assert "<b>" not in message.html


@pytest.mark.parametrize(
    ("details", "english", "chinese"),
    [
        ({"left_seconds": 299.6}, "t.py has 5 min left", "t.py 还剩 5 分钟"),
        ({}, "t.py is about to reach its time limit", "t.py 即将达到时限"),
    ],
)
def test_the_time_that_is_left_is_a_figure_where_it_is_known(details, english, chinese):
    """The message before a time limit names the minutes, or none where Slurm does not say when it ends."""
    alert = replace(
        COMMAND, kind=AlertKind.TIME_SHORT, level=Level.WARNING, details={**COMMAND.details, **details}
    )
    for language, sentence in (("en", english), ("zh", chinese)):
        message = Renderer(language=language, job=JOB).render(alert)  # type: ignore[arg-type]
        assert sentence in message.subject
        assert message.text.startswith(sentence)


def test_the_job_is_read_from_what_slurm_sets():
    """The variables of a job are read; without a number of a job there is none, and a wrong end is none."""
    variables = {
        "SLURM_JOB_ID": "4410872",
        "SLURM_JOB_NAME": "bert",
        "SLURMD_NODENAME": "gpu-07",
        "SLURM_JOB_PARTITION": "a100",
    }
    assert slurm_job(variables) == JOB
    assert slurm_job({**variables, "SLURM_JOB_END_TIME": "1780000000"}) == replace(JOB, ends=1780000000.0)
    assert slurm_job({**variables, "SLURM_JOB_END_TIME": "Unknown"}) == JOB
    assert slurm_job({"SLURM_JOB_NAME": "bert"}) is None
