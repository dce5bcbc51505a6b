"""The way to the service: bounded, typed, and never believing more than it must."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.logs import certificates
from tests.breakglass.servers import closing, dripping, http, saying, silent, tcp_server

from rootwarden.breakglass.client.door import Door
from rootwarden.breakglass.client.replies import CodeReply, PasswordReply, Said
from rootwarden.breakglass.client.troubles import NotThere, ServerError
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.errors import InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from rootwarden.errors import RootwardenError

REASONS = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 429: "Too Many Requests"}


def problem(status: int, **fields: Any) -> bytes:
    document = {"title": "x", "status": status, "detail": "it is not so", "hint": "do that", **fields}
    return http(json.dumps(document).encode(), f"{status} {REASONS.get(status, 'No')}")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, InputError, 2),
        (401, Refused, 1),
        (403, Refused, 1),
        (404, NotThere, 1),
        (409, Refused, 1),
        (413, InputError, 2),
        (429, ServerError, 3),
        (500, ServerError, 3),
        (503, ServerError, 3),
    ],
)
def test_every_status_is_an_exit_code(status: int, kind: type[RootwardenError], code: int) -> None:
    with tcp_server(saying(problem(status, step="A5"))) as port, pytest.raises(kind) as caught:
        Door(f"http://127.0.0.1:{port}").get("/me", Said)
    assert (caught.value.exit_code, caught.value.hint) == (code, "do that")
    assert caught.value.message.endswith("it is not so")


@pytest.mark.parametrize(
    "serve",
    [silent, closing, dripping(http(b"{}")), saying(b"no HTTP\r\n\r\n"), saying(http(b"<html>", "502 Bad Gateway"))],
    ids=["silent", "closing", "dripping", "no-http", "another-server"],
)
def test_a_server_that_misbehaves_ends_in_one_line(serve: Callable[..., None]) -> None:
    with tcp_server(serve) as port, pytest.raises(ServerError) as caught:
        Door(f"http://127.0.0.1:{port}", seconds=0.5).get("/me", Said)
    assert caught.value.exit_code == 3


def test_an_answer_of_another_form_is_not_repeated() -> None:
    """It may be a code."""
    with tcp_server(saying(http(b'{"code":"123456","device":7}'))) as port, pytest.raises(ServerError) as caught:
        Door(f"http://127.0.0.1:{port}").get("/leases/x/code", CodeReply)
    assert "123456" not in repr(caught.value) + caught.value.message + caught.value.hint
    assert caught.value.__cause__ is None


def test_what_a_server_says_does_not_move_the_terminal() -> None:
    moving = problem(403, detail="\x1b[2Jgone\u202e", step="A5\x1b")
    with tcp_server(saying(moving)) as port, pytest.raises(Refused) as caught:
        Door(f"http://127.0.0.1:{port}").get("/me", Said)
    assert caught.value.message.isprintable()


def test_secrets_on_their_way_do_not_print() -> None:
    given = PasswordReply(password="swordfish", anchored=())
    assert "swordfish" not in f"{given} {given!r}"


def test_who_asks_too_often_waits_as_long_as_the_service_says() -> None:
    answer = problem(429).replace(b"\r\n\r\n", b"\r\nRetry-After: 2\r\n\r\n", 1)
    waited: list[float] = []
    with tcp_server(saying(answer)) as port, pytest.raises(ServerError):
        Door(f"http://127.0.0.1:{port}", sleep=waited.append).get("/me", Said)
    assert waited == [2.0] * 5
    waited.clear()
    with tcp_server(saying(answer.replace(b"After: 2", b"After: 3600"))) as port, pytest.raises(ServerError):
        Door(f"http://127.0.0.1:{port}", sleep=waited.append).get("/me", Said)
    assert waited == []


def test_tls_is_checked_against_the_authority_that_is_named(tmp_path: Path) -> None:
    authority, certificate, key = certificates(tmp_path)
    from tests.breakglass.servers import witness_server

    from rootwarden.breakglass.witness.memory import Memory

    with (
        Memory(tmp_path / "memory") as memory,
        witness_server(memory, certificate=certificate, certificate_key=key) as address,
    ):
        # Another server with our certificate: it is reached, and is none of ours.
        with pytest.raises(ServerError, match="HTTP 404"):
            Door(address, authority).get("/me", Said)
        with pytest.raises(ServerError, match="does not answer"):
            Door(address).get("/me", Said)


@pytest.mark.parametrize(
    "address", ["", "breakglass", "ftp://x", "https://", "https://x/path", "https://x:port", "http://192.0.2.1"]
)
def test_an_address_that_is_none_or_is_unsafe_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        Door(address)
