"""Draw where QQ Mail shows the authorisation code.

    pip install -e ".[dev]" && python img/make_auth_code_picture.py

Needs Chromium (or Chrome) on the path, or its name in the environment variable CHROMIUM. A drawing, not a
photograph: it shows the settings page with its own words and an English note beside each step.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from make_pictures import HERE, shoot

STYLE = """
* { box-sizing: border-box }
body { margin: 0; padding: 22px; background: #fff; color: #1f2d3d; width: 760px;
       font: 16px/1.5 'Noto Sans CJK SC', 'Noto Sans', sans-serif }
.step { position: relative; border: 1px solid #d5dde6; border-radius: 12px; padding: 16px 18px 16px 62px;
        margin-bottom: 14px; background: #fafcff }
.number { position: absolute; left: 16px; top: 16px; width: 32px; height: 32px; border-radius: 50%;
          background: #1769c2; color: #fff; font-weight: 700; text-align: center; line-height: 32px }
.note { color: #5a6b7b; font-size: 14px; margin-top: 6px }
.tabs span { display: inline-block; padding: 5px 16px; border-bottom: 3px solid transparent; color: #667788 }
.tabs .on { color: #1769c2; border-color: #1769c2; font-weight: 700 }
.row { display: flex; justify-content: space-between; align-items: center; gap: 16px }
.button { background: #1769c2; color: #fff; border-radius: 8px; padding: 6px 20px; font-weight: 600;
          white-space: nowrap }
.code { font: 700 27px/1.3 'DejaVu Sans Mono', monospace; letter-spacing: 3px; background: #fff6d6;
        border: 2px dashed #e0a100; border-radius: 8px; padding: 6px 16px; display: inline-block }
.title { font: 700 20px/1.4 'Noto Sans CJK SC', sans-serif; margin: 0 0 14px 2px }
"""
STEPS = (
    (
        '<div class="tabs"><span>常规</span><span class="on">账号</span><span>换肤</span>'
        "<span>收信规则</span></div>",
        "mail.qq.com → 设置 (Settings) → 账号 (Account)",
    ),
    (
        '<div class="row"><span>POP3/IMAP/SMTP/Exchange/CardDAV/CalDAV 服务</span>'
        '<span class="button">开启</span></div>',
        "scroll down to this line → 开启 (turn on) → confirm by text message",
    ),
    (
        '<div class="code">abcd efgh ijkl mnop</div>',
        "授权码: these 16 letters are the authorisation code, not your password; copy them without blanks",
    ),
)


def main() -> None:
    steps = "".join(
        f'<div class="step"><div class="number">{number}</div>{drawn}<div class="note">{note}</div></div>'
        for number, (drawn, note) in enumerate(STEPS, 1)
    )
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        page = Path(folder, "qq.html")
        page.write_text(
            f'<meta charset="utf-8"><style>{STYLE}</style><body>'
            f'<div class="title">QQ 邮箱授权码 · QQ Mail authorisation code</div>{steps}',
            encoding="utf-8",
        )
        shoot(page, HERE / "qq-auth-code.png", 760)


if __name__ == "__main__":
    main()
