"""Messages stay ours while they are worked on, and a hold that fails stops nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.watch.test_faults import wait_until

from rootwarden.errors import AwsError
from rootwarden.watch.holding import held
from rootwarden.watch.in_process import InProcessQueue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rootwarden.errors import RootwardenError
    from rootwarden.watch.queue import Message


class Counting(InProcessQueue):
    """Counts holds; the first one fails."""

    def __init__(self) -> None:
        self.now, self.holds = 0.0, 0
        super().__init__(visibility=5, clock=lambda: self.now)

    def hold(self, messages: Sequence[Message], seconds: int) -> None:
        self.holds += 1
        if self.holds == 1:
            raise AwsError("the queue does not answer")
        super().hold(messages, seconds)


def test_messages_are_held_again_and_again_while_they_are_worked_on() -> None:
    queue = Counting()
    queue.send("one")
    taken = queue.receive(0)
    failed: list[RootwardenError] = []
    with held(queue, taken, seconds=1, failed=failed.append, first_after=0.01):
        queue.now = 4.5
        wait_until(lambda: queue.holds >= 3)
        queue.now = 5.4
        assert queue.receive(0) == ()
    assert [error.message for error in failed] == ["the queue does not answer"]
    queue.now = 6.5
    assert len(queue.receive(0)) == 1
    assert queue.holds >= 3
