"""A watcher that meets a bug says so: it is not ready, and nobody who waits for a sign of life is told all is well."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any, cast

from rootwarden.alert.store.database import Store
from rootwarden.watch.figures import Count, Figures
from rootwarden.watch.journal import Journal
from rootwarden.watch.service import Manners, Service

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


class Rounds:
    """Breaks in its first round, works in the second; keeps what the service said of itself at each."""

    def __init__(self, stop: threading.Event) -> None:
        self.said: list[str] = []
        self.stop = stop
        self.service: Any = None

    def once(self, wait: int) -> int:
        assert wait >= 0
        self.said.append(self.service.ready())
        if len(self.said) == 1:
            raise ValueError("a bug")
        if len(self.said) == 3:
            self.stop.set()
        return 0


def test_a_bug_in_a_round_is_trouble_until_a_round_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rootwarden.watch.service._TICK", 0.001)
    stop, figures = threading.Event(), Figures()
    rounds = Rounds(stop)
    with Store(f"sqlite:///{tmp_path}/alerts.db") as store:
        service = Service(
            store,
            cast("Any", rounds),
            cast("Any", None),
            cast("Any", None),
            figures=figures,
            journal=Journal(io.StringIO()),
            manners=Manners(queue="a queue", region="eu-west-1"),
        )
        rounds.service = service
        service._make_rounds(stop)
    assert rounds.said == ["it has not asked the queue yet", "this looks like a bug: ValueError", ""]
    assert figures.total(Count.FAILURES) == 1
