"""Which session signed for what left: it alone may see that again, so that a stolen session sees no code."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

_MOST: Final = 1000


class Shown:
    """Releases of this instance, each with the session that signed for it; the newest thousand."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._lock = threading.Lock()

    def remember(self, kind: str, lease: str, session: str) -> None:
        """A session signed for a release of this kind."""
        with self._lock:
            self._sessions[kind, lease] = session
            self._sessions.move_to_end((kind, lease))
            while len(self._sessions) > _MOST:
                self._sessions.popitem(last=False)

    def may_see(self, kind: str, lease: str, session: str) -> bool:
        """Whether it was this session that signed for the newest one."""
        with self._lock:
            return self._sessions.get((kind, lease)) == session
