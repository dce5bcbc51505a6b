"""The vault as a process: hardened first, then one Unix socket, one caller at a time, one thread.

One thread, because a fork of a process with several is a gamble, and because nothing then happens between a check and
what follows from it. Callers are told apart by the kernel (SO_PEERCRED), not by what they say.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import stat
import struct
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.breakglass.codes.ledger import StepLedger
from rootwarden.breakglass.custody.troubles import ShareError
from rootwarden.breakglass.vault.following import Follower
from rootwarden.breakglass.vault.framing import Deadline, receive, send
from rootwarden.breakglass.vault.messages import AnyRequest, Begun, No
from rootwarden.breakglass.vault.service import Vault, encoded
from rootwarden.breakglass.vault.state import LEDGER, StateFolder
from rootwarden.breakglass.vault.system import LOCKED, ON, harden
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from types import FrameType

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.custody.keys import Secret
    from rootwarden.breakglass.vault.authority import Authority
    from rootwarden.breakglass.vault.framing import Frame
    from rootwarden.breakglass.vault.messages import Hardening
    from rootwarden.breakglass.vault.nonces import Nonces

EXCHANGE_SECONDS: Final = 30.0
_TIDY_SECONDS: Final = 0.25
_BACKLOG: Final = 16
_PEER: Final = struct.Struct("iII")
_REQUESTS: Final = msgspec.json.Decoder(AnyRequest)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a vault runs.

    Attributes:
        state: Its own folder.
        socket: Where it listens.
        peers: Users, by number, who may ask: the broker's, and nobody else's.
        group: Group, by number, that may open the socket; `None`: only the vault's own user.
        exchange_seconds: How long one request and its answer may take in all.
    """

    state: Path
    socket: Path
    peers: frozenset[int]
    group: int | None = None
    exchange_seconds: float = EXCHANGE_SECONDS


def boot_seconds() -> float:
    """A clock that only goes forward, also while the machine sleeps (CLOCK_BOOTTIME)."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def run(
    settings: Settings,
    *,
    authority: Authority,
    checkpoint_keys: Sequence[Ed25519PublicKey],
    clock: Callable[[], datetime],
    monotonic: Callable[[], float] = boot_seconds,
    nonces: Nonces | None = None,
) -> None:
    """Be the vault until SIGTERM or SIGINT.

    Args:
        settings: How.
        authority: Who replays the log.
        checkpoint_keys: Who signs its heads.
        clock: The time, when it can be trusted; raises otherwise.
        monotonic: Seconds by a clock that only goes forward.
        nonces: Gives out what a witness is to sign; of its own when there are none.

    Raises:
        VaultError: The vault does not run here: as root, with an open folder, where core dumps cannot be switched off.
    """
    hardening = harden()
    _tell_what_is_missing(hardening)
    folder = StateFolder(settings.state)
    try:
        folder.prepare()
        ledger = StepLedger(settings.state / LEDGER)
        vault = Vault(
            authority=authority,
            follower=Follower(authority, folder, checkpoint_keys),
            folder=folder,
            ledger=ledger,
            clock=clock,
            monotonic=monotonic,
            hardening=hardening,
            nonces=nonces,
        )
        try:
            _serve(vault, settings)
        finally:
            vault.wipe()
            ledger.close()
    finally:
        folder.close()


def _tell_what_is_missing(hardening: Hardening) -> None:
    """At every start, on the console: a measure that did not work is nothing to find out later."""
    for measure, how in hardening.measures.items():
        if how != ON:
            _tell(f"warning: {measure}: {how}")
    if hardening.measures[LOCKED] != ON:
        _tell("warning: keys in memory could be written to swap: docs/vault.md#locked-memory says what to do")


class Ending:
    """Whether SIGTERM or SIGINT came.

    The handler only remembers: what it raised would be lost where it interrupts a finalizer, as those of secrets are.
    """

    asked = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Take the signal, wherever it interrupts."""
        self.asked = True


def _serve(vault: Vault, settings: Settings) -> None:
    ending = Ending()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, ending)
    with _listening(settings) as listener:
        _tell(f"listening; callers: {', '.join(map(str, sorted(settings.peers)))}")
        poll = select.poll()
        poll.register(listener, select.POLLIN)
        while not ending.asked:
            vault.tidy()
            if not poll.poll(_TIDY_SECONDS * 1000):
                continue
            try:
                caller, _ = listener.accept()
            except OSError:
                continue
            with caller:
                _exchange(vault, caller, settings, ending)


def _listening(settings: Settings) -> socket.socket:
    _take_stale_away(settings.socket)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # The mask of `harden` makes it 0600; others are let in afterwards.
        listener.bind(str(settings.socket))
        if settings.group is not None:
            os.chown(settings.socket, -1, settings.group)
            settings.socket.chmod(0o660)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise VaultError(f"the vault cannot listen at `{settings.socket}`: {error.strerror or error}") from error
    return listener


def _take_stale_away(path: Path) -> None:
    """A socket that a vault before left behind; the state folder's lock says that it is no more."""
    try:
        found = path.lstat()
    except OSError:
        return
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        raise VaultError(f"`{path}` is there already, and is no socket of this user")
    path.unlink()


def _exchange(vault: Vault, caller: socket.socket, settings: Settings, ending: Ending) -> None:
    """One request, one answer; whatever happens, the vault goes on.

    A vault that is to end does not wait for a request, and gives an answer it has: a code that was given out is lost
    otherwise.
    """
    caller.setblocking(False)
    _, user, _ = _PEER.unpack(caller.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    if user not in settings.peers:
        _tell(f"user {user} may not ask")
        return

    def asking() -> None:
        vault.tidy()
        if ending.asked:
            raise VaultError("the vault ends, and was not asked yet")

    deadline = Deadline(settings.exchange_seconds, meanwhile=asking, every=_TIDY_SECONDS)
    try:
        frame = receive(caller, deadline)
        if frame is None:
            return
        deadline.meanwhile = vault.tidy
        with frame.secret:
            answer, secret = _answered(vault, frame)
        send(caller, answer, secret, deadline)
    except VaultError as error:
        _tell(f"an exchange failed: {error.message}")


def _answered(vault: Vault, frame: Frame) -> tuple[bytes, Secret | None]:
    name = "message"
    try:
        request = _read(frame.message)
        name = type(request).__name__
        answer, secret = vault.handle(request, frame.secret)
    except RootwardenError as error:
        step = getattr(error, "step", "")
        _tell(f"{name}: refused {step}".rstrip())
        custodian = error.custodian if isinstance(error, ShareError) else ""
        return encoded(No(message=error.message, hint=error.hint, step=step, custodian=custodian)), None
    except Exception as error:  # noqa: BLE001 - a traceback could show a secret, and others need the vault to go on
        _tell(f"{name}: failed with {type(error).__name__}")
        return encoded(No(message=f"this looks like a bug in the vault: {type(error).__name__}")), None
    # What an operator at the vault's console reads out to custodians, past the broker.
    _tell(f"{name}: done" + (f"; fingerprint {answer.shown}" if isinstance(answer, Begun) else ""))
    return encoded(answer), secret


def _read(message: bytes) -> AnyRequest:
    try:
        request: AnyRequest = _REQUESTS.decode(message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise VaultError("the message is no request the vault knows") from None
    return request


def _tell(line: str) -> None:
    """To the journal: kinds and steps, never what was asked or answered."""
    sys.stderr.write(f"vault: {line}\n")
    sys.stderr.flush()
