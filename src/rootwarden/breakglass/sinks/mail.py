"""A mailbox outside: one mail a head, submitted with TLS (RFC 6409, RFC 8314); taken is what gets 250 after DATA.

Every recipient must be taken. The mail carries the head and no link.
"""

from __future__ import annotations

import smtplib
import socket
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from rootwarden.alert.secret import Secret
from rootwarden.breakglass.exchange import trust_of
from rootwarden.breakglass.sinks.sink import Receipt, SinkKind
from rootwarden.errors import SinkError, UsageError
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from rootwarden.breakglass.sinks.lane import Allowance
    from rootwarden.transparency.head import Head

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_TAKEN: Final = range(200, 300)
_LONGEST_REPLY: Final = 200
_ME: Final = "[127.0.0.1]"  # RFC 5321, section 4.1.3: an address literal; asking for our name may hang without DNS


class Mailbox(msgspec.Struct, frozen=True, kw_only=True):
    """Who gets heads by mail, and through which server.

    Attributes:
        host: The server that takes mail from us.
        recipients: Addresses, all outside the broker's administration.
        sender: Our address.
        port: 587 for `starttls`, 465 for `tls`.
        security: `starttls`, `tls`, or on loopback only `none`.
        authority: Path of the certificate authority of its certificate, PEM; empty for those of the system.
        user: Name to sign in with; empty: none.
    """

    host: str
    recipients: tuple[str, ...]
    sender: str
    port: int = 587
    security: str = "starttls"
    authority: str = ""
    user: str = ""


class MailSink:
    """A mailbox.

    Args:
        name: What people call it.
        mailbox: Who and where.
        password: Of the user, if there is one.
        log: Name of the log.
        clock: Now.

    Raises:
        UsageError: It could be read on the way, or nobody would get it.
    """

    kind: ClassVar[SinkKind] = SinkKind.MAIL
    tells: ClassVar[bool] = False
    takes_entries: ClassVar[bool] = False

    def __init__(
        self, name: str, mailbox: Mailbox, *, password: Secret | None, log: str, clock: Callable[[], datetime]
    ) -> None:
        is_safe = mailbox.security in ("starttls", "tls")
        if not is_safe and not (mailbox.security == "none" and mailbox.host in _LOOPBACK and not mailbox.user):
            raise UsageError(f"`{name}` would send without TLS", hint="security is `starttls` or `tls`")
        if not mailbox.recipients or any(not _is_address(each) for each in (*mailbox.recipients, mailbox.sender)):
            raise UsageError(f"`{name}` has an address that is none", hint="give recipients and a sender as name@host")
        self.name = name
        self._mailbox = mailbox
        self._password = password or Secret("")
        self._trust = trust_of(mailbox.authority) if is_safe else None
        self._log = log
        self._clock = clock

    def offer(self, head: Head, entries: Sequence[bytes], within: Allowance) -> Receipt:
        """Send the head to everybody."""
        del entries
        now = self._clock()
        server = _Server(within)
        try:
            reply = self._submit(server, self._message(head, now), within)
            server.bye()
        except smtplib.SMTPResponseException as error:
            within.left()
            raise self._refused(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError, ValueError) as error:
            within.left()
            why = getattr(error, "strerror", None) or type(error).__name__
            hint = "is it running, and is the way there open?"
            raise SinkError(f"`{self.name}` did not take it: {why}", hint=hint) from error
        finally:
            server.close()
        return Receipt(
            sink=self.name,
            kind=self.kind,
            head=head,
            accepted_at=now,
            reference=_shown(reply),
            verifiable=False,
        )

    def newest(self, within: Allowance) -> tuple[Head, ...]:
        """Nobody can ask a mailbox."""
        del within
        raise SinkError(f"`{self.name}` cannot be asked: it only takes mail", hint="compare its newest mail by hand")

    def _submit(self, server: _Server, message: bytes, within: Allowance) -> bytes:
        """One mail, step by step, so that one recipient who is refused is noticed.

        Returns:
            What the server said when it had taken it.
        """
        box = self._mailbox
        trust = self._trust if box.security == "tls" else None
        self._said(server.open(box.host, box.port, trust), 220)
        server.ehlo_or_helo_if_needed()
        if self._trust is not None and box.security == "starttls":
            self._said(server.starttls(context=self._trust), 220)
            server.ehlo_or_helo_if_needed()
        if box.user:
            server.login(box.user, self._password.reveal())
        self._said(server.mail(box.sender))
        for each in box.recipients:
            within.left()
            self._said(server.rcpt(each))
        code, reply = server.data(message)
        self._said((code, reply), 250)
        return reply

    def _message(self, head: Head, now: datetime) -> bytes:
        record = canonical({"size": head.size, "root": head.root, "time": head.time, "signature": head.signature})
        message = EmailMessage(policy=WIRE)
        message["Subject"] = f"{self._log}: head over {head.size} entries"
        message["From"] = self._mailbox.sender
        message["To"] = ", ".join(self._mailbox.recipients)
        message["Date"] = now
        message["Message-ID"] = f"<head.{head.size}.{int(now.timestamp())}@{self._mailbox.sender.partition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office reply
        message.set_content(
            f"The audit log of break-glass, {self._log}, has {head.size} entries.\n"
            "Keep this mail: a log that is shorter, or has another root at this size, was changed.\n\n"
            f"{record.decode()}\n",
            cte="quoted-printable",
        )
        return message.as_bytes()

    def _said(self, answer: tuple[int, bytes], code: int | None = None) -> None:
        if answer[0] != code if code is not None else answer[0] not in _TAKEN:
            raise self._refused(*answer)

    def _refused(self, code: int, reply: bytes | str) -> SinkError:
        text = reply if isinstance(reply, str) else _shown(reply)
        said = self._password.hidden_in(text) if self._password else text
        return SinkError(f"`{self.name}` refused it: {code} {said}", hint="what the server says is what to mend")


class _Server(smtplib.SMTP):
    """An SMTP connection whose socket is shut down when the allowance ends."""

    def __init__(self, within: Allowance) -> None:
        self._within = within
        self._trust: ssl.SSLContext | None = None
        super().__init__(local_hostname=_ME, timeout=within.left())

    def open(self, host: str, port: int, trust: ssl.SSLContext | None) -> tuple[int, bytes]:
        """Connect, with TLS from the start if trust is given."""
        self._trust = trust
        self._host = host  # smtplib checks the certificate of STARTTLS against it
        return self.connect(host, port)

    def bye(self) -> None:
        """Say goodbye; the mail is taken, whatever comes back."""
        try:
            self.quit()
        except (smtplib.SMTPException, OSError, ValueError):
            return

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del timeout  # what is left of the allowance holds
        plain = socket.create_connection((host, port), timeout=self._within.left())
        try:
            self._within.hold(plain)
            return plain if self._trust is None else self._trust.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


def _is_address(text: str) -> bool:
    name, _, host = text.rpartition("@")
    return bool(name and host) and text.isascii() and text.isprintable() and not set(text) & set(' ,;<>"\r\n')


def _shown(reply: bytes) -> str:
    text = reply.decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_LONGEST_REPLY]
