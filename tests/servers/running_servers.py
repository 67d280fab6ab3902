"""MariaDB, PostgreSQL and Prometheus on loopback, each up in about a second and gone after the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.servers.debian_packages import unpacked
from tests.waiting import until

MARIADB = ["mariadb-server-core", "mariadb-client-core", "libaio1", "liburing2"]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextmanager
def server_folder() -> Iterator[Path]:
    """A short path, because that of a socket may have 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix="amm-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(
    command: list[str], port: int, how: int = signal.SIGTERM, env: Mapping[str, str] | None = None,
    user: str | None = None,
) -> Iterator[subprocess.Popen[bytes]]:  # fmt: skip
    """Run a server until the block ends; it has started when its port accepts connections."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    rights = {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    process = subprocess.Popen(command, env=env, start_new_session=True, **quiet, **rights)  # type: ignore[call-overload]
    try:
        until(lambda: accepts(port) or process.poll() is not None)
        assert process.poll() is None, f"{command[0]} ended with {process.returncode}"
        yield process
    finally:
        process.send_signal(how)
        try:
            process.wait(200)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(200)


@contextmanager
def mariadb_server() -> Iterator[str]:
    """Yield the SQLAlchemy URL of an empty database ``model_monitor``."""
    pymysql = pytest.importorskip("pymysql")
    root = unpacked("mariadb", MARIADB)
    libraries = ":".join(str(path) for path in (root / "usr/lib").glob("*-linux-gnu*"))
    env = os.environ | {"LD_LIBRARY_PATH": libraries}
    user, port = pwd.getpwuid(os.getuid()).pw_name, free_port()
    with server_folder() as folder:
        install = [
            root / "usr/bin/mariadb-install-db", "--no-defaults", f"--basedir={root}/usr",
            f"--datadir={folder}/data", f"--user={user}", "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]  # fmt: skip
        subprocess.run(install, check=True, capture_output=True, env=env, timeout=200)
        command = [
            str(root / "usr/sbin/mariadbd"), "--no-defaults", f"--user={user}", f"--datadir={folder}/data",
            f"--lc-messages-dir={root}/usr/share/mysql", "--bind-address=127.0.0.1", f"--port={port}",
            f"--socket={folder}/socket", f"--tmpdir={folder}", f"--pid-file={folder}/pid",
            "--innodb-flush-log-at-trx-commit=0",
        ]  # fmt: skip
        with running(command, port, env=env):
            with pymysql.connect(host="127.0.0.1", port=port, user="root") as connection:
                cursor = connection.cursor()
                cursor.execute("create database model_monitor character set latin1")
                cursor.execute("create user monitor identified by 's3cret/pass'")
                cursor.execute("grant all on model_monitor.* to monitor")
            yield f"mysql+pymysql://monitor:s3cret%2Fpass@127.0.0.1:{port}/model_monitor"


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Yield the SQLAlchemy URL of an empty database."""
    pytest.importorskip("psycopg")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if not found:
        pytest.skip("no PostgreSQL here")
    user = "nobody" if os.getuid() == 0 else None  # it refuses to run as root
    with server_folder() as folder:
        if user is not None:
            shutil.chown(folder, user)
        password, port = folder / "password", free_port()
        password.write_text("s3cret/pass")
        password.chmod(0o644)
        rights = {} if user is None else {"user": user, "group": pwd.getpwnam(user).pw_gid}
        install = [
            found[-1] / "initdb", "-D", folder / "data", "-U", "monitor", "-A", "scram-sha-256", "--no-sync",
            "--locale=C", "--encoding=UTF8", f"--pwfile={password}",
        ]  # fmt: skip
        subprocess.run(
            install,
            check=True,
            capture_output=True,
            timeout=200,
            cwd="/",
            extra_groups=[] if user else None,
            **rights,
        )  # type: ignore[call-overload]
        settings = [
            "listen_addresses=127.0.0.1",
            f"port={port}",
            f"unix_socket_directories={folder}",
            "fsync=off",
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        command = [str(found[-1] / "postgres"), "-D", str(folder / "data"), *options]
        with running(command, port, signal.SIGINT, user=user):
            url = f"postgresql+psycopg://monitor:s3cret%2Fpass@127.0.0.1:{port}/postgres"
            until(lambda: _answers(url))
            yield url


def _answers(url: str) -> bool:
    import psycopg

    with suppress(psycopg.OperationalError), psycopg.connect(url.replace("+psycopg", "")):
        return True
    return False


@contextmanager
def prometheus_server(target: str) -> Iterator[str]:
    """Yield the address of a Prometheus that scrapes ``target``, such as ``127.0.0.1:8000``, each second."""
    program = shutil.which("prometheus") or str(unpacked("prometheus", ["prometheus"]) / "usr/bin/prometheus")
    port = free_port()
    with server_folder() as folder:
        settings = folder / "prometheus.yml"
        settings.write_text(
            "global: {scrape_interval: 1s}\n"
            f"scrape_configs: [{{job_name: model, static_configs: [{{targets: ['{target}']}}]}}]\n"
        )
        command = [
            program, f"--config.file={settings}", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ]  # fmt: skip
        with running(command, port):
            address = f"http://127.0.0.1:{port}"
            until(lambda: _is_ready(address))
            yield address


def _is_ready(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{address}/-/ready", timeout=200) as answer:
        return bool(answer.status == 200)
    return False
