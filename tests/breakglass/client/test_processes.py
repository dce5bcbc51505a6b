"""The processes of break-glass from their commands: founding, the service, a witness; and where they may not run."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.client.served import PROGRAM, run_here

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FOUNDERS = {
    "ada": ["administrator"],
    "ben": ["administrator", "approver"],
    "ida": ["administrator"],
    "rita": ["requester"],
    "anna": ["approver"],
    "omar": ["approver"],
}
QUORUM = {"slots": [{"count": 2}], "passkey_releases": False}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Settings, founders and their keys."""
    port = free_port()
    (tmp_path / "breakglass.toml").write_text(
        f"""
        database = "sqlite:///breakglass.db"
        vault = "vault.sock"
        [web]
        origin = "http://localhost:{port}"
        port = {port}
        [[sink]]
        type = "file"
        name = "other-mount"
        path = "{tmp_path}/heads.jsonl"
        any_mount = true
        """,
        encoding="utf-8",
    )
    people = [{"id": name, "name": name.capitalize(), "roles": roles} for name, roles in FOUNDERS.items()]
    founding = {"log": "main", "people": people, "settings": {"quorums": {"default": QUORUM}}}
    (tmp_path / "founding.json").write_text(json.dumps(founding), encoding="utf-8")
    for name in FOUNDERS:
        assert run_here(tmp_path, "breakglass", "key", "make", "-o", f"{name}.pem").code == 0
    return tmp_path


@contextmanager
def started(folder: Path, *arguments: str, until: str) -> Iterator[list[str]]:
    """A command that runs on; what it said until it was ready."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", PROGRAM.format(""), *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            if until in line:
                break
        try:
            yield said
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=30)[1]
        assert process.returncode == 0, "\n".join([*said, rest])


def founders() -> list[str]:
    return [part for name in FOUNDERS for part in ("--founder", f"{name}={name}.pem")]


def test_a_log_is_founded_at_the_console_and_served(house: Path) -> None:
    without = run_here(house, "breakglass", "found", "founding.json", *founders()[:-2])
    assert (without.code, "founders and keys do not fit: omar" in without.err) == (2, True)
    founded = run_here(house, "breakglass", "found", "founding.json", *founders())
    assert (founded.code, founded.out.splitlines()[0]) == (0, "-----BEGIN PUBLIC KEY-----"), founded.err
    assert "warning: " not in founded.err
    again = run_here(house, "breakglass", "found", "founding.json", *founders())
    assert (again.code, again.err.splitlines()[0]) == (2, "error: there is a log already")
    with started(house, "serve", until="serving ") as said:
        assert said[0] == "warning: no placement is declared: nobody looked at what this depends on"
        around = {
            "ROOTWARDEN_SERVER": said[-1].split()[1],
            "ROOTWARDEN_KEY": "anna.pem",
            "ROOTWARDEN_HEADS": "heads",
        }
        status = run_here(house, "breakglass", "status", **around)
        assert (status.code, "you are anna (Anna): approver" in status.out) == (0, True), status.err
    assert (house / "heads" / "main.pem").read_text(encoding="ascii") == founded.out


@pytest.mark.parametrize(
    ("slots", "warnings"),
    [
        ([{"count": 2}], []),
        ([{"count": 3}], ["`default` cannot be met when `ben` asks: nobody is left for any group"]),
        (
            [{"count": 2, "group": "security"}],
            ["`default` cannot be met when `ben` asks: nobody is left for security, security"],
        ),
    ],
)
def test_founding_warns_of_a_quorum_that_these_people_cannot_meet(
    house: Path, slots: list[dict[str, object]], warnings: list[str]
) -> None:
    """It is no error: more people may come. Until then no account is taken (C6)."""
    founding = json.loads((house / "founding.json").read_text(encoding="utf-8"))
    founding["settings"]["quorums"]["default"]["slots"] = slots
    (house / "founding.json").write_text(json.dumps(founding), encoding="utf-8")
    founded = run_here(house, "breakglass", "found", "founding.json", *founders())
    assert founded.code == 0, founded.err
    said = [line for line in founded.err.splitlines() if line.startswith("warning: ")]
    unmet = "no account can be guarded with it before there are"
    assert said == [f"warning: the quorum {one}: {unmet}" for one in warnings]


def test_the_first_run_shows_a_token_once_and_here_only(house: Path) -> None:
    with started(house, "breakglass", "serve", "--settings", "breakglass.toml", until="serving ") as said:
        shown = [line for line in said if line.startswith("first run: the one-time token is ")]
        assert len(shown) == 1
        token = shown[0].split()[-1]
    assert len(token) > 40
    assert not any(token.encode() in path.read_bytes() for path in house.iterdir() if path.is_file())


def test_a_service_that_may_not_run_here_says_so_and_releases_nothing(house: Path) -> None:
    """BG-14: it shows and verifies; only a waiver in the log lets it release where it should not."""
    assert run_here(house, "breakglass", "found", "founding.json", *founders()).code == 0
    placement = 'protected = ["000011112222"]\n[[dependency]]\nneed = "dns"\nname = "hosts file"\nnone = true\n'
    (house / "placement.toml").write_text(placement, encoding="utf-8")
    settings = (house / "breakglass.toml").read_text(encoding="utf-8")
    (house / "breakglass.toml").write_text('placement = "placement.toml"\n' + settings, encoding="utf-8")
    checked = run_here(house, "breakglass", "placement", "check", "placement.toml")
    assert checked.out.startswith("place: ")
    assert (checked.code != 0) is ("BLOCKS: " in checked.out)
    with started(house, "serve", until="serving ") as said:
        assert any(line.startswith("nothing is released here: ") for line in said) is bool(checked.code)


def test_a_witness_is_told_which_log_it_watches(tmp_path: Path) -> None:
    assert run_here(tmp_path, "breakglass", "key", "make", "-o", "witness.pem").code == 0
    public = json.loads(run_here(tmp_path, "breakglass", "key", "show", "witness.pem").out)["key"]
    (tmp_path / "log.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n")
    (tmp_path / "token").write_text("0123456789abcdef0123456789abcdef\n", encoding="ascii")
    (tmp_path / "token").chmod(0o600)
    options = ("--folder", "memory", "--key", "witness.pem", "--token-file", "token")
    alone = run_here(tmp_path, "breakglass", "witness", "run", "second", *options)
    assert (alone.code, "no log is registered" in alone.err) == (2, True)
    registered = run_here(
        tmp_path, "breakglass", "witness", "register", "main", "--folder", "memory", "--key", "log.pem"
    )
    assert (registered.code, registered.err) == (0, "`main` is watched\n")
    open_to_all = run_here(tmp_path, "breakglass", "witness", "run", "second", *options, "--host", "192.0.2.1")
    assert (open_to_all.code, "needs a certificate" in open_to_all.err) == (2, True)


def test_a_witness_says_where_it_listens_and_what_it_watches(tmp_path: Path) -> None:
    assert run_here(tmp_path, "breakglass", "key", "make", "-o", "witness.pem").code == 0
    public = json.loads(run_here(tmp_path, "breakglass", "key", "show", "witness.pem").out)["key"]
    (tmp_path / "log.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n")
    (tmp_path / "token").write_text("0123456789abcdef0123456789abcdef\n", encoding="ascii")
    (tmp_path / "token").chmod(0o600)
    register = ("breakglass", "witness", "register", "main", "--folder", "memory", "--key", "log.pem")
    assert run_here(tmp_path, *register).code == 0
    options = ("--folder", "memory", "--key", "witness.pem", "--token-file", "token", "--port", str(free_port()))
    with started(tmp_path, "breakglass", "witness", "run", "second", *options, until="witness `second` ") as said:
        assert said[-1] == f"witness `second` watches `main` at http://127.0.0.1:{options[-1]}"


def test_a_service_says_what_it_could_not_do(house: Path) -> None:
    assert run_here(house, "breakglass", "found", "founding.json", *founders()).code == 0
    settings = (house / "breakglass.toml").read_text(encoding="utf-8")
    hosts = 'time_hosts = ["https://127.0.0.1:1/", "https://127.0.0.2:1/"]\n'
    (house / "breakglass.toml").write_text(hosts + settings, encoding="utf-8")
    with started(house, "serve", until="trouble: ") as said:
        assert any("trouble: 0 of 2 time hosts answered" in line for line in said), said


def test_the_same_trouble_is_said_once_in_ten_minutes() -> None:
    from rootwarden.errors import StoreError
    from rootwarden.web.running import Troubles

    now, lines = [0.0], list[str]()
    heard = Troubles(lines.append, lambda: now[0])
    for at, what in ((0.0, "a"), (1.0, "a"), (2.0, "b"), (599.0, "a"), (600.0, "a")):
        now[0] = at
        heard(StoreError(what, hint="h"))
    assert lines == ["trouble: a; h", "trouble: b; h", "trouble: a; h"]


def test_a_vault_that_cannot_keep_secrets_does_not_run(tmp_path: Path) -> None:
    assert run_here(tmp_path, "breakglass", "key", "make", "-o", "checkpoint.pem").code == 0
    public = json.loads(run_here(tmp_path, "breakglass", "key", "show", "checkpoint.pem").out)["key"]
    (tmp_path / "log.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{public}\n-----END PUBLIC KEY-----\n")
    (tmp_path / "state").mkdir(mode=0o777)
    (tmp_path / "state").chmod(0o777)
    options = ("--state", "state", "--socket", "vault.sock", "--peer", "nobody", "--checkpoint-key", "log.pem")
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(""), "breakglass", "vault", "run", *options],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in (1, 2, 3)
    assert done.stderr.startswith("error: ")
    unknown = run_here(tmp_path, "breakglass", "vault", "run", *options[:4], "--peer", "no-such-user", *options[6:])
    assert (unknown.code, "there is no user `no-such-user` here" in unknown.err) == (2, True)
