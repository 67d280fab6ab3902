"""A handler on a training's logger, which is a source for a monitor."""

from __future__ import annotations

import logging
import logging.config
import os
import pickle
import threading
from datetime import datetime, timezone
from pathlib import Path

import pytest

from auto_model_monitor import (
    ConfigError,
    LogEntry,
    LogPattern,
    Monitor,
    Reading,
    Stage,
    TrainingLogHandler,
    parse_rule,
)
from tests.fakes import FakeClock, RecordingNotifier


@pytest.fixture
def handler() -> TrainingLogHandler:
    return TrainingLogHandler(name="night 3", clock=FakeClock())


@pytest.fixture
def logger(handler: TrainingLogHandler) -> logging.Logger:
    logger = logging.Logger("a_training", logging.INFO)  # no other handler sees what it logs
    logger.addHandler(handler)
    return logger


def values(handler: TrainingLogHandler, metric: str | None = None) -> list[float]:
    return [reading.value for reading in handler.read() if metric in (None, reading.metric)]


def test_what_is_logged_becomes_readings(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """Numbers come out with epoch, step and the log's name, whether formatted in or written as they are."""
    logger.info("Epoch [%d/%d] started", 3, 10)
    logger.info("Train Loss: %.4f, Train Accuracy: %.2f%%", 0.5234, 82.45)
    logger.warning("Validation Loss: 0.6123, Validation Accuracy: 78.92%")
    logger.info("{'loss': 0.5, 'step': 120}")
    assert [(r.metric, r.value, r.name, r.epoch, r.step) for r in handler.read()] == [
        ("train_loss", 0.5234, "night 3", 3, None),
        ("train_acc", 82.45, "night 3", 3, None),
        ("val_loss", 0.6123, "night 3", 3, None),
        ("val_acc", 78.92, "night 3", 3, None),
        ("train_loss", 0.5, "night 3", 3, 120),
    ]
    assert len(handler.read()) == 0


def test_a_batch_knows_what_its_score_is(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """Where a rule names no metric, the loss of the validation is meant, and the batch is one of a log."""
    logger.info("lr: 0.1, train loss: 0.5, val loss: 0.6, val acc: 0.7")
    batch = handler.read()
    assert (batch.is_log, batch.score, batch.new_run) == (True, "val_loss", False)


@pytest.mark.parametrize(
    "arguments",
    [
        ("val_loss: %d %d", 1),
        ("val_loss: %d", "x"),
        ("val_loss: %(a)s", 1),
        ("val_loss: %q", 0.5),
        ("%s %s", ("val_loss",)),
    ],
)
def test_a_record_that_cannot_be_formatted_harms_nothing(
    handler: TrainingLogHandler,
    logger: logging.Logger,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[object, ...],
) -> None:
    """Arguments that do not fit are counted and make one warning, and nothing is printed."""
    logger.info(*arguments)
    logger.info(*arguments)
    logger.info("val_loss: 0.5")
    assert values(handler) == [0.5]
    handler.read()
    assert handler.faults == 2
    assert len([r for r in caplog.records if "night 3: a record could not be read" in r.getMessage()]) == 1
    assert capsys.readouterr() == ("", "")


class Unprintable:
    """What a training may log, and what fails when it is to be put into words."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __str__(self) -> str:
        raise self.error


@pytest.mark.parametrize(
    "error", [ValueError("no"), RecursionError(), MemoryError(), SystemExit(3), KeyError()]
)
def test_an_object_that_cannot_be_printed_harms_nothing(error: BaseException) -> None:
    """Whatever an object's words raise stays within the handler, in a thread of the training as well."""
    handler = TrainingLogHandler()
    record = logging.LogRecord("t", logging.INFO, "f", 1, "%s", (Unprintable(error),), None)
    thread = threading.Thread(target=handler.handle, args=(record,))
    thread.start()
    thread.join()
    if isinstance(error, Exception):
        handler.handle(record)
        handler.handle(logging.makeLogRecord({"msg": Unprintable(error)}))
    assert handler.faults == (3 if isinstance(error, Exception) else 1)


def test_ctrl_c_is_the_program_s() -> None:
    """An interrupt in the midst of a logging call reaches the training."""
    record = logging.LogRecord("t", logging.INFO, "f", 1, "%s", (Unprintable(KeyboardInterrupt()),), None)
    with pytest.raises(KeyboardInterrupt):
        TrainingLogHandler().handle(record)


def test_an_object_that_logs_while_it_is_printed_comes_through(
    handler: TrainingLogHandler, logger: logging.Logger
) -> None:
    """Logging within logging is read in its order and locks nothing up."""

    class Talkative:
        def __str__(self) -> str:
            logger.info("val_acc: 0.7")
            return "val_loss: 0.5"

    logger.info("%s", Talkative())
    logger.info(Talkative())
    assert values(handler) == [0.7, 0.5, 0.7, 0.5]


def test_odd_messages_are_read(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """A message of several lines, a dict, a number, bytes and a kind of str are all read as they print."""

    class Text(str):
        __hash__ = None  # type: ignore[assignment]

    logger.info("Epoch 2/9\nval_loss: 0.5\r\nval_acc: %s", 0.25)
    logger.info({"train_loss": 0.125, "epoch": 3})
    logger.info(5)
    logger.info(b"val_loss: 1")
    logger.info(Text("val_loss: 0.75"))
    logger.info("%(loss)s", {"loss": "val_loss: 0.5"})
    logger.info("val_loss: 0.5 \udc80")
    assert [(r.metric, r.value, r.epoch) for r in handler.read()] == [
        ("val_loss", 0.5, 2),
        ("val_acc", 0.25, 2),
        ("train_loss", 0.125, 3),
        ("val_loss", 1.0, 3),
        ("val_loss", 0.75, 3),
        ("val_loss", 0.5, 3),
        ("val_loss", 0.5, 3),
    ]


def test_levels_and_filters_hold(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """What logging keeps from a handler is not read."""
    handler.setLevel(logging.WARNING)
    logger.info("val_loss: 0.1")
    logger.error("val_loss: 0.2")
    handler.addFilter(lambda record: "0.3" not in record.getMessage())
    logger.error("val_loss: 0.3")
    assert values(handler) == [0.2]


def test_nothing_is_done_to_anybody_s_logging(handler: TrainingLogHandler) -> None:
    """A handler attaches itself to nothing, sets no level, and leaves every record unchanged."""
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    assert (root.handlers, logging.getLogger("auto_model_monitor").handlers) == (before, [])
    record = logging.LogRecord("t", logging.INFO, "f", 1, "val_loss: %.1f", (0.5,), None)
    kept = dict(vars(record))
    handler.handle(record)
    assert vars(record) == kept


def test_the_package_s_own_records_are_left_out(handler: TrainingLogHandler) -> None:
    """A handler on the root logger does not take what the monitor writes for the training's numbers."""
    handler.handle(
        logging.LogRecord("auto_model_monitor.monitor.summary", 20, "f", 1, "best: val_loss: 0.5", (), None)
    )
    handler.handle(logging.LogRecord("auto_model_monitor_2", 20, "f", 1, "val_loss: 0.25", (), None))
    handler.handle(logging.LogRecord("auto_model_monitor.x", 20, "f", 1, "Epoch 9/9", (), None))
    handler.handle(logging.LogRecord("t", 20, "f", 1, "val_loss: 0.5", (), None))
    assert [(reading.value, reading.epoch) for reading in handler.read()] == [(0.25, None), (0.5, None)]


def test_a_pattern_is_added_while_it_runs(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """A user's format is read from when it is added, also for a template that held nothing until then."""
    for value in (0.5, 0.75):
        logger.info("quality ~ %.2f after %d steps", value, 10)
        handler.add_pattern(LogPattern(r"quality ~ (?P<quality>\S+)"))
    assert [(r.metric, r.value) for r in handler.read()] == [("quality", 0.75)]
    with pytest.raises(ConfigError, match="named groups"):
        handler.add_pattern("quality")


def test_a_listener_gets_each_entry_immediately(logger: logging.Logger) -> None:
    """An entry is handed over as it is logged, the epoch carried along; a listener may fail."""
    heard: list[LogEntry] = []

    def listen(entry: LogEntry) -> None:
        heard.append(entry)
        if len(heard) == 1:
            raise ValueError("no")

    handler = TrainingLogHandler(on_entry=listen, clock=FakeClock())
    logger.addHandler(handler)
    before = datetime.now(timezone.utc)
    logger.info("Epoch [3/10] started")
    logger.warning("Validation Loss: %.1f\nnothing of note", 0.5)
    assert [(e.message, dict(e.metrics), e.stage, e.level) for e in heard] == [
        ("Epoch [3/10] started", {"epoch": 3, "total_epochs": 10}, Stage.EPOCH_START, "INFO"),
        (
            "Validation Loss: 0.5",
            {"epoch": 3, "total_epochs": 10, "val_loss": 0.5},
            Stage.VALIDATION,
            "WARNING",
        ),
    ]
    assert before <= heard[0].timestamp <= heard[1].timestamp <= datetime.now(timezone.utc)
    assert (values(handler), handler.faults) == ([0.5], 1)


def test_rows_of_a_table_are_read(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """Below a table's headings a template of mere numbers holds metrics."""
    for _ in range(2):
        logger.info("%d  %.4f  %.4f", 1, 0.5, 0.25)
        logger.info("epoch  train_loss  valid_loss")
    assert [(r.metric, r.value, r.epoch) for r in handler.read()] == [
        ("train_loss", 0.5, 1),
        ("val_loss", 0.25, 1),
    ]


def test_a_second_training_in_one_process_is_another_run(
    handler: TrainingLogHandler, logger: logging.Logger
) -> None:
    """Where epochs begin again a new run begins; each comes in a batch of its own."""
    for fold in range(3):
        for epoch in range(1, 4):
            logger.info("Epoch %d/3 - loss: %.2f", epoch, fold + epoch / 10)
    batches = [handler.read() for _ in range(4)]
    assert [[reading.value for reading in batch] for batch in batches] == [
        [0.1, 0.2, 0.3],
        [1.1, 1.2, 1.3],
        [2.1, 2.2, 2.3],
        [],
    ]
    assert [batch.new_run for batch in batches] == [False, True, True, False]


def test_many_short_trainings_do_not_pile_up(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """Of more trainings than a few that wait the oldest come together, so that no look is hours late."""
    for run in range(50):
        logger.info("Epoch 1/2 - loss: %d.5", run)
        logger.info("Epoch 2/2 - loss: %d.25", run)
        logger.info("Training completed")
    batches = [handler.read() for _ in range(9)]
    assert [len(batch) for batch in batches] == [86, 2, 2, 2, 2, 2, 2, 2, 0]
    assert [reading.value for reading in batches[-2]] == [49.5, 49.25]


def test_memory_is_bounded_and_extremes_survive(caplog: pytest.LogCaptureFixture) -> None:
    """However late the next poll is, few numbers are kept: among them the extremes and what is NaN."""
    handler = TrainingLogHandler(capacity=500, clock=FakeClock())
    for number in range(20_000):
        value = {137: "-7.5", 5_000: "nan", 9_001: "99.5"}.get(number, f"{number % 10}.25")
        handler.handle(logging.LogRecord("t", 20, "f", 1, "val_loss: %s, lr: 0.1", (value,), None))
    found = values(handler, "val_loss")
    assert len(found) <= 500
    assert (min(v for v in found if v == v), max(v for v in found if v == v)) == (-7.5, 99.5)
    assert any(value != value for value in found)
    assert found[-1] == 9.25
    handler.read()
    assert (
        len([r for r in caplog.records if "more than 500 numbers came between two polls" in r.getMessage()])
        == 1
    )


def test_metrics_without_end_are_bounded_too() -> None:
    """A log that invents a new name for each number cannot fill the memory either."""
    handler = TrainingLogHandler(capacity=200, clock=FakeClock())
    for number in range(5_000):
        handler.handle(logging.LogRecord("t", 20, "f", 1, f"loss_{number}x: 0.5", (), None))
    assert 100 <= len(handler.read()) <= 220


@pytest.mark.parametrize("capacity", [0, 99, 1.5, None])
def test_a_capacity_that_is_none_is_refused(capacity: object) -> None:
    """Room for nothing is refused, with the least that is expected."""
    with pytest.raises(ConfigError, match="capacity: expected a whole number of at least 100"):
        TrainingLogHandler(capacity=capacity)  # type: ignore[arg-type]


def test_threads_log_side_by_side(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """Nothing is lost or torn when several threads log while another one reads."""
    done, found = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            found.extend(handler.read())

    def log(number: int) -> None:
        for value in range(300):
            logger.info("val_loss: %d.%03d", number, value)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=log, args=(number,)) for number in range(4)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()
    found.extend(handler.read())
    assert sorted(r.value for r in found) == sorted(
        float(f"{n}.{v:03d}") for n in range(4) for v in range(300)
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_worker_can_log(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """A worker that is forked while another thread logs does not wait for a lock that is never released."""
    stop = threading.Event()

    def log() -> None:
        while not stop.is_set():
            logger.info("val_loss: 0.5")

    writer = threading.Thread(target=log)
    writer.start()
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                threading.Thread(
                    target=lambda: threading.Event().wait(20) or os._exit(2), daemon=True
                ).start()
                logger.info("val_loss: 0.25")
                handler.read()
                os._exit(0)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        stop.set()
        writer.join()


def test_logging_s_own_configuration_knows_it() -> None:
    """A handler can be made by ``dictConfig``, which gives it its name."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"metrics": {"class": "auto_model_monitor.TrainingLogHandler", "level": "INFO"}},
            "loggers": {"tests.configured": {"handlers": ["metrics"], "level": "INFO", "propagate": False}},
        }
    )
    logger = logging.getLogger("tests.configured")
    (handler,) = logger.handlers
    logger.info("val_loss: 0.5")
    assert isinstance(handler, TrainingLogHandler)
    assert [(r.name, r.value) for r in handler.read()] == [("metrics", 0.5)]
    logger.handlers.clear()


@pytest.mark.parametrize(
    ("told", "goes_on"),
    [
        (Reading(metric="val_loss", value=0.5, name="night 3", epoch=4), True),
        (Reading(metric="val_loss", value=0.5, name="night 3", epoch=9), False),
        (Reading(metric="val_loss", value=0.5, name="night 3"), False),
    ],
)
def test_a_resumed_training_continues(handler: TrainingLogHandler, told: Reading, goes_on: bool) -> None:
    """A training that begins behind the epoch of the alert is the same one; any other is a new run."""
    assert handler.continues(told) is False
    for line in ("learning rate: 0.1", "Epoch 5/9 - loss: 0.5", "Epoch 6/9 - loss: 0.4"):
        handler.handle(logging.LogRecord("t", 20, "f", 1, line, (), None))
    handler.read()
    assert handler.continues(told) is goes_on


def test_a_rule_speaks_of_a_logged_number(handler: TrainingLogHandler, logger: logging.Logger) -> None:
    """A rule on a metric finds the logged number that fulfils it, once, with its epoch and the log's name."""
    told = RecordingNotifier()
    monitor = Monitor(
        handler, [parse_rule("val_acc >= 90"), parse_rule("nan")], [told], clock=FakeClock(), log_dir=None
    )
    logger.info("Epoch [1/2] started")
    logger.info("Validation Loss: 0.5, Validation Accuracy: 89.99%")
    assert monitor.check() == []
    logger.info("Epoch [2/2] started")
    logger.info("Validation Loss: 0.4, Validation Accuracy: 90.00%")
    (alert,) = monitor.check()
    assert alert.reading == Reading(metric="val_acc", value=90.0, name="night 3", epoch=2, in_log=True)
    logger.info("Train Loss: nan")
    (alert,) = monitor.check()
    assert alert.reading is not None
    assert alert.reading.metric == "train_loss"
    assert monitor.check() == []
    monitor.close(5)
    assert len(told.sent) == 2


def test_a_handler_does_not_travel(handler: TrainingLogHandler) -> None:
    """A handler holds a lock and belongs to its process: it cannot be pickled by mistake."""
    with pytest.raises(TypeError):
        pickle.dumps(handler)


def test_a_file_gets_the_same_records(
    handler: TrainingLogHandler, logger: logging.Logger, tmp_path: Path
) -> None:
    """A handler beside it writes every line, whether this one reads it or leaves it."""
    file = logging.FileHandler(tmp_path / "train.log", encoding="utf-8")
    logger.addHandler(file)
    logger.info("step %d done", 3)
    logger.info("val_loss: %.1f", 0.5)
    file.close()
    assert (tmp_path / "train.log").read_text("utf-8") == "step 3 done\nval_loss: 0.5\n"
