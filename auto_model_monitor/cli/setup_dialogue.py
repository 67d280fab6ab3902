"""The dialogue of ``setup``: asks for channels, tries each, and asks again where one does not work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..core.errors import ConfigError, MissingExtraError, NotificationError
from ..i18n.setup_texts import SetupTexts
from ..notifiers import Notifier
from ..notifiers.email import EmailNotifier
from ..notifiers.providers import provider_for, split_addresses
from ..notifiers.urls import masked, notifier_from_url
from ..notifiers.user_defaults import UserDefaults
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal

_ATTEMPTS = 3  # codes for one mailbox, before the address is asked for again


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupDialogue:
    """Asks a person at a terminal how to reach them.

    Attributes:
        texts: the questions.
        screen: where they are shown.
        ask: reads the answer to a question.
        ask_hidden: the same, without showing what is typed.
        deliver: sends a test message through a channel.
    """

    texts: SetupTexts
    screen: Terminal
    ask: Callable[[str], str]
    ask_hidden: Callable[[str], str]
    deliver: Callable[[Notifier], None]

    def channels(self) -> UserDefaults:
        """Return the channels that the person gives, each tried.

        Raises:
            EOFError: the input ends.
            KeyboardInterrupt: the person gives up.
        """
        found = UserDefaults()
        while True:
            known = found.sender is not None or bool(found.notify)
            answer = self._answer(self.texts.another if known else self.texts.channel)
            if not answer and known:
                return found
            if answer:
                found = self._with_channel(found, answer)

    def _with_channel(self, found: UserDefaults, answer: str) -> UserDefaults:
        """Return what was found with one more channel, or unchanged where it does not work."""
        try:
            if "://" in answer:
                works = self._works(notifier_from_url(answer), masked(answer))
                return replace(found, notify=(*found.notify, answer)) if works else found
            if found.sender is not None:
                split_addresses(answer)  # a second mailbox is one that the first sends to
                return replace(found, receiver=f"{found.receiver or found.sender}, {answer}")
            return self._mailbox(found, answer)
        except (ConfigError, MissingExtraError, ValueError) as error:
            self._say_refused(error)
            return found

    def _mailbox(self, found: UserDefaults, address: str) -> UserDefaults:
        (sender,) = split_addresses(address)
        host = None
        provider = provider_for(sender)
        if provider is None:
            host = self._answer(self.texts.host.format(domain=sender.rpartition("@")[2])) or None
        else:
            note = f"{provider.note} " if provider.note else ""
            page = {"provider": provider.name, "page": provider.help_url, "note": note}
            self.screen.say(self.texts.code_page.format_map(page))
        host, port = _split_port(host)
        receiver = self._answer(self.texts.receiver.format(sender=sender)) or None
        for _ in range(_ATTEMPTS):
            code = self._code(needs_one=provider is not None)
            mailbox = replace(
                found, sender=sender, receiver=receiver, auth_code=code, smtp_host=host, smtp_port=port
            )
            notifier = EmailNotifier(sender, receiver or sender, code, host=host, port=port)
            if self._works(notifier, ", ".join(notifier.receivers)):
                return mailbox
        return found

    def _code(self, *, needs_one: bool) -> str | None:
        if not needs_one:
            self.screen.say(self.texts.no_login)
        while True:
            code = self.ask_hidden(f"{self.texts.code} ").strip()
            if code or not needs_one:
                return code or None

    def _works(self, notifier: Notifier, name: str) -> bool:
        """Send a test message; where it is refused, ask whether the channel is kept all the same."""
        name = for_terminal(name)
        self.screen.say(self.texts.sending.format(channel=name))
        try:
            self.deliver(notifier)
        except NotificationError as error:
            self._say_refused(error)
            return self._answer(self.texts.anyway).lower() in ("y", "yes", "是")
        self.screen.say(self.screen.paint(self.texts.accepted.format(channel=name), "green"))
        return True

    def _say_refused(self, error: Exception) -> None:
        text = self.texts.refused.format(reason=for_terminal(str(error)))
        self.screen.say(self.screen.paint(text, "red"))

    def _answer(self, question: str) -> str:
        self.screen.say(question)
        return self.ask("> ").strip()


def _split_port(host: str | None) -> tuple[str | None, int | None]:
    name, _, port = (host or "").rpartition(":")
    return (name, int(port)) if name and port.isdigit() else (host, None)
