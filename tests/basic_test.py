"""The shortest watch: one pattern, one threshold, one mailbox.

Run it from this folder:  python basic_test.py
Without `sender` the mails are written as files below `log_dir`, so it works without a mailbox, too.
"""

from auto_model_monitor import CustomParser, ModelMonitor, MonitorConfig

config = MonitorConfig(
    watch_dir="./quicktest/logs",  # where the training writes its checkpoints
    threshold=0.004,  # mail me when the score is beyond this ...
    comparison_mode="lower",  # ... on the lower side
    sender="aaaa@qq.com",  # TODO: your mailbox
    auth_code="xxxx",  # TODO: its authorisation code; better: in AUTO_MODEL_MONITOR_AUTH_CODE
    check_interval=5,  # seconds between two looks
    log_dir="model_monitor_logs",
    parser=CustomParser(r"val_loss_([0-9.]+)_"),
)

ModelMonitor(config).start_monitoring()  # until Ctrl-C
