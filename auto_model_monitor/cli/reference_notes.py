"""The notes that the references of several commands share."""

from __future__ import annotations

from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.config.settings_table import SETTINGS
from ..settings import NOTIFY
from .option_parser import SECRET


def _wrapped(names: list[str]) -> str:
    import textwrap

    return textwrap.fill(", ".join(names), 79)


_FIELDS = [n for n in SETTINGS if n in MonitorConfig.__dataclass_fields__ and not SETTINGS[n].instead]
_BESIDE = [n for n in SETTINGS if n not in MonitorConfig.__dataclass_fields__]
_URLS = f"""\
--notify takes dingtalk://TOKEN?secret=SEC, feishu://HOOK, wecom://KEY,
json://HOST/PATH (a webhook; jsons:// for https), mailto:ADDRESS (from the
mailbox of --sender), aliyun-sms://KEY_ID:SECRET@?sign=S&template=T&to=NUMBER,
and every URL of apprise, with the extra "apprise". The channels are added to
the mails of --sender; mailto: replaces --receiver. A URL with
min_level=critical gets such messages alone. URLs hold secrets, and every user
of the machine can see the options of a process: safer are
--notify @FILE with one URL a line, {NOTIFY}
in the environment (URLs between blanks, or @FILE), or notify = ["..."] in the
file of --config."""
FILE = f"""\
--config takes a TOML file with the names of MonitorConfig:
{_wrapped(_FIELDS)};
and, beside them:
{_wrapped(_BESIDE)}.
Each [[watch]] in it starts the settings of one more directory; the settings
above them hold for all. Relative paths are relative to the file. Options on
the command line win over the file."""
CHANNEL_NOTES = f"{_URLS}\n\n{SECRET}\n\n{FILE}"
RULES = """\
--rule takes "val_loss < 0.004" (also <= > >=), "acc >= 0.95 for 3" (three
checkpoints in a row), "stalled 3x" (nothing new for three usual gaps; also 90s,
30min, 2h, 1d), "nan", "plateau 10", "diverged 3x", "disk < 5GB", and with the
extra "gpu" "gpu idle 30m", "gpu memory > 95%" and "gpu temperature > 85".
Without --threshold and --metric, the metric of the first such comparison is
read."""
