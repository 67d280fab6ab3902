"""The questions and answers of the command ``setup``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .wording import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupTexts:
    """The texts in one language; the placeholders are filled by name with ``str.format``."""

    channel: str
    another: str
    code_page: str
    code: str
    no_login: str
    host: str
    receiver: str
    sending: str
    accepted: str
    refused: str
    anyway: str
    written: str
    in_keyring: str
    next: str
    nothing: str


_ENGLISH = SetupTexts(
    channel="How shall messages reach you? A mail address, or a URL such as dingtalk://TOKEN?secret=SEC, "
    "feishu://HOOK, wecom://KEY, ntfy://TOPIC, or a robot's webhook address:",
    another="A further mail address or URL, or Enter to finish:",
    code_page="{provider}: the login needs an authorisation code, not your password. {note}See {page}",
    code="Authorisation code (hidden while you type):",
    no_login="Enter alone: a server that asks for no login.",
    host="{domain} is no known provider. Its mail server, such as smtp.{domain}:",
    receiver="Who receives? Addresses separated by commas, or Enter for {sender}:",
    sending="Sending a test message to {channel} …",
    accepted="{channel} accepted it. Is it there? If not, look into the spam folder.",
    refused="not accepted: {reason}",
    anyway="Keep it all the same? [y/N]",
    written="Written to {path}, which only you can read.",
    in_keyring="The secrets are in the system's keyring.",
    next="From now on no command and no script needs a sender. Try: {command}",
    nothing="Nothing was written.",
)
_CHINESE = SetupTexts(
    channel="消息发到哪里？请输入邮箱地址，或粘贴机器人的网址，例如 dingtalk://TOKEN?secret=SEC、"
    "feishu://HOOK、wecom://KEY、ntfy://TOPIC，也可以直接粘贴机器人的 Webhook 地址：",
    another="还要加一个邮箱地址或网址吗？直接按回车结束：",
    code_page="{provider}：登录用的是授权码，不是邮箱密码。{note}获取授权码：{page}",
    code="授权码（输入时不显示）：",
    no_login="直接按回车：邮件服务器不需要登录。",
    host="不认识 {domain}。它的发信服务器，例如 smtp.{domain}：",
    receiver="谁来接收？多个地址用逗号分隔，直接按回车就是 {sender}：",
    sending="正在向 {channel} 发送测试消息……",
    accepted="{channel} 已接受。收到了吗？没有的话请看看垃圾箱。",
    refused="没有被接受：{reason}",
    anyway="仍然保存吗？[y/N]",
    written="已写入 {path}，只有您自己能读取。",
    in_keyring="密钥保存在系统的钥匙串里。",
    next="从现在起，所有命令和脚本都不必再写发件人。试一试：{command}",
    nothing="没有保存任何内容。",
)
_TEXTS: Mapping[Language, SetupTexts] = {"en": _ENGLISH, "zh": _CHINESE}


def setup_texts(language: Language) -> SetupTexts:
    """Return the texts of a language."""
    return _TEXTS[language]
