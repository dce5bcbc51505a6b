"""How the broker asks the vault: one request, one answer, one connection."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

import msgspec

from rootwarden.breakglass.vault.framing import Deadline, receive, send
from rootwarden.breakglass.vault.messages import Answer, AnyAnswer, No
from rootwarden.breakglass.vault.troubles import VaultError, WentAwayError

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.custody.keys import Secret
    from rootwarden.breakglass.vault.messages import Request

SECONDS: Final = 35.0
_ANSWERS: Final = msgspec.json.Decoder(AnyAnswer)
Expected = TypeVar("Expected", bound=Answer)


class RefusedByVault(VaultError):  # noqa: N818 - what happened, not an error of anybody
    """The vault said no.

    Attributes:
        custodian: Whose share it was about, if it was.
    """

    def __init__(self, said: No) -> None:
        super().__init__(said.message, hint=said.hint, step=said.step)
        self.custodian = said.custodian


class Answered(NamedTuple):
    """An answer, and the secret beside it, to be wiped."""

    answer: Answer
    secret: Secret


def ask(path: Path, request: Request, secret: Secret | None = None, *, seconds: float = SECONDS) -> Answered:
    """Ask the vault.

    Args:
        path: Its socket.
        request: What.
        secret: What goes beside it; it is wiped.
        seconds: How long it may take.

    Raises:
        RefusedByVault: It said no.
        VaultError: It is not there, took too long, or went away.
    """
    deadline = Deadline(seconds)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.settimeout(seconds)
        try:
            caller.connect(str(path))
        except OSError as error:
            raise VaultError(f"the vault does not answer at `{path}`: {error.strerror or error}") from error
        caller.setblocking(False)
        # A vault that does not talk to this user closes at once, with luck before it was asked anything.
        with suppress(WentAwayError):
            send(caller, msgspec.json.encode(request), secret, deadline)
        frame = receive(caller, deadline)
    if frame is None:
        raise VaultError(f"the vault at `{path}` does not talk to this user")
    answer = _read(frame.message)
    if isinstance(answer, No):
        frame.secret.wipe()
        raise RefusedByVault(answer)
    return Answered(answer, frame.secret)


def answer_of(path: Path, request: Request, kind: type[Expected], secret: Secret | None = None) -> Expected:
    """Ask for an answer of one kind, with nothing secret beside it.

    Raises:
        RefusedByVault: The vault said no.
        VaultError: It is not there, or answered otherwise.
    """
    answer, beside = ask(path, request, secret)
    beside.wipe()
    if not isinstance(answer, kind):
        raise VaultError(f"the vault answered `{type(answer).__name__}`, not `{kind.__name__}`")
    return answer


def _read(message: bytes) -> AnyAnswer:
    try:
        answer: AnyAnswer = _ANSWERS.decode(message)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise VaultError("the vault's answer is none this version knows") from None
    return answer
