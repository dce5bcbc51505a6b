"""Which sinks stopped, or began again, since the log was told last: an entry a change, not one a try; pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.core.entry import SYSTEM, SinkChanged
from rootwarden.breakglass.sinks.sink import SinkKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from rootwarden.breakglass.core.state import State
    from rootwarden.breakglass.sinks.panel import Health

# A sink that comes and goes, or that one of two instances cannot reach, makes at most an entry in this time.
QUIET: Final = timedelta(minutes=5)
_LONGEST: Final = 2000


def sink_changes(state: State, health: Iterable[Health], at: datetime) -> tuple[SinkChanged, ...]:
    """What is to be written.

    Args:
        state: What the log was told.
        health: How the sinks are now.
        at: Now.
    """
    return tuple(_entry(each, at) for each in health if _is_news(state, each, at))


def _is_news(state: State, one: Health, at: datetime) -> bool:
    # People's devices sign when they are asked, and one that was not given a head yet neither works nor fails.
    if one.kind is SinkKind.DEVICES or not (one.error or one.accepted):
        return False
    known, works = state.sinks.get(one.sink), not one.error
    if known is None:
        return not works
    return known.works is not works and at - known.since >= QUIET


def _entry(one: Health, at: datetime) -> SinkChanged:
    return SinkChanged(at=at, actor=SYSTEM, sink=one.sink, works=not one.error, reason=one.error[:_LONGEST])
