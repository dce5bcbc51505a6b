"""Messages on a stream: two lengths, a JSON object, and bytes that nobody decodes on the way.

    frame = length of the JSON (4 bytes, big-endian) length of the secret (4 bytes) JSON secret

Sizes are bounded before anything is read, and the whole frame has one deadline, however slowly it comes.
"""

from __future__ import annotations

import select
import struct
import time
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from rootwarden.breakglass.custody.keys import Secret
from rootwarden.breakglass.vault.troubles import VaultError, WentAwayError

if TYPE_CHECKING:
    from collections.abc import Callable

JSON_LIMIT: Final = 16 * 1024 * 1024
# A photograph of a QR code is the largest secret there is.
SECRET_LIMIT: Final = 12 * 1024 * 1024
_LENGTHS: Final = struct.Struct(">II")
_MILLISECONDS: Final = 1000


class Frame(NamedTuple):
    """A message: what everybody may see of it, and what nobody should."""

    message: bytes
    secret: Secret


class Stream(Protocol):
    """What a frame comes over: a socket, or a pipe with the same two ways."""

    def fileno(self) -> int:
        """To wait for."""

    def recv_into(self, buffer: memoryview, /) -> int:
        """Read some bytes; 0 at the end."""

    def send(self, data: memoryview, /) -> int:
        """Write some bytes."""


class Deadline:
    """One limit for all the waiting there is in an exchange.

    Args:
        seconds: From now on.
        meanwhile: Called at least every `every` seconds while waiting; ends the waiting by what it raises.
        every: See there.
    """

    def __init__(self, seconds: float, *, meanwhile: Callable[[], None] | None = None, every: float = 0.25) -> None:
        self._until = time.monotonic() + seconds
        self.meanwhile = meanwhile
        self._every = every

    def wait(self, stream: Stream, event: int) -> None:
        """Wait until the stream can be read or written.

        Raises:
            VaultError: It took too long.
        """
        poll = select.poll()
        poll.register(stream.fileno(), event)
        while True:
            left = self._until - time.monotonic()
            if left <= 0:
                raise VaultError("the other side took too long")
            if poll.poll(min(left, self._every) * _MILLISECONDS):
                return
            if self.meanwhile is not None:
                self.meanwhile()


def receive(stream: Stream, deadline: Deadline) -> Frame | None:
    """Read one frame.

    Returns:
        The frame; `None` when the other side closed before it began one.

    Raises:
        VaultError: It is too large, not whole, or too slow.
    """
    lengths = bytearray(_LENGTHS.size)
    if not _fill(stream, lengths, deadline, may_end=True):
        return None
    message_length, secret_length = _LENGTHS.unpack(lengths)
    if message_length > JSON_LIMIT or secret_length > SECRET_LIMIT:
        raise VaultError("the message is too large")
    message = bytearray(message_length)
    _fill(stream, message, deadline)
    secret = Secret(bytearray(secret_length), "message's secret")
    try:
        _fill(stream, secret.content, deadline)
    except BaseException:
        secret.wipe()
        raise
    return Frame(bytes(message), secret)


def send(stream: Stream, message: bytes, secret: Secret | None, deadline: Deadline) -> None:
    """Write one frame, and wipe its secret.

    Raises:
        VaultError: It is too large, or the other side does not read it.
    """
    with secret or Secret(bytearray(), "nothing") as beside:
        if len(message) > JSON_LIMIT or len(beside) > SECRET_LIMIT:
            raise VaultError("the message is too large")
        for part in (_LENGTHS.pack(len(message), len(beside)), message, beside.content):
            _pour(stream, part, deadline)


def _fill(stream: Stream, buffer: bytearray, deadline: Deadline, *, may_end: bool = False) -> bool:
    with memoryview(buffer) as view:
        filled = 0
        while filled < len(buffer):
            deadline.wait(stream, select.POLLIN)
            try:
                count = stream.recv_into(view[filled:])
            except BlockingIOError:
                continue
            except OSError:
                # Closed with something unread: to this side it looks like a reset, and is an end all the same.
                count = 0
            if count == 0:
                if may_end and filled == 0:
                    return False
                raise VaultError("the other side went away in the middle of a message")
            filled += count
    return True


def _pour(stream: Stream, content: bytes | bytearray, deadline: Deadline) -> None:
    with memoryview(content) as view:
        sent = 0
        while sent < len(content):
            deadline.wait(stream, select.POLLOUT)
            try:
                sent += stream.send(view[sent:])
            except BlockingIOError:
                continue
            except OSError:
                raise WentAwayError("the other side went away before it had the whole answer") from None
