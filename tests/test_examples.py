"""The scripts that people copy: those of version 0.2 to the letter, and this version's examples."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from code_blocks import READMES
from smtp_server import SMTPServer

TESTS = Path(__file__).parent


@pytest.fixture
def project(tmp_path):
    """A folder as a user has it: the sample checkpoints below it, and scripts beside them."""
    shutil.copytree(TESTS / "quicktest", tmp_path / "quicktest")
    return tmp_path


def run_until_mail(script: Path, project: Path):
    """Run a script against a server that stands for smtp.qq.com; return its first mail and the server."""
    with SMTPServer(tls="ssl", hostname="smtp.qq.com") as server:
        environ = server.environ("smtp.qq.com")
        arguments = [sys.executable, str(script)]
        program = subprocess.Popen(arguments, cwd=project, env=environ, stderr=subprocess.PIPE, text=True)
        try:
            (mail, *more) = server.wait_for_mails(1)
        finally:
            if "start_monitoring" in script.read_text(encoding="utf-8"):
                program.send_signal(signal.SIGINT)
            try:
                _, errors = program.communicate(timeout=200)
            finally:
                program.kill()
        assert program.returncode == 0, errors
        assert "Traceback" not in errors
        assert more == []
        return mail, server


def lines_of(mail):
    return [line.strip() for line in mail.text.splitlines()]


def test_the_basic_script_of_0_2(project):
    """Unmodified: one mail by the QQ account to itself, with the five lines that users know."""
    mail, server = run_until_mail(TESTS / "compat/v0_2_basic.py", project)
    assert (mail.sender, mail.recipients) == ("aaaa@qq.com", ["aaaa@qq.com"])
    assert {(login.user, login.password) for login in server.logins} == {("aaaa@qq.com", "xxxx")}
    assert mail.message["Subject"].startswith("✅ val_loss 0.003 低于阈值 0.004 · ")
    text = "\n".join(lines_of(mail))
    assert "检测到新的模型文件分数低于阈值：" in text
    assert "文件名：epoch_10_val_loss_0.003_acc_0.95.pt" in text
    assert "当前分数：0.003" in text
    assert "阈值：0.004" in text
    assert re.search(r"检测时间：\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text)
    assert list((project / "model_monitor_logs").glob("*/monitor_*.log"))


def test_the_template_script_of_0_2(project):
    """Unmodified: subject and content equal the templates, blank lines and all."""
    mail, _ = run_until_mail(TESTS / "compat/v0_2_template.py", project)
    name = "epoch_10_val_loss_0.003_acc_0.95.pt"
    assert mail.message["Subject"] == f"🔥 重要通知：{name} 分数低于阈值！"
    got = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<time>", mail.text)
    expected = f"""
📊 模型更新详情 📊

- 文件名：{name}
- 当前分数：0.003000
- 阈值：0.004000
- 状态：分数低于阈值，建议查看！

⏰ 检测时间：<time>
"""
    assert got.strip("\n") == expected.strip("\n")
    for line in filter(None, expected.split("\n")[:-2]):
        assert line.strip() in re.sub(r"<[^>]+>", "", mail.html)


def test_the_generator_script_of_0_2(project):
    """Unmodified: the generator's subject and lines are the mail."""
    mail, _ = run_until_mail(TESTS / "compat/v0_2_generator.py", project)
    name = "epoch_10_val_loss_0.003_acc_0.95.pt"
    assert mail.message["Subject"] == f"🚨 重要: {name} 分数更新至 0.003000"
    assert lines_of(mail)[:5] == [
        "💡 模型性能突破通知 💡",
        "",
        f"文件名: {name}",
        "当前分数: 0.003000",
        "阈值: 0.004",
    ]
    assert "- 比阈值提升: 0.25" in lines_of(mail)
    assert lines_of(mail)[-1] == "此为自动通知，请勿回复。"


@pytest.mark.parametrize(
    ("name", "subject", "receivers"),
    [
        ("basic_test.py", "✅ val_loss 0.003 低于阈值 0.004", ["aaaa@qq.com"]),
        ("custom_test1.py", "🎯 acc 0.9500 高于 0.9", ["aaaa@qq.com", "bbbb@163.com"]),
        ("custom_test2.py", "🚨 重要：epoch_10_val_loss_0.003_acc_0.95.pt", ["aaaa@qq.com"]),
    ],
)
def test_the_examples_of_this_version(project, name, subject, receivers):
    """Each example of this folder sends its mail, and ends with status 0."""
    mail, _ = run_until_mail(TESTS / name, project)
    assert mail.message["Subject"].partition(" · ")[0] == subject
    assert mail.recipients == receivers


def test_the_oldest_example():
    """The example without a loop prints the subject and the text of the mail about the best checkpoint."""
    run = subprocess.run(
        [sys.executable, str(TESTS / "quicktest/demo.py")], capture_output=True, text=True, check=True
    )
    assert "✅ val_loss 0.003 below 0.004" in run.stdout
    assert "File: epoch_10_val_loss_0.003_acc_0.95.pt" in run.stdout


def test_the_readmes_name_the_examples():
    """Both READMEs name every example, the oldest one too."""
    for readme in READMES:
        text = readme.read_text("utf-8")
        for name in ("basic_test.py", "custom_test1.py", "custom_test2.py", "quicktest/demo.py"):
            assert f"`{name}`" in text
            assert (TESTS / name).is_file()
