"""Bodies as they are taken, and answers as they are documented."""

from __future__ import annotations

from typing import Annotated, Any

from . import examples
from .web import BaseModel, ConfigDict, Field

# No control characters, and no dash at the beginning, which a program could take for an option.
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f-][^\x00-\x1f\x7f]*$")]
PathText = Annotated[str, Field(min_length=1, max_length=4096)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Number = int | float | None


class StartRequest(BaseModel):
    """What is to be trained. A field that is not listed here is refused."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": examples.START})

    model: Name = Field(description="The model's name, as the trainer knows it.")
    num_classes: Count = Field(description="How many classes there are.")
    train_path: PathText = Field(description="The directory of the training images, below a root.")
    val_path: PathText = Field(description="The directory of the validation images, below a root.")
    save_path: PathText = Field(description="Where checkpoints go, below a root; made if it is not there.")
    batch_size: Count = Field(8, description="Images a step.")
    num_epochs: Count = Field(10, description="How often the training goes through the images.")
    learning_rate: float = Field(1e-4, gt=0, le=1000, allow_inf_nan=False, description="At the start.")
    device: str = Field(
        "cpu",
        pattern=r"^(cpu|mps|cuda(:(0|[1-9][0-9]{0,3}))?)$",
        description="`cpu`, `mps`, `cuda:0` …; `cuda` is `cuda:0`. One task a device at a time.",
    )
    priority: int = Field(5, ge=0, le=10, description="The higher goes first; ties go by age.")
    trainer: Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")] = Field(
        "", description="A trainer that the server's owner has configured; the first one if it is empty."
    )
    weights_path: PathText | None = Field(None, description="A file of weights to begin with, below a root.")


class Answer(BaseModel):
    """Something that is answered; it describes, nothing is checked with it."""

    model_config = ConfigDict(extra="forbid")


class Started(Answer):
    """A task that has been put into the queue."""

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
    """How far a task is."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.STATUS})

    current_epoch: int
    latest_metrics: dict[str, Number] = Field(
        description="The last value of each metric. One that was never logged is left out; one that is "
        "not finite is null."
    )


class Item(Status):
    """A row of the list."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.ITEM})

    model: str
    trainer: str
    priority: int
    stage: str | None
    reason: str


class TaskPage(Answer):
    """Some of the tasks, newest first."""

    items: list[Item]
    total: int = Field(description="How many there are in all.")
    limit: int
    offset: int


class Change(Answer):
    """A change of a task's state."""

    status: str
    time: str
    reason: str


class Best(Answer):
    """The best value of a metric."""

    value: Number
    epoch: int | None


class Details(Item):
    """All that is known of a task."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.DETAILS})

    request: dict[str, Any]
    exit_code: int | None = Field(description="Minus the number of the signal where one ended it.")
    cancelling: bool
    started_at: str | None
    finished_at: str | None
    first_seq: int = Field(description="The first log entry that is still kept.")
    last_seq: int
    transitions: list[Change]
    best: dict[str, Best]


class MetricItem(Answer):
    """One number of the history."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": examples.METRIC})

    seq: int = Field(description="The log entry that said it.")
    timestamp: str
    epoch: int | None
    metric: str
    value: Number


class MetricPage(Answer):
    """Some of the history, oldest first."""

    task_id: str
    items: list[MetricItem]
    next: int | None = Field(description="Give it as `after` to go on; null at the end.")


class Choices(Answer):
    """What can be asked of this server."""

    items: list[str] = Field(description="The trainers' names; the first one is the default.")
    devices: list[str] = Field(description="Devices that are there or were used before.")
    roots: list[str] = Field(description="Paths have to be below one of these directories.")
    per_device: int
    limits: dict[str, int]
    version: str


class Health(Answer):
    """That the server answers, and its dispatcher runs."""

    status: str


class Fault(Answer):
    """One fault of a body or a query."""

    location: str
    detail: str


class ProblemDocument(Answer):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = Field(default_factory=list)


def describe_problems(document: dict[str, Any]) -> None:
    """Write into an OpenAPI document what a problem looks like, and how the token is shown.

    The examples are written in anew: what writes the document puts their keys in another order.
    """
    components = document.setdefault("components", {})
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = components.setdefault("schemas", {})
    schemas.update({**schema.pop("$defs"), ProblemDocument.__name__: schema})
    for model in (StartRequest, Started, Status, Item, Details, MetricItem):
        extra = model.model_config["json_schema_extra"]
        if model.__name__ in schemas and isinstance(extra, dict):
            schemas[model.__name__]["example"] = extra["example"]
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    document["paths"]["/healthz"]["get"]["security"] = []
