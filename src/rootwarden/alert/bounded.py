"""Send with a time limit, whatever a channel or a library does with its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from rootwarden.alert.delivery.state import Outcome
from rootwarden.alert.store.leasing import Attempted
from rootwarden.errors import RootwardenError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.alert.parcel import Channel, Parcel

LONGEST_DETAIL: Final = 300


def send_in_time(channel: Channel, parcel: Parcel, *, seconds: float, late: Callable[[Attempted], None]) -> Attempted:
    """Hand a parcel over, on a thread of its own; the rest is as for `in_time`."""
    return in_time(lambda: channel.send(parcel), name=channel.name, seconds=seconds, late=late)


def in_time(
    send: Callable[[], Attempted], *, name: str, seconds: float, late: Callable[[Attempted], None]
) -> Attempted:
    """Send something, on a thread of its own.

    Args:
        send: Sends it.
        name: Of the channel.
        seconds: How long it is waited for; after that the attempt is undecided.
        late: Hears how it ended after all, on the other thread.
    """
    ended: list[Attempted] = []
    lock = threading.Lock()
    given_up = False

    def work() -> None:
        attempted = _sent(send)
        with lock:
            ended.append(attempted)
            is_late = given_up
        if is_late:
            late(attempted)

    # A daemon, so that a channel that hangs does not keep the program from ending.
    thread = threading.Thread(target=work, name=f"send to {name}", daemon=True)
    thread.start()
    thread.join(seconds)
    with lock:
        if ended:
            return ended[0]
        given_up = True
    return Attempted(outcome=Outcome.UNDECIDED, detail=f"no answer in {seconds:g} s")


def _sent(send: Callable[[], Attempted]) -> Attempted:
    try:
        return send()
    except RootwardenError as error:
        return Attempted(outcome=Outcome.FAILED, detail=error.message[:LONGEST_DETAIL])
    except Exception as error:  # noqa: BLE001 - one channel's bug must not stop the others; its text may hold secrets
        return Attempted(outcome=Outcome.UNDECIDED, detail=f"the channel broke: {type(error).__name__}")
