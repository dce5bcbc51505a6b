"""Secrets are opened in a child that lives for milliseconds: it has the keys it needs, answers over a pipe, is gone.

A fork, not a new interpreter: measured, a fork with its work takes a few milliseconds, a start of Python tens of
(docs/vault.md). Its memory goes back to the kernel when it ends, which zeroes every page before anybody gets it: the
one wiping that leaves no copies behind, whatever Python or a library did with them.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import time
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from rootwarden.breakglass.custody.troubles import CustodyError
from rootwarden.breakglass.vault.framing import Deadline, receive, send
from rootwarden.breakglass.vault.system import die_with_parent, lock_memory
from rootwarden.breakglass.vault.troubles import VaultError
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.breakglass.custody.keys import Secret

SECONDS: Final = 10.0
_CPU_SECONDS: Final = 10
_ENDING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Result(NamedTuple):
    """What a child found: JSON everybody may see, and a secret."""

    message: bytes
    secret: Secret | None = None


class _Said(msgspec.Struct, frozen=True):
    """The first part of a child's frame."""

    message: bytes = b""
    trouble: str = ""
    hint: str = ""


class _Pipe:
    """Both ends of a pipe as a stream of frames."""

    def __init__(self, number: int) -> None:
        self._number = number

    def fileno(self) -> int:
        return self._number

    def recv_into(self, buffer: memoryview) -> int:
        return os.readv(self._number, [buffer])

    def send(self, data: memoryview) -> int:
        return os.write(self._number, data)


def in_child(work: Callable[[], Result], *, first: Callable[[], None], seconds: float = SECONDS) -> Result:
    """Do something with secrets in a child.

    Args:
        work: What to do there.
        first: What to wipe there before: everything the work does not need.
        seconds: How long it may take.

    Returns:
        What it found; its secret is the caller's to wipe.

    Raises:
        CustodyError: What it was given does not open, or is not what it should be.
        VaultError: It failed otherwise, or took too long.
    """
    ours, its = os.pipe2(os.O_CLOEXEC)
    parent = os.getpid()
    # A signal that ends the vault must not be handled in the child, as the vault handles it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    child = os.fork()
    if child == 0:
        _be_the_child(its, parent, work, first)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    os.close(its)
    deadline = time.monotonic() + seconds
    try:
        frame = receive(_Pipe(ours), Deadline(seconds))
    finally:
        os.close(ours)
        _bury(child, deadline)
    if frame is None:
        raise VaultError("the child that opens secrets ended without an answer")
    return _understood(frame.message, frame.secret)


def _understood(message: bytes, secret: Secret) -> Result:
    said = msgspec.json.decode(message, type=_Said)
    if said.trouble:
        secret.wipe()
        raise CustodyError(said.trouble, hint=said.hint)
    return Result(said.message, secret)


def _be_the_child(pipe: int, parent: int, work: Callable[[], Result], first: Callable[[], None]) -> None:
    """Never returns, whatever happens: two processes must not go on as one."""
    code = 1
    try:
        _settle(pipe, parent)
        first()
        said, secret = _done(work)
        send(_Pipe(pipe), msgspec.json.encode(said), secret, Deadline(SECONDS))
        code = 0
    finally:
        os._exit(code)


def _done(work: Callable[[], Result]) -> tuple[_Said, Secret | None]:
    try:
        message, secret = work()
    except RootwardenError as error:
        return _Said(trouble=error.message, hint=error.hint), None
    return _Said(message=message), secret


def _settle(pipe: int, parent: int) -> None:
    """Nothing of the vault stays open but the pipe; nothing can be written to a file, or last."""
    die_with_parent()
    if os.getppid() != parent:
        os._exit(1)
    for each in _ENDING:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    os.dup2(os.open(os.devnull, os.O_RDWR), 2)
    os.closerange(3, pipe)
    os.closerange(pipe + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, _CPU_SECONDS))
    # Locks on memory are not inherited (mlock(2)); pages are locked as they are touched.
    lock_memory(on_fault=True)


def _bury(child: int, deadline: float) -> None:
    """Wait for the child's end, and bring it about when it does not come."""
    handle = os.pidfd_open(child)
    try:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    finally:
        os.close(handle)
