"""The command as a process: fed through moto, alerting a webhook, asked for its health, stopped and killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from tests.watch import records as made
from tests.watch.test_faults import wait_until
from tests.watch.world import findings, log_file

from rootwarden.alert.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.watch.world import World

TIMEOUT = 60


class Receiver(ThreadingHTTPServer):
    """Takes what a webhook channel posts and what the dead man hears."""

    daemon_threads = True

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.pings = 0
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append({"key": self.headers.get("Idempotency-Key"), **json.loads(body)})
        self._answer()

    def do_GET(self) -> None:
        self.server.pings += 1
        self._answer()

    def _answer(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name http.server has
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class Running:
    """A watcher that was started as anybody would."""

    def __init__(self, folder: Path, url: str, *more: str) -> None:
        arguments = ["trail", "watch", "--queue", url, "--health-port", "0", "--poll-seconds", "1", *more]
        self.log = folder / f"log-{len(list(folder.glob('log-*')))}"
        with self.log.open("wb") as stderr:
            command = [sys.executable, "-c", "from rootwarden.cli.main import main; main()", *arguments]
            self.process = subprocess.Popen(command, cwd=folder, stderr=stderr, stdout=subprocess.DEVNULL)

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def health(self) -> str:
        wait_until(lambda: any(each["what"] == "watching" for each in self.lines()) or self.process.poll() is not None)
        (address,) = [each["health"] for each in self.lines() if each["what"] == "watching"]
        return f"http://{address}"

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"{self.health()}{path}") as answer:  # noqa: S310 - loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(TIMEOUT)


@pytest.fixture
def folder(tmp_path: Path, receiver: Receiver) -> Path:
    settings = f"""
    [[channel]]
    kind = "webhook"
    name = "pager"
    address = "{receiver.address}"

    [page]
    stages = [["pager"]]
    """
    (tmp_path / "alerts.toml").write_text(settings)
    return tmp_path


def test_from_a_log_file_to_a_page_and_a_stop_in_order(
    world: World, folder: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_DEAD_MAN", f"{receiver.address}/ping/fake-token")
    dead_man = ["--dead-man-env", "FAKE_DEAD_MAN", "--dead-man-seconds", "1"]
    watcher = Running(folder, world.url, "--alerts", "alerts.toml", *dead_man)
    try:
        wait_until(lambda: watcher.get("/readyz")[0] == 200)
        assert watcher.get("/healthz") == (200, "ok\n")
        world.deliver(made.sign_in(), made.call("CreateAccessKey", 1))
        wait_until(lambda: receiver.posts)
        wait_until(lambda: receiver.pings)
        assert "rootwarden_watch_root_events_total 2" in watcher.get("/metrics")[1]
        assert watcher.get("/else")[0] == 404
    finally:
        code = watcher.stop()
    assert code == 0
    assert len(receiver.posts) == 1
    assert world.left() == 0
    said = watcher.log.read_text()
    assert [each["what"] for each in watcher.lines()][-1] == "stopped"
    assert "fake-token" not in said


def test_killed_after_it_told_it_tells_nothing_again(world: World, folder: Path, receiver: Receiver) -> None:
    watcher = Running(folder, world.url, "--alerts", "alerts.toml")
    key = world.deliver(made.sign_in())
    wait_until(lambda: receiver.posts)
    assert watcher.stop(signal.SIGKILL) == -signal.SIGKILL
    world.deliver(key=key, content=log_file(made.sign_in(90)))
    watcher = Running(folder, world.url, "--alerts", "alerts.toml")
    try:
        wait_until(lambda: len({each["key"] for each in receiver.posts}) == 2)
    finally:
        assert watcher.stop() == 0
    assert len(receiver.posts) == len({each["key"] for each in receiver.posts}) == 2


def test_once_ends_by_itself_and_says_what_could_not_be_read(world: World, folder: Path, receiver: Receiver) -> None:
    world.deliver(made.sign_in())
    watcher = Running(folder, world.url, "--alerts", "alerts.toml", "--once")
    assert watcher.process.wait(TIMEOUT) == 0
    assert len(receiver.posts) == 1
    world.deliver(content=log_file(made.sign_in(200))[:-3])
    watcher = Running(folder, world.url, "--alerts", "alerts.toml", "--once")
    assert watcher.process.wait(TIMEOUT) == 3


def test_a_drill_through_the_queue_is_measured_and_marked(world: World, folder: Path, receiver: Receiver) -> None:
    watcher = Running(folder, world.url, "--alerts", "alerts.toml")
    try:
        wait_until(lambda: watcher.get("/readyz")[0] == 200)
        drill = ["alert", "drill", "--through", "queue", "--queue", world.url, "--seconds", "50", "--format", "json"]
        command = [sys.executable, "-c", "from rootwarden.cli.main import main; main()", *drill]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    finally:
        assert watcher.stop() == 0
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["drill"]
    assert told["through"] == "queue"
    assert told["event_at"] <= told["seen_at"] <= told["sent_at"] == told["done_at"]
    assert "alerted after" in told["outcome"]
    with Store(f"sqlite:///{folder / 'alerts.db'}") as store:
        assert len(findings(store)) == len(receiver.posts) == 1
    assert world.left() == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "which queue?"),
        (["--queue", "rootwarden"], "is not the URL of a queue"),
        (
            ["--queue", "https://sqs.eu-west-1.amazonaws.com/000011112222/fake", "--expect-canary", "x"],
            "no account and",
        ),
        (["--queue", "https://sqs.eu-west-1.amazonaws.com/000011112222/fake", "--checkouts-key", "k"], "--checkouts"),
        (["--queue", "https://sqs.eu-west-1.amazonaws.com/000011112222/fake", "--dead-man-env", "NO"], "dead man"),
        (["--parked"], "there is no database `sqlite:///alerts.db`"),
        (["--parked", "--database", "mysql://fake"], "is no database for alerts"),
    ],
)
def test_wrong_usage_is_said_in_two_lines(arguments: list[str], said: str, aws: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from rootwarden.cli.main import main; main()", "trail", "watch", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 2
    assert "--parked" not in arguments or not list(tmp_path.iterdir())


def test_the_set_up_needs_no_queue_and_no_aws(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    for what in ("cloudformation", "terraform"):
        command = [sys.executable, "-c", "from rootwarden.cli.main import main; main()", "trail", "watch"]
        done = subprocess.run(
            [*command, "--print-setup", what], cwd=tmp_path, env=environment, capture_output=True, check=True
        )
        assert len(json.loads(done.stdout)) > 3
