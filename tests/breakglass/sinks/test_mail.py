"""BG-5: heads are mailed out; taken is 250 after DATA, by a server on loopback with STARTTLS."""

from __future__ import annotations

import email
import email.policy
import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.breakglass.logs import Log, certificates, now
from tests.breakglass.sinks.mail_server import MailServer, mail_server

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.sinks.mail import Mailbox, MailSink
from rootwarden.breakglass.sinks.panel import NotAnchoredError, Panel, Policy
from rootwarden.breakglass.witness.messages import parse_head
from rootwarden.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = Secret("a mail password")


@pytest.fixture
def tls(tmp_path: Path) -> tuple[str, ssl.SSLContext]:
    authority, certificate, key = certificates(tmp_path)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate, key)
    return authority, trust


@pytest.fixture
def server(tls: tuple[str, ssl.SSLContext]) -> Iterator[MailServer]:
    with mail_server(MailServer(tls[1])) as served:
        yield served


def panel_of(log: Log, port: int, *, seconds: float = 5, password: Secret | None = None, **more: Any) -> Panel:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "recipients": ("audit@example.org", "board@example.net"),
        "sender": "broker@example.com",
        "port": port,
        **more,
    }
    sink = MailSink("post", Mailbox(**given), password=password, log=log.name, clock=now)
    return Panel([sink], Policy(seconds=seconds), log, clock=now)


def test_the_head_is_mailed_to_everybody_over_tls(server: MailServer, tls: tuple[str, ssl.SSLContext]) -> None:
    log = Log(7)
    receipt = panel_of(log, server.port, authority=tls[0]).anchor(log.head()).receipts[0]
    assert "queued as 4F1C" in receipt.reference
    (content,) = server.mails
    assert server.was_safe == [True]
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert message["Subject"] == "main: head over 7 entries"
    assert message["To"] == "audit@example.org, board@example.net"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    assert "http" not in text
    assert "actor" not in text, "a mail has heads only"
    (line,) = [each for each in text.splitlines() if each.startswith("{")]
    assert parse_head(line.encode()) == log.head()
    assert [each for each in server.commands if each.startswith("rcpt")] == [
        "rcpt TO:<audit@example.org>",
        "rcpt TO:<board@example.net>",
    ]


REFUSALS = {
    "connect": "554 go away",
    "EHLO": "502 no",
    "STARTTLS": "454 not now",
    "MAIL": "550 not you",
    "RCPT": "550 no such user",
    "DATA": "554 no",
    "end": "552 mailbox full",
}


@pytest.mark.parametrize("step", REFUSALS)
def test_a_refusal_at_any_step_is_no_receipt(server: MailServer, tls: tuple[str, ssl.SSLContext], step: str) -> None:
    server.says[step] = REFUSALS[step]
    if step == "EHLO":
        server.says["HELO"] = REFUSALS[step]
    log = Log(3)
    panel = panel_of(log, server.port, authority=tls[0])
    with pytest.raises(NotAnchoredError) as raised:
        panel.anchor(log.head())
    assert "`post`" in raised.value.hint
    assert server.mails == []
    server.says.clear()
    panel.anchor(log.head())
    assert len(server.mails) == 1


def test_one_recipient_who_is_refused_refuses_all(server: MailServer, tls: tuple[str, ssl.SSLContext]) -> None:
    server.says["RCPT rcpt TO:<board@example.net>"] = "550 no such user here"
    with pytest.raises(NotAnchoredError) as raised:
        panel_of(Log(2), server.port, authority=tls[0]).anchor(Log(2).head())
    assert "550 no such user here" in raised.value.hint
    assert server.mails == []


@pytest.mark.parametrize("step", REFUSALS)
@pytest.mark.parametrize("how", ["silence", "reset", "drip 250-more and more and more and more"])
def test_a_server_that_hangs_drips_or_breaks_off(
    server: MailServer, tls: tuple[str, ssl.SSLContext], step: str, how: str
) -> None:
    server.says[step] = how
    panel = panel_of(Log(2), server.port, authority=tls[0], seconds=0.3)
    begun = time.monotonic()
    with pytest.raises(NotAnchoredError):
        panel.anchor(Log(2).head())
    assert time.monotonic() - begun < 3
    end = time.monotonic() + 5
    while panel.health()[0].busy_for is not None:
        assert time.monotonic() < end, "the thread did not end"
        time.sleep(0.005)
    assert panel.health()[0].accepted == 0


def test_a_certificate_nobody_vouches_for(server: MailServer) -> None:
    with pytest.raises(NotAnchoredError):
        panel_of(Log(2), server.port).anchor(Log(2).head())
    assert server.mails == []


def test_a_server_without_starttls_gets_nothing() -> None:
    with mail_server(MailServer()) as plain:
        plain.says["STARTTLS"] = "502 what?"
        with pytest.raises(NotAnchoredError):
            panel_of(Log(2), plain.port).anchor(Log(2).head())
        assert plain.mails == []
        assert not any(each.lower().startswith("mail") for each in plain.commands)
        panel_of(Log(2), plain.port, security="none").anchor(Log(2).head())
        assert plain.was_safe == [False]


def test_the_password_is_in_no_error(server: MailServer, tls: tuple[str, ssl.SSLContext]) -> None:
    server.says["EHLO"] = "250-mail.example.org\r\n250-STARTTLS\r\n250 AUTH PLAIN"
    server.says["AUTH"] = f"535 wrong: {PASSWORD.reveal()}"
    panel = panel_of(Log(2), server.port, authority=tls[0], user="broker", password=PASSWORD)
    with pytest.raises(NotAnchoredError) as raised:
        panel.anchor(Log(2).head())
    assert PASSWORD.reveal() not in f"{raised.value} {raised.value.hint} {panel.health()}"


BAD: list[dict[str, Any]] = [
    {"security": "none", "host": "192.0.2.1"},
    {"security": "none", "user": "broker"},
    {"security": ""},
    {"recipients": ()},
    {"recipients": ("nobody",)},
    {"recipients": ("a@example.org\r\nBcc: b@example.org",)},
    {"sender": "a@b@c, d"},
]


@pytest.mark.parametrize("more", BAD)
def test_what_could_be_read_on_the_way_or_reaches_nobody(more: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        panel_of(Log(1), 587, **more)
