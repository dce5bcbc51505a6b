"""One sink's work, with a limit that holds whatever a library does with its own.

A lane has one thread at a time. When the time is up its sockets are shut down, which ends every wait on them; while a
thread has not ended past its time the lane refuses. So a sink that hangs costs one thread, never one an offer. Behind
the work under way one more piece waits. A newer one takes its place, and its result is that of both.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

from rootwarden.errors import RootwardenError, SinkError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Allowance:
    """What is left of the time of one piece of work, and the sockets that are shut down at its end.

    Args:
        seconds: The limit, from now.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._held: list[socket.socket] = []
        self._lock = threading.Lock()
        self._is_cut = False

    def left(self) -> float:
        """Seconds left.

        Raises:
            SinkError: None are.
        """
        left = self._end - time.monotonic()
        if self._is_cut or left <= 0:
            raise SinkError(f"no answer in {self.seconds:g} s", hint="is it running, and is the way there open?")
        return left

    def hold(self, connection: socket.socket) -> None:
        """Shut this socket down at the end, also after TLS has taken it over.

        Raises:
            SinkError: It is the end already.
        """
        self.left()
        duplicate = socket.socket(fileno=os.dup(connection.fileno()))
        with self._lock:
            self._held.append(duplicate)
            late = self._is_cut
        if late:
            self.cut()

    def cut(self) -> None:
        """End every wait on the sockets that are held."""
        with self._lock:
            self._is_cut = True
            for each in self._held:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the sockets."""
        with self._lock:
            for each in self._held:
                each.close()
            self._held.clear()


class _Piece(Generic[T]):
    """Work, with everybody who waits for it."""

    def __init__(self, work: Callable[[Allowance], T], seconds: float, rank: int) -> None:
        self.work = work
        self.seconds = seconds
        self.rank = rank
        self.futures: list[Future[T]] = []


class Lane(Generic[T]):
    """The way to one sink, for one sort of work.

    Args:
        name: Name of the sink, for messages.
        ended: Hears how each piece of work ended, with its result or what it raised, before whoever waits for it.
    """

    def __init__(self, name: str, ended: Callable[[T | SinkError], None] | None = None) -> None:
        self._name = name
        self._hear = ended
        self._lock = threading.Lock()
        self._since: float | None = None
        self._limit = 0.0
        self._next: _Piece[T] | None = None

    def busy_for(self) -> float | None:
        """How many seconds the work under way has taken; `None` when there is none."""
        since = self._since
        return None if since is None else time.monotonic() - since

    def start(self, work: Callable[[Allowance], T], *, seconds: float, rank: int = 0) -> Future[T]:
        """Begin a piece of work, or let it wait; what it raises comes out of the future as a `SinkError`.

        Args:
            work: Gets its allowance.
            seconds: Its limit, from when it begins.
            rank: Of two that wait the one with the larger rank is done, and the newer if they are equal.

        Raises:
            SinkError: The work under way is past its time and has not ended.
        """
        future: Future[T] = Future()
        with self._lock:
            busy = self.busy_for()
            if busy is not None and busy > self._limit:
                hint = "it is tried again when that has ended"
                raise SinkError(f"`{self._name}` has been busy for {busy:.0f} s with what came before", hint=hint)
            piece = _Piece(work, seconds, rank)
            if busy is not None:
                waiting = self._next
                if waiting is not None and waiting.rank > rank:
                    piece = waiting
                elif waiting is not None:
                    piece.futures = waiting.futures
                self._next = piece
            piece.futures.append(future)
            if busy is None:
                self._begin(piece)
        if busy is None:
            self._spawn(piece)
        return future

    def _spawn(self, piece: _Piece[T]) -> None:
        """A thread for the work, and for what comes to wait behind it.

        Raises:
            SinkError: The machine has no thread left; the lane is open again.
        """
        try:
            threading.Thread(target=self._run, args=(piece,), name=f"sink {self._name}", daemon=True).start()
        except RuntimeError as error:
            trouble = SinkError(f"`{self._name}` got no thread", hint="this machine has too many threads")
            with self._lock:
                waiting, self._next, self._since = self._next, None, None
            for each in waiting.futures if waiting is not None else ():
                each.set_exception(trouble)
            raise trouble from error

    def _begin(self, piece: _Piece[T]) -> None:
        self._since, self._limit = time.monotonic(), piece.seconds

    def _run(self, first: _Piece[T]) -> None:
        piece: _Piece[T] | None = first
        while piece is not None:
            ended = self._done(piece)
            with self._lock:
                done, piece, self._next = piece, self._next, None
                self._since = None
                if piece is not None:
                    self._begin(piece)
            for future in done.futures:
                if isinstance(ended, SinkError):
                    future.set_exception(ended)
                else:
                    future.set_result(ended)

    def _done(self, piece: _Piece[T]) -> T | SinkError:
        allowance = Allowance(piece.seconds)
        watch = threading.Timer(piece.seconds, allowance.cut)
        watch.daemon = True
        ended: T | SinkError
        try:
            watch.start()
            ended = piece.work(allowance)
        except Exception as error:  # noqa: BLE001 - one sink's bug must not stop the others
            ended = self._trouble(error)
        finally:
            watch.cancel()
            allowance.close()
        try:
            if self._hear is not None:
                self._hear(ended)
        except Exception as error:  # noqa: BLE001 - as above: who waits is told
            ended = self._trouble(error)
        return ended

    def _trouble(self, error: Exception) -> SinkError:
        """What was raised, as an error that names the sink."""
        if isinstance(error, SinkError):
            if f"`{self._name}`" not in error.message:
                error.message = f"`{self._name}`: {error.message}"
                error.args = (error.message,)
            return error
        if isinstance(error, RootwardenError):
            return SinkError(f"`{self._name}`: {error.message}", hint=error.hint)
        # The text of what is not ours may hold a secret.
        return SinkError(f"`{self._name}` broke: {type(error).__name__}", hint="this looks like a bug in a sink")


def done_in_time(name: str, future: Future[T], *, seconds: float) -> T:
    """Wait for a piece of work.

    Raises:
        SinkError: As the work did, or when it has not ended in time.
    """
    try:
        return future.result(timeout=seconds)
    except TimeoutError as error:
        hint = "is it running, and is the way there open?"
        raise SinkError(f"`{name}`: no answer in {seconds:g} s", hint=hint) from error
