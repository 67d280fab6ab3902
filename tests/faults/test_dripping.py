"""A server that never stops answering: the time-out counts for the whole answer."""

from __future__ import annotations

import socket
import threading

import pytest

from auto_model_monitor import EmailNotifier, NotificationError


@pytest.fixture
def dripping():
    """A server that sends `text` again and again, a hundred times a second."""
    end, running = threading.Event(), []

    def serve(listener, text):
        connection, _ = listener.accept()
        with connection:
            try:
                while not end.wait(0.01):
                    connection.sendall(text)
            except OSError:
                pass

    def start(text):
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=serve, args=(listener, text))
        thread.start()
        running.append((listener, thread))
        return listener.getsockname()[1]

    yield start
    end.set()
    for listener, thread in running:
        thread.join(100)
        listener.close()


@pytest.mark.parametrize("text", [b"2", b"220-and then\r\n"], ids=["one line", "many lines"])
def test_an_answer_that_never_ends_is_given_up(dripping, make_message, text):
    """A server that sends one more byte, or one more line, before each time-out holds no channel for ever."""
    port = dripping(text)
    notifier = EmailNotifier(
        "a@qq.com", "a@qq.com", "xxxx", host="127.0.0.1", port=port, security="none", timeout=0.3
    )
    with pytest.raises(NotificationError, match="did not answer within"):
        notifier.send(make_message())
