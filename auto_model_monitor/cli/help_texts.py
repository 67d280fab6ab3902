"""What the help of several commands says."""

from __future__ import annotations

from ..monitor.config import AUTH_CODE, AUTH_CODE_FILE
from ..settings import NOTIFY

STATUS = """\
status: 0 fine; 1 something to know, which each command's --help names;
2 wrong usage or configuration; 130 interrupted"""
SECRET = f"""\
The authorisation code is no option, because every user of the machine could
see it among the processes. Put it into the environment variable
{AUTH_CODE}, into a file that {AUTH_CODE_FILE}
names, or as auth_code into the file of --config."""
URLS = f"""\
--notify takes dingtalk://TOKEN?secret=SEC, feishu://HOOK, wecom://KEY,
json://HOST/PATH (a webhook; jsons:// by https), mailto:ADDRESS (from the
mailbox of --sender), and whatever apprise knows, with the extra "apprise".
It tells beside the mails of --sender; mailto: stands for --receiver. URLs hold
secrets, and every user of the machine can see the options of a process:
better are --notify @FILE with one URL a line, {NOTIFY}
in the environment (URLs between blanks, or @FILE), or notify = ["..."] in the
file of --config."""
FILE = """\
--config takes a TOML file with the names of MonitorConfig: watch_dir,
threshold, sender, receiver, auth_code, check_interval, log_dir,
comparison_mode, email_subject_template, email_content_template, smtp_host,
smtp_port, smtp_security, language, recursive; and pattern or metric, rules,
notify, silent_after, log_patterns. Each [[watch]] in it begins the settings of
one more directory; what stands above them holds for all. Relative paths are
relative to the file. Options given here win over the file."""
RULES = """\
--rule takes "val_loss < 0.004" (also <= > >=), "acc >= 0.95 for 3" (three
checkpoints in a row), "stalled 3x" (nothing new for three usual gaps; also 90s,
30min, 2h, 1d), "nan", "plateau 10", "diverged 3x" and "disk < 5GB". Without
--threshold and --metric, the metric of the first such comparison is read."""
