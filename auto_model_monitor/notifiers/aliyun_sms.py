"""Text messages through Alibaba Cloud's short message service.

Request and codes: https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
Signature: https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from ..core.clocks import Clock, SystemClock
from ..core.errors import ConfigError, NotificationError
from ..core.messages import Message
from ..core.secret import Secret
from ..text.cleaning import for_header
from .address import Address, fingerprint, positive
from .rate_limit import RateLimit

if TYPE_CHECKING:
    from .http import HTTPAnswer

BASE = "https://dysmsapi.aliyuncs.com"

LONGEST_VALUE = 35
"""Characters that a variable of a template holds."""

VARIABLES = ("text", "model", "metric", "score", "threshold", "host", "rule", "time")
"""What a template may name: ``text`` is the message in one short sentence."""

_VERSION = "2017-05-25"
_ALGORITHM = "ACS3-HMAC-SHA256"
_MOST_NUMBERS = 1000  # of one request
_NUMBER = re.compile(r"\+?[0-9]{5,20}")
_LIMITS = ((5, 60.0),)  # messages and seconds; the service has limits of its own for each number
_MARKS = re.compile(r"^[^\w(]+")
# Of quantity, of a balance, and of the service's own troubles: the message is sent later.
_LATER = re.compile(
    r"LIMIT_CONTROL|DAY_LIMIT|Throttling|AMOUNT_NOT_ENOUGH|OUT_OF_SERVICE|SYSTEM_ERROR|RAM_", re.I
)
_CLOCK = re.compile(r"InvalidTimeStamp|TimestampExpired|SignatureNonceUsed", re.I)
_ACCOUNT = "Check the AccessKey, and that it may send short messages (AliyunDysmsFullAccess)"
_REMEDIES = {
    "InvalidAccessKeyId": _ACCOUNT,
    "SignatureDoesNotMatch": _ACCOUNT,
    "Forbidden": _ACCOUNT,
    "NoPermission": _ACCOUNT,
    "SIGN": "Check the signature (sign=): its text as it was approved, without 【】",
    "TEMPLATE": "Check the template (template=): its code as it was approved, and its variables (vars=)",
    "PARAM": "Check that the template's variables are those of vars=",
    "MOBILE": "Check the telephone numbers (to=)",
    "BALANCE": "Charge the account",
    "AMOUNT": "Charge the account",
}


class AliyunSMSNotifier:
    """Sends each message as one short sentence to telephone numbers, through Alibaba Cloud.

    The text is that of an approved template, such as ``监控提醒：${text}``; values longer than 35 characters
    are cut. What Alibaba Cloud's limits for a number refuse is sent later.

    Args:
        access_key_id: of an account that may send short messages.
        access_key_secret: its secret.
        numbers: whom to send to, such as ``["13800000000"]``, or ``["+8613800000000"]``.
        sign_name: the approved signature, without 【】.
        template: the code of the approved template, ``SMS_…``.
        variables: the names of the template's variables, some of ``VARIABLES``.
        timeout: seconds for each network operation.
        base: scheme and host, for another region or a gateway of your own.
        clock: the time, injected.

    Attributes:
        name: the name in logs: ``aliyun-sms 3f9a1c``.

    Raises:
        ConfigError: an argument cannot work. The error shows no secret.
    """

    def __init__(
        self,
        access_key_id: str,
        access_key_secret: str,
        *,
        numbers: Sequence[str],
        sign_name: str,
        template: str,
        variables: Sequence[str] = ("text",),
        timeout: float = 15.0,
        base: str = BASE,
        clock: Clock | None = None,
    ) -> None:
        _check(access_key_id, access_key_secret, sign_name, template)
        self._numbers = _checked_numbers(numbers)
        strange = sorted(set(variables) - set(VARIABLES))
        if strange or not variables:
            raise ConfigError(
                f"vars: expected some of {', '.join(VARIABLES)}, got {', '.join(strange) or 'none'}"
            )
        self._variables = tuple(variables)
        self._key_id = access_key_id
        self._secret = Secret(access_key_secret)
        self._sign_name = sign_name
        self._template = template
        self._base = Address(base, "endpoint")
        self._timeout = positive(timeout)
        self._clock = clock or SystemClock()
        self._rate_limit = RateLimit(self._clock, *_LIMITS)
        self.name = f"aliyun-sms {fingerprint('|'.join([access_key_id, template, *self._numbers]))}"

    def __repr__(self) -> str:
        """Show the name."""
        return f"{type(self).__name__}({self.name!r})"

    def send(self, message: Message) -> None:
        """Send the message once, if the rate limits allow it.

        Raises:
            NotificationError: it was not accepted.
        """
        from .http import encoded, post

        self._rate_limit.take(self.name)
        parameters = {
            "PhoneNumbers": ",".join(self._numbers),
            "SignName": self._sign_name,
            "TemplateCode": self._template,
            "TemplateParam": encoded(self._values(message)).decode(),
        }
        query = canonical_query(parameters)
        address = Address(f"{self._base.url}?{query}", "endpoint")
        answer = post(address, b"", self._headers(query), self._timeout)
        error = self._refusal(address, answer)
        if error is not None:
            raise error

    def _values(self, message: Message) -> dict[str, str]:
        facts = {
            **message.facts,
            "text": _MARKS.sub("", message.subject),
            "time": message.time.strftime("%m-%d %H:%M"),
        }
        return {name: _value(facts.get(name)) for name in self._variables}

    def _headers(self, query: str) -> dict[str, str]:
        import os

        host = urlsplit(self._base.url).netloc
        headers = {
            "host": host,
            "x-acs-action": "SendSms",
            "x-acs-content-sha256": _hash(b""),
            "x-acs-date": self._utc(),
            "x-acs-signature-nonce": os.urandom(16).hex(),
            "x-acs-version": _VERSION,
        }
        sign = signature(headers, query, self._secret.reveal())
        names = ";".join(headers)
        return {
            **headers,
            "Authorization": f"{_ALGORITHM} Credential={self._key_id},SignedHeaders={names},Signature={sign}",
        }

    def _utc(self) -> str:
        from datetime import timezone

        return self._clock.now().astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _refusal(self, address: Address, answer: HTTPAnswer) -> NotificationError | None:
        from .http import quoted, refusal

        secrets = (self._secret.reveal(), *self._numbers)
        fields = answer.fields()
        code = fields.get("Code")
        if not isinstance(code, str):
            if not answer.accepted:
                return refusal(address, answer, *secrets)
            text = quoted(answer.text, address, *secrets)
            return NotificationError(f"{address.place}: expected a Code, got {text!r}{answer.through}")
        if code == "OK" and answer.accepted:
            return None
        reason = quoted(str(fields.get("Message") or ""), address, *secrets)
        text = f"{self.name} did not accept the message ({quoted(code, address, *secrets)} {reason})."
        remedy = next((hint for word, hint in _REMEDIES.items() if word in code), "")
        text = " ".join(filter(None, [text, remedy and f"{remedy}.", f"See {_page()}"]))
        if _LATER.search(code) or _CLOCK.search(code) or answer.status >= 500:
            return NotificationError(text, needs_person="NOT_ENOUGH" in code or "OUT_OF" in code)
        return NotificationError(text, permanent=True)


def signature(headers: Mapping[str, str], query: str, secret: str) -> str:
    """Return the signature of a POST without a body, in hexadecimal.

    Args:
        headers: the signed headers, sorted by their names, which are in lower case.
        query: the canonical query.
        secret: the account's.
    """
    import hmac

    lines = "".join(f"{name}:{value.strip()}\n" for name, value in headers.items())
    request = "\n".join(["POST", "/", query, lines, ";".join(headers), headers["x-acs-content-sha256"]])
    text = f"{_ALGORITHM}\n{_hash(request.encode())}"
    return hmac.digest(secret.encode(), text.encode(), "sha256").hex()


def canonical_query(parameters: Mapping[str, str]) -> str:
    """Return the parameters sorted and encoded as RFC 3986 says."""
    pairs = sorted(parameters.items())
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)


def _value(fact: object) -> str:
    from ..i18n.formats import number_text

    text = number_text(fact) if isinstance(fact, float) else "" if fact is None else str(fact)
    # What no variable may hold: a link, and the brackets of a signature.
    text = for_header(re.sub(r"https?://\S*", "", text).translate({ord("【"): "[", ord("】"): "]"}), 1000)
    if len(text) > LONGEST_VALUE:
        text = f"{text[: LONGEST_VALUE - 1]}…"
    return text or "-"


def _hash(data: bytes) -> str:
    from hashlib import sha256

    return sha256(data).hexdigest()


def _page() -> str:
    return "https://help.aliyun.com/zh/sms/developer-reference/api-error-codes"


def _check(key: str, secret: str, sign_name: str, template: str) -> None:
    given = {"the AccessKey ID": key, "the AccessKey secret": secret, "sign": sign_name, "template": template}
    missing = [name for name, value in given.items() if not isinstance(value, str) or not value.strip()]
    if missing:
        raise ConfigError(
            "aliyun-sms: expected aliyun-sms://KEY_ID:SECRET@?sign=…&template=SMS_…&to=13800000000, "
            f"got it without {', '.join(missing)}"
        )


def _checked_numbers(numbers: Sequence[str]) -> list[str]:
    found = [number.strip() for number in ([numbers] if isinstance(numbers, str) else numbers)]
    wrong = [number for number in found if not _NUMBER.fullmatch(number)]
    if not found or wrong or len(found) > _MOST_NUMBERS:
        got = f"one of {len(wrong[0])} characters" if wrong else f"{len(found)}"
        raise ConfigError(
            f"to: expected 1 to {_MOST_NUMBERS} telephone numbers such as 13800000000, got {got}"
        )
    return found
