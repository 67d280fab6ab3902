"""Build mails from messages: RFC 5322 bytes that do not depend on the Python version."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy

from ..core.messages import Message, Picture
from ..text.cleaning import for_body, for_file_name, for_header

SUBJECT_LIMIT = 1000
"""Characters after which a subject is cut."""


def build_email(
    message: Message,
    *,
    sender: str,
    receivers: Sequence[str],
    display_name: str | None = "Model Monitor",
) -> EmailMessage:
    """Return the message as a mail whose text part and HTML part each contain the whole content.

    The mail is well formed whatever the message contains: a subject of one line, no injected header,
    printable text, no line over 998 bytes.

    Args:
        message: the content.
        sender: the address that logs in; providers require it in ``From``.
        receivers: the addresses in ``To``.
        display_name: the name beside the sender's address; None for the address alone.
    """
    token = for_file_name(message.id)
    mail = EmailMessage(policy=_WIRE)
    mail["From"] = Address(display_name=for_header(display_name or "", SUBJECT_LIMIT), addr_spec=sender)
    mail["To"] = ", ".join(receivers)
    # Encoded here already: the policy would decode a subject that merely looks encoded.
    mail["Subject"] = _words(for_header(message.subject, SUBJECT_LIMIT)).replace("\r\n", "")
    mail["Date"] = message.time
    mail["Message-ID"] = f"<{token}@{sender.rpartition('@')[2]}>"
    mail["X-Auto-Model-Monitor-Alert-Id"] = token
    mail["Auto-Submitted"] = "auto-generated"
    if thread := _thread(message, sender):
        mail["In-Reply-To"] = mail["References"] = thread
    text, html = for_body(message.text), for_body(message.html)
    mail.set_content(text, subtype="plain", charset="utf-8")
    mail.add_alternative(html, subtype="html", charset="utf-8")
    for picture in message.pictures:
        _add_picture(mail, picture)
    return mail


def _thread(message: Message, sender: str) -> str:
    """Return the ID under which mail programs gather the mails of one watch; empty when it is unknown."""
    place = [str(message.facts.get(name) or "") for name in ("host", "watch_dir")]
    if not all(place):
        return ""
    digest = hashlib.sha256("\n".join(place).encode("utf-8", "surrogatepass")).hexdigest()
    return f"<watch.{digest[:32]}@{sender.rpartition('@')[2]}>"


def _add_picture(mail: EmailMessage, picture: Picture) -> None:
    """Attach a picture to the HTML part, which refers to it by its content-ID."""
    html = mail.get_payload()[1]  # type: ignore[index]
    name = f"{picture.cid.partition('@')[0]}.png"
    html.add_related(  # type: ignore[union-attr]
        picture.png, "image", "png", cid=f"<{picture.cid}>", disposition="inline", filename=name
    )


class _WirePolicy(EmailPolicy):
    """The standard policy, except that headers with user text are folded here.

    Python versions fold encoded words differently: some lose a space, some cut at a line break, some
    fold a long Message-ID into encoded words.
    """

    def fold(self, name: str, value: str) -> str:
        line = _header_value(name.lower(), value)
        return super().fold(name, value) if line is None else f"{name}: {line}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        line = _header_value(name.lower(), value)
        return super().fold_binary(name, value) if line is None else f"{name}: {line}{self.linesep}".encode()


# 7bit: text that is not short ASCII lines is sent as quoted-printable or base64, whichever is shorter.
_WIRE = _WirePolicy(linesep="\r\n", cte_type="7bit")


def _header_value(name: str, value: str) -> str | None:
    if name == "subject":
        return _words(str(value))
    if name == "from":
        return _mailbox(value.addresses[0])  # type: ignore[attr-defined]
    if name == "to":
        return ",\r\n ".join(str(value).split(", "))
    if name in ("message-id", "in-reply-to", "references", "x-auto-model-monitor-alert-id"):
        return str(value)
    return None


def _mailbox(address: Address) -> str:
    name = address.display_name
    if not name:
        return address.addr_spec
    if _is_plain(name):
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address.addr_spec}>'
    *above, last = _encoded_words(name)
    room = len(last) + len(address.addr_spec) < 66
    return "\r\n ".join([*above, last + (" " if room else "\r\n ") + f"<{address.addr_spec}>"])


def _words(text: str) -> str:
    return text if _is_plain(text) else "\r\n ".join(_encoded_words(text))


def _is_plain(text: str) -> bool:
    # A mail program would decode a literal "=?" as an encoded word.
    return text.isascii() and len(text) <= 60 and "=?" not in text


def _encoded_words(text: str) -> Iterator[str]:
    chunk = b""
    for character in text:
        encoded = character.encode()
        if len(chunk) + len(encoded) > 45:  # 45 bytes are 60 letters: 72 with their frame, of 75
            yield _encoded_word(chunk)
            chunk = b""
        chunk += encoded
    yield _encoded_word(chunk)


def _encoded_word(chunk: bytes) -> str:
    # Base64, not quoted-printable: QQ Mail refuses a From whose name is encoded otherwise.
    return f"=?utf-8?b?{base64.b64encode(chunk).decode()}?="
