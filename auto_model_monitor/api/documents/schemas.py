"""Schemas of request bodies, which are validated, and of responses, which are only documented."""

from __future__ import annotations

from typing import Annotated, Any

from ..web.framework import AfterValidator, BaseModel, ConfigDict, Field
from . import examples


def _at_most_200_bytes(text: str) -> str:
    size = len(text.encode())
    if size > 200:
        raise ValueError(f"expected at most 200 bytes, got {size}")
    return text


# No control characters, and no leading dash, which a program could take for an option.
Name = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f-][^\x00-\x1f\x7f]*$"),
    AfterValidator(_at_most_200_bytes),
]
PathText = Annotated[str, Field(min_length=1, max_length=4096)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Number = int | float | None


class StartRequest(BaseModel):
    """A training to start. A field that is not listed here is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": examples.START})

    model: Name = Field(description="The model's name, as the trainer knows it.")
    num_classes: Count = Field(description="The number of classes.")
    train_path: PathText = Field(description="The directory of the training images, below a root.")
    val_path: PathText = Field(description="The directory of the validation images, below a root.")
    save_path: PathText = Field(description="The directory for checkpoints, below a root; it may be missing.")
    batch_size: Count = Field(8, description="Images per step.")
    num_epochs: Count = Field(10, description="How often the training sees each image.")
    learning_rate: float = Field(
        1e-4, gt=0, le=1000, allow_inf_nan=False, description="The initial learning rate."
    )
    device: str = Field(
        "cpu",
        pattern=r"^(cpu|mps|cuda(:(0|[1-9][0-9]{0,3}))?)$",
        description="`cpu`, `mps`, `cuda:0` …; `cuda` is `cuda:0`. One task per device at a time.",
    )
    priority: int = Field(5, ge=0, le=10, description="The highest goes first, then the oldest.")
    trainer: Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")] = Field(
        "", description="A trainer that the server's owner has configured; empty for the first one."
    )
    weights_path: PathText | None = Field(None, description="A file of initial weights, below a root.")


class DocumentedAnswer(BaseModel):
    """A response. It only documents: nothing is validated with it."""

    model_config = ConfigDict(extra="forbid")


class Started(DocumentedAnswer):
    """A task in the queue."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.STARTED})

    task_id: str
    task_type: str
    status: str = Field(description="`pending`, `running`, `completed`, `failed` or `cancelled`.")
    progress: int = Field(ge=0, le=100, description="Finished epochs in percent; 100 only when completed.")
    device: str
    total_epochs: int
    created_at: str = Field(description="ISO 8601 in UTC, as all times are.")
    updated_at: str


class Status(Started):
    """The progress of a task."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.STATUS})

    current_epoch: int
    latest_metrics: dict[str, Number] = Field(
        description="The last value of each metric. A metric that was never logged is absent; a value "
        "that is not finite is null."
    )


class Item(Status):
    """A row of the list."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.ITEM})

    model: str
    trainer: str
    priority: int
    stage: str | None
    reason: str
    first_epoch: int = Field(description="The number of the first epoch in the log, 0 or 1.")


class TaskPage(DocumentedAnswer):
    """A page of the tasks, newest first."""

    items: list[Item]
    total: int = Field(description="How many tasks match in total.")
    limit: int
    offset: int


class Change(DocumentedAnswer):
    """A change of a task's state."""

    status: str
    time: str
    reason: str


class Best(DocumentedAnswer):
    """The best value of a metric."""

    value: Number
    epoch: int | None


class Details(Item):
    """Everything about a task."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.DETAILS})

    request: dict[str, Any]
    exit_code: int | None = Field(description="The exit status; minus a signal's number if one ended it.")
    cancelling: bool
    started_at: str | None
    finished_at: str | None
    first_seq: int = Field(description="The first log entry that is still stored.")
    last_seq: int
    transitions: list[Change]
    best: dict[str, Best]


class MetricItem(DocumentedAnswer):
    """One value of the metric history."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.METRIC})

    seq: int = Field(description="The number of its log entry.")
    timestamp: str
    epoch: int | None
    metric: str
    value: Number


class MetricPage(DocumentedAnswer):
    """A page of the history, oldest first."""

    task_id: str
    items: list[MetricItem]
    next: int | None = Field(description="The `after` of the next page; null on the last one.")


class Choices(DocumentedAnswer):
    """The choices that this server offers."""

    items: list[str] = Field(description="The names of the trainers; the first one is the default.")
    devices: list[str] = Field(description="The devices of this machine.")
    roots: list[str] = Field(description="Paths must lie below one of these directories.")
    per_device: int
    limits: dict[str, int]
    version: str


class Health(DocumentedAnswer):
    """The health of the server."""

    status: str


class Fault(DocumentedAnswer):
    """One fault of a body or a query."""

    location: str
    detail: str


class ProblemDocument(DocumentedAnswer):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = Field(default_factory=list)
