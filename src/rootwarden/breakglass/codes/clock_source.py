"""Where readings and references come from: this machine's clocks, the witness, HTTPS hosts.

The witness is asked first: its cosignature carries a time that it signed. Without one, at least two declared hosts are
asked for the `Date` of an answer over verified TLS (RFC 9110, section 6.6.1), which is good to a second. NTS (RFC 8915)
would be finer; no Python client of it is kept up. What cannot be reached says nothing, and nothing here waits longer
than it is told.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import httpx

from rootwarden.breakglass.codes.clock import FEWEST_HOSTS, Kind, Reading, Reference
from rootwarden.errors import InternalError, RootwardenError, UsageError
from rootwarden.facts.instant import sensible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WAIT_SECONDS: Final = 4.0
# `Date` and a cosignature's time have no fractions: the true time lies in the second after them.
_GRAIN: Final = 1.0
_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
# Where the system does not tell starts of the machine apart, the steady clock counts for this process only.
_PROCESS: Final = f"process {uuid.uuid4()}"
_CLOCK: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", None)
_QUICK_SECONDS: Final = 0.05
_TRIES: Final = 20


def read_clocks() -> Reading:
    """Read this machine's clocks, wall and steady at one moment.

    Raises:
        InternalError: The machine is too busy to read both within 50 ms.
    """
    for _ in range(_TRIES):
        before = _steady()
        wall = datetime.now(UTC)
        after = _steady()
        if after - before <= _QUICK_SECONDS:
            return Reading(wall=wall, steady=(before + after) / 2, boot=_boot())
    raise InternalError("the clocks cannot be read at one moment", hint="is this host stopped and started again?")


def reachable_references(
    *,
    cosigned_time: Callable[[], datetime | None] | None,
    addresses: Sequence[str],
    client: httpx.Client | None,
    reading: Callable[[], Reading] = read_clocks,
    wait_seconds: float = WAIT_SECONDS,
) -> tuple[Reference, ...]:
    """Ask who can be reached: the witness, else the hosts.

    Args:
        cosigned_time: Asks the witness to cosign a head that it has not seen before, checks the signature, and gives
            its time; `None`, or an error, when it does not. A head seen before would let an old answer pass for new.
        addresses: `https://` addresses of at least two different hosts, or none.
        client: Asks them; its trust store decides. `None` when there are no addresses.
        reading: Reads the clocks.
        wait_seconds: How long all of it may take, each of the two ways.

    Returns:
        What they said; empty when nobody answered.

    Raises:
        UsageError: There is one host only, the same host twice, or an address that is not `https`.
    """
    hosts = declared_hosts(addresses)
    if cosigned_time is not None:
        ask = {"witness": lambda: _from_witness(cosigned_time, reading, wait_seconds)}
        answers = _all_in_time(ask, wait_seconds)
        if answers:
            return answers
    if not hosts or client is None:
        return ()
    asks = {host: _asking(client, address, host, reading, wait_seconds) for host, address in hosts.items()}
    return _all_in_time(asks, wait_seconds)


def declared_hosts(addresses: Sequence[str]) -> dict[str, str]:
    """Check addresses of time sources.

    Returns:
        The address of each host.

    Raises:
        UsageError: As of `reachable_references`.
    """
    hosts: dict[str, str] = {}
    for address in addresses:
        try:
            url = httpx.URL(address)
        except (httpx.InvalidURL, TypeError) as error:
            raise UsageError(f"`{address}` is no address") from error
        if url.scheme != "https" or not url.host or url.userinfo:
            raise UsageError(f"`{address}` is no plain https address", hint="write it as `https://time.example.com/`")
        if url.netloc.decode() in hosts:
            raise UsageError(f"`{url.netloc.decode()}` is declared as a time source twice")
        hosts[url.netloc.decode()] = address
    if hosts and len(hosts) < FEWEST_HOSTS:
        raise UsageError("one host is no time source", hint=f"declare at least {FEWEST_HOSTS}, run by different people")
    return hosts


def _steady() -> float:
    # CLOCK_BOOTTIME counts the time the machine is suspended; CLOCK_MONOTONIC on Linux does not.
    return time.clock_gettime(_CLOCK) if _CLOCK is not None else time.monotonic()


def _boot() -> str:
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip() or _PROCESS
    except (OSError, UnicodeDecodeError):
        return _PROCESS


def _from_witness(
    cosigned_time: Callable[[], datetime | None], reading: Callable[[], Reading], wait: float
) -> Reference | None:
    before = reading()
    said = cosigned_time()
    return _reference((Kind.WITNESS, "witness"), said, before=before, after=reading(), wait=wait)


def _asking(
    client: httpx.Client, address: str, host: str, reading: Callable[[], Reading], wait: float
) -> Callable[[], Reference | None]:
    def ask() -> Reference | None:
        before = reading()
        said = _date(client, address, wait)
        return _reference((Kind.HOST, host), said, before=before, after=reading(), wait=wait)

    return ask


def _date(client: httpx.Client, address: str, wait: float) -> datetime | None:
    try:
        answer = client.head(
            address, timeout=wait, follow_redirects=False, headers={"Cache-Control": "no-cache", "Connection": "close"}
        )
        # An answer out of a cache carries the date of when it was made.
        if answer.headers.get("age", "0").strip() != "0":
            return None
        return parsedate_to_datetime(answer.headers.get("date", ""))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OverflowError):
        return None


def _reference(
    who: tuple[Kind, str], said: datetime | None, *, before: Reading, after: Reading, wait: float
) -> Reference | None:
    took = after.steady - before.steady
    if said is None or said.tzinfo is None or not sensible(said) or before.boot != after.boot or not 0 <= took <= wait:
        return None
    # It was said between asking and hearing, and means a whole second: the middle of all that.
    uncertainty = (took + _GRAIN) / 2
    instant = said.astimezone(UTC) + timedelta(seconds=uncertainty)
    return Reference(kind=who[0], names=(who[1],), instant=instant, uncertainty=uncertainty, at=after)


def _all_in_time(asks: dict[str, Callable[[], Reference | None]], wait: float) -> tuple[Reference, ...]:
    """Ask all at once and take what comes in time; looking up a name can hang, so threads that do are left behind."""
    heard: queue.SimpleQueue[Reference | None] = queue.SimpleQueue()

    def run(ask: Callable[[], Reference | None]) -> None:
        answer = None
        with contextlib.suppress(RootwardenError, OSError):
            answer = ask()
        heard.put(answer)

    for name, ask in asks.items():
        threading.Thread(target=run, args=(ask,), name=f"time from {name}", daemon=True).start()
    until = time.monotonic() + wait
    found: list[Reference] = []
    for _ in asks:
        try:
            answer = heard.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        if answer is not None:
            found.append(answer)
    return tuple(sorted(found, key=lambda each: each.names))
