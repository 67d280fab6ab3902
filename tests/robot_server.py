"""A real HTTP(S) server on loopback which judges requests as the providers' documentation says.

    with RobotServer(DingTalk(secret="SEC…")) as server:
        DingTalkNotifier("token", "SEC…", base=server.url, clock=clock).send(message)
        server.requests[0].json["markdown"]["text"]

The judges check signatures with code of their own and answer with the providers' real bodies.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from certificates import Certificate


@dataclass(frozen=True)
class Received:
    """One request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The parameters, percent-decoded exactly once; a plus is a plus."""
        pairs = [pair.partition("=") for pair in urlsplit(self.target).query.split("&") if pair]
        return {name: unquote(value) for name, _, value in pairs}


@dataclass
class Reply:
    """An answer; `hang` says nothing until the server is closed, `cut` closes in its middle."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hang: bool = False
    cut: bool = False


Judge = Callable[[Received], Reply]


def reply(content: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(
        status, json.dumps(content, ensure_ascii=False).encode(), {"Content-Type": "application/json"} | named
    )


@dataclass
class DingTalk:
    """https://open.dingtalk.com/document/robots/customize-robot-security-settings: `sign` in the URL."""

    secret: str | None = None
    token: str = "CANARYtoken4711"
    now: float = 0.0
    keyword: str = ""

    def __call__(self, request: Received) -> Reply:
        if request.query.get("access_token") != self.token:
            return reply({"errcode": 300005, "errmsg": "token is not exist"})
        if self.secret is not None:
            stamp = request.query.get("timestamp", "")
            if abs(int(stamp or 0) / 1000 - self.now) > 3600:
                return reply({"errcode": 310000, "errmsg": "invalid timestamp"})
            expected = hmac.new(
                self.secret.encode(), f"{stamp}\n{self.secret}".encode(), hashlib.sha256
            ).digest()
            if request.query.get("sign") != base64.b64encode(expected).decode():
                text = "description:机器人发送签名不匹配;solution:请确认签名和时间戳必须都放在调用的网址中"
                return reply({"errcode": 310000, "errmsg": text})
        if self.keyword not in request.body.decode():
            return reply({"errcode": 310000, "errmsg": "keywords not in content"})
        if len(request.body) > 20_000:
            return reply({"errcode": 460101, "errmsg": "message too long, exceed 20000 bytes"})
        return reply({"errcode": 0, "errmsg": "ok"})


@dataclass
class Feishu:
    """https://open.larkoffice.com/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN.md: `sign` in the body."""

    secret: str | None = None
    hook: str = "CANARY-hook-4711"
    now: float = 0.0
    keyword: str = ""

    def __call__(self, request: Received) -> Reply:
        if request.path != f"/open-apis/bot/v2/hook/{self.hook}":
            return reply(
                {"code": 19001, "data": {}, "msg": "param invalid: incoming webhook access token invalid"}
            )
        content = request.json
        if self.secret is not None:
            stamp = content.get("timestamp", "0")
            key = f"{stamp}\n{self.secret}".encode()
            expected = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
            if content.get("sign") != expected or abs(int(stamp) - self.now) > 3600:
                text = "sign match fail or timestamp is not within one hour from current time"
                return reply({"code": 19021, "data": {}, "msg": text})
        if self.keyword not in request.body.decode():
            return reply({"code": 19024, "data": {}, "msg": "Key Words Not Found"})
        if len(request.body) > 20 * 1024:
            return reply({"code": 9499, "msg": "Bad Request", "data": {}}, 400)
        return reply({"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"})


@dataclass
class WeCom:
    """https://developer.work.weixin.qq.com/document/path/91770: the key in the URL is all."""

    key: str = "CANARY-key-4711"

    def __call__(self, request: Received) -> Reply:
        hint = "hint: [1755605200056773468916791], from ip: 192.0.2.1, more info at https://open.work.weixin.qq.com"
        if request.path != "/cgi-bin/webhook/send" or request.query.get("key") != self.key:
            return reply({"errcode": 93000, "errmsg": f"invalid webhook url, {hint}/devtool/query?e=93000"})
        content = request.json
        if content.get("msgtype") != "markdown":
            return reply({"errcode": 40008, "errmsg": f"invalid message type, {hint}/devtool/query?e=40008"})
        if len(content["markdown"]["content"].encode()) > 4096:
            text = "markdown.content exceed max length 4096. invalid Request Parameter"
            return reply({"errcode": 40058, "errmsg": f"{text}, {hint}/devtool/query?e=40058"})
        return reply({"errcode": 0, "errmsg": "ok"})


@dataclass
class AliyunSMS:
    """https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature, for SendSms."""

    secret: str
    key_id: str = "LTAICANARY"
    template: str = "SMS_4711"
    sign_name: str = "模型监控"
    now: float = 0.0
    sent: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def __call__(self, request: Received) -> Reply:
        headers, query = request.headers, request.query
        pairs = sorted(urlsplit(request.target).query.split("&"))
        _, _, fields = headers.get("authorization", "").partition("ACS3-HMAC-SHA256 ")
        given = dict(part.partition("=")[::2] for part in fields.split(","))
        if given.get("Credential") != self.key_id:
            return self.refused("InvalidAccessKeyId.NotFound", 404)
        named = given["SignedHeaders"].split(";")
        needed = {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-version"}
        lines = [f"{name}:{headers[name].strip()}\n" for name in named]
        digest = hashlib.sha256(request.body).hexdigest()
        text = "\n".join(["POST", request.path, "&".join(pairs), "".join(lines), ";".join(named), digest])
        hashed = "ACS3-HMAC-SHA256\n" + hashlib.sha256(text.encode()).hexdigest()
        expected = hmac.new(self.secret.encode(), hashed.encode(), hashlib.sha256).hexdigest()
        if given.get("Signature") != expected or not needed <= set(named) or named != sorted(named):
            return self.refused("SignatureDoesNotMatch", 400)
        stamp = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        if abs(stamp.timestamp() - self.now) > 900:
            return self.refused("InvalidTimeStamp.Expired", 400)
        if (headers["x-acs-action"], headers["x-acs-version"]) != ("SendSms", "2017-05-25"):
            return self.refused("InvalidAction.NotFound", 404)
        return self.judged(query)

    def judged(self, query: Mapping[str, str]) -> Reply:
        if query["SignName"] != self.sign_name:
            return self.refused("isv.SMS_SIGNATURE_ILLEGAL")
        if query["TemplateCode"] != self.template:
            return self.refused("isv.SMS_TEMPLATE_ILLEGAL")
        numbers = query["PhoneNumbers"].split(",")
        if not all(number.lstrip("+").isdigit() for number in numbers):
            return self.refused("isv.MOBILE_NUMBER_ILLEGAL")
        values = json.loads(query["TemplateParam"])
        if any(not 0 < len(value) <= 35 or "http" in value or "【" in value for value in values.values()):
            return self.refused("isv.PARAM_LENGTH_LIMIT")
        self.sent += [(number, values) for number in numbers]
        return reply({"Code": "OK", "Message": "OK", "BizId": "9006", "RequestId": "F655A8D5"})

    def refused(self, code: str, status: int = 200) -> Reply:
        return reply({"Code": code, "Message": f"refused by {code}", "RequestId": "F655A8D5"}, status)


@dataclass
class Webhook:
    """A receiver that does what the docstring of WebhookNotifier tells it to do."""

    secret: str | None = None

    def __call__(self, request: Received) -> Reply:
        if self.secret is not None:
            stamp = request.headers.get("x-auto-model-monitor-timestamp", "")
            signed = stamp.encode() + b"." + request.body
            expected = "sha256=" + hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
            if not hmac.compare_digest(expected, request.headers.get("x-auto-model-monitor-signature", "")):
                return reply({"error": "signature"}, 401)
        return Reply(204)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients that break off are what is tested."""


class RobotServer:
    """Answers every request with what `judge` returns; `replies`, if there are some, come first."""

    def __init__(self, judge: Judge | None = None, certificate: Certificate | None = None) -> None:
        self.judge: Judge = judge or Webhook()
        self.replies: list[Reply] = []
        self.requests: list[Received] = []
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]
        self.url = f"{'https' if certificate else 'http'}://localhost:{self.port}"
        if certificate is not None:
            context = certificate.context
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )

    def __enter__(self) -> RobotServer:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(owner: RobotServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(self.command, self.path, headers, body)
            owner.requests.append(received)
            self._answer(owner.replies.pop(0) if owner.replies else owner.judge(received))

        do_GET = do_POST = do_CONNECT = _any

        def _answer(self, answer: Reply) -> None:
            if answer.hang:
                owner.closing.wait(30)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) * (2 if answer.cut else 1)))
            self.end_headers()
            with suppress(OSError):  # the client may have read enough
                self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
