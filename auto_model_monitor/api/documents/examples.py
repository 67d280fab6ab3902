"""The example requests and responses of the documentation; they come from the specification."""

from __future__ import annotations

from typing import Any

START: dict[str, Any] = {
    "model": "resnet18",
    "num_classes": 37,
    "train_path": "/path/to/train",
    "val_path": "/path/to/val",
    "save_path": "/path/to/save",
    "batch_size": 8,
    "num_epochs": 10,
    "learning_rate": 0.0001,
    "device": "cuda:0",
    "priority": 5,
}
STARTED: dict[str, Any] = {
    "task_id": "abc-123-def-456",
    "task_type": "training",
    "status": "pending",
    "progress": 0,
    "device": "cuda:0",
    "total_epochs": 10,
    "created_at": "2025-10-29T10:00:00Z",
    "updated_at": "2025-10-29T10:00:00Z",
}
METRICS: dict[str, float] = {
    "epoch": 3,
    "total_epochs": 10,
    "train_loss": 0.5234,
    "train_acc": 82.45,
    "val_loss": 0.6123,
    "val_acc": 78.92,
    "macro_f1": 0.7654,
    "micro_f1": 0.7892,
    "mAP": 0.8123,
    "top1_acc": 78.92,
    "top3_acc": 92.34,
    "top5_acc": 96.78,
    "best_acc": 79.12,
    "learning_rate": 0.0001,
}
STATUS: dict[str, Any] = {
    "task_id": "abc-123-def-456",
    "task_type": "training",
    "status": "running",
    "progress": 30,
    "device": "cuda:0",
    "current_epoch": 3,
    "total_epochs": 10,
    "latest_metrics": METRICS,
    "created_at": "2025-10-29T10:00:00Z",
    "updated_at": "2025-10-29T10:15:00Z",
}
ITEM: dict[str, Any] = {
    **STATUS,
    "model": "resnet18",
    "trainer": "image-classifier",
    "priority": 5,
    "stage": "validation",
    "reason": "",
    "first_epoch": 1,
}
DETAILS: dict[str, Any] = {
    **ITEM,
    "request": {**START, "trainer": "image-classifier", "weights_path": None},
    "exit_code": None,
    "cancelling": False,
    "started_at": "2025-10-29T10:00:01Z",
    "finished_at": None,
    "first_seq": 1,
    "last_seq": 27,
    "transitions": [
        {"status": "pending", "time": "2025-10-29T10:00:00Z", "reason": "submitted"},
        {"status": "running", "time": "2025-10-29T10:00:01Z", "reason": "cuda:0 is free"},
    ],
    "best": {"val_acc": {"value": 79.12, "epoch": 2}, "val_loss": {"value": 0.6123, "epoch": 3}},
}
METRIC: dict[str, Any] = {
    "seq": 5,
    "timestamp": "2025-10-29T10:17:12.000Z",
    "epoch": 3,
    "metric": "val_acc",
    "value": 78.92,
}
CSV = "seq,timestamp,epoch,metric,value\n5,2025-10-29T10:17:12.000Z,3,val_acc,78.92\n"
EVENTS = """\
retry: 2000

id: 3
data: {"timestamp":"2025-10-29T10:17:12.000Z","level":"INFO","message":"Validation Loss: 0.6123, Validation \
Accuracy: 78.92%","metrics":{"epoch":3,"total_epochs":10,"val_loss":0.6123,"val_acc":78.92},\
"stage":"validation"}

: heartbeat

event: end
id: 3-end
data: {"timestamp":"2025-10-29T10:17:13.000Z","level":"INFO","message":"the task is completed: exit status 0"\
,"metrics":{},"stage":"completed","status":"completed","reason":"exit status 0"}

"""
