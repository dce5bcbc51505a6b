"""Brokers who share a log: of two who want the same, one gets it, and both know the same afterwards."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from tests.breakglass.store.logs import head_over, kept

from rootwarden.breakglass.broker import wishes
from rootwarden.breakglass.broker.broker import Broker
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.state import Phase
from rootwarden.breakglass.rehearsal.play import ACCOUNT, CHECKPOINT, DEVICE, Play
from rootwarden.breakglass.store.log_store import LogStore
from rootwarden.breakglass.store.trouble import LogMoved
from rootwarden.breakglass.store.verdict import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.breakglass.broker.broker import Written

FILE = wishes.File(
    account=ACCOUNT,
    task="s3-mfa-delete",
    ticket="OPS-1",
    reason="r",
    code_to="rita",
    device=DEVICE,
    overrides_duties=True,
)


class Instances:
    """Two brokers over one database, with a request that is approved."""

    def __init__(self, stores: tuple[LogStore, LogStore]) -> None:
        self.play, self.stores = Play(), stores
        self.play.guard()
        stores[0].append(0, self.play.entries, head_over(self.play.entries))
        self.brokers = tuple(
            Broker(store, CHECKPOINT, now=lambda: self.play.now, host=lambda: ("boot", 0)) for store in stores
        )

    def do(self, instance: int, name: str, wish: wishes.AnyWish) -> tuple[Written, str]:
        draft = self.brokers[instance].prepare(name, wish)
        answer = self.play.players[name].answer(draft.message)
        return self.brokers[instance].submit(name, draft.id, answer), draft.phrase

    def approved(self) -> str:
        """A request that was filed at one instance, and approved at both."""
        written, phrase = self.do(0, "rita", FILE)
        assert isinstance(written.entry, log.RequestFiled)
        name = written.entry.request.id
        self.do(1, "anna", wishes.Approve(request=name, phrase=phrase))
        self.do(0, "omar", wishes.Approve(request=name, phrase=phrase))
        return name

    def opening(self, instance: int, request: str) -> log.LeaseOpened:
        state = self.brokers[instance].state()
        until = state.requests[request].request.until
        return log.LeaseOpened(
            at=self.play.now, actor="rita", lease=f"lease-{instance}", request=request, until=until, fence=state.size
        )


@pytest.fixture
def instances(store: LogStore, database: str) -> Iterator[Instances]:
    with ExitStack() as stack:
        yield Instances((store, stack.enter_context(LogStore(database))))


def test_of_two_instances_that_race_for_one_lease_one_gets_it(instances: Instances) -> None:
    """L3: one lease an account at a time, however many instances there are."""
    request = instances.approved()
    entries = [instances.opening(instance, request) for instance in (0, 1)]
    gate, outcomes = threading.Barrier(2), dict[int, str]()

    def open_lease(instance: int) -> None:
        gate.wait(30)
        try:
            instances.brokers[instance].say(entries[instance])
            outcomes[instance] = "opened"
        except (LogMoved, Refused) as error:
            outcomes[instance] = type(error).__name__

    threads = [threading.Thread(target=open_lease, args=(instance,)) for instance in (0, 1)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert sorted(outcomes) == [0, 1]
    assert list(outcomes.values()).count("opened") == 1
    states = [broker.state() for broker in instances.brokers]
    assert states[0].tree.root == states[1].tree.root
    winner = next(instance for instance, outcome in outcomes.items() if outcome == "opened")
    open_ = [name for name, lease in states[0].leases.items() if lease.phase is Phase.OPEN]
    assert open_ == [f"lease-{winner}"]
    assert kept(instances.stores[0]).outcome is Outcome.INTACT


def test_a_draft_signed_at_both_instances_is_written_once(instances: Instances) -> None:
    draft = instances.brokers[0].prepare("rita", FILE)
    answer = instances.play.players["rita"].answer(draft.message)
    instances.brokers[1].submit("rita", draft.id, answer)
    with pytest.raises(Refused, match="no such draft"):
        instances.brokers[0].submit("rita", draft.id, answer)
    assert len(instances.brokers[0].state().requests) == len(instances.brokers[1].state().requests) == 2


def test_an_instance_that_comes_back_late_does_not_write_at_a_stale_place(instances: Instances) -> None:
    request = instances.approved()
    stale = instances.opening(0, request)
    instances.brokers[1].say(instances.opening(1, request))
    with pytest.raises(Refused):
        instances.brokers[0].say(stale)
    assert [lease for lease in instances.brokers[0].state().leases if lease.startswith("lease-")] == ["lease-1"]
