"""BG-4: a failing sink is a typed refusal and never a hang; the list of sinks and their health can be seen."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.breakglass.logs import Log, now
from tests.breakglass.sinks.doubles import ToldSink

from rootwarden.breakglass.sinks.compare import Held, Unreachable
from rootwarden.breakglass.sinks.lane import Lane
from rootwarden.breakglass.sinks.panel import NotAnchoredError, Panel, Policy
from rootwarden.breakglass.sinks.sink import SinkConflictError, SinkKind
from rootwarden.errors import SinkError, UsageError

if TYPE_CHECKING:
    from rootwarden.breakglass.sinks.sink import Receipt


def panel_of(log: Log, *sinks: ToldSink, needed: int = 1, seconds: float = 5.0, **more: Any) -> Panel:
    return Panel(sinks, Policy(needed=needed, seconds=seconds), log, clock=now, **more)


def until(condition: Any) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


def test_a_head_that_a_sink_took_is_anchored_with_its_receipt() -> None:
    log, sink = Log(3), ToldSink()
    anchored = panel_of(log, sink).anchor(log.head())
    assert [(each.sink, each.size, each.root) for each in anchored.receipts] == [("told", 3, log.head().root)]
    assert sink.entries == log.lines


TROUBLES: list[Exception] = [
    SinkError("full"),
    OSError(28, "No space left on device"),
    RuntimeError("secret-token"),
    UsageError("no such thing"),
    TimeoutError(),
]


@pytest.mark.parametrize("trouble", TROUBLES, ids=repr)
def test_a_sink_that_raises_is_a_refusal_that_names_it_and_recovers_by_itself(trouble: Exception) -> None:
    log, sink = Log(2), ToldSink()
    panel = panel_of(log, sink)
    sink.trouble = trouble
    with pytest.raises(NotAnchoredError, match="0 of 1 sinks") as raised:
        panel.anchor(log.head())
    assert "`told`" in raised.value.reasons["told"]
    assert "secret-token" not in f"{raised.value} {raised.value.hint}"
    (health,) = panel.health()
    assert (health.accepted, health.failing_since, "`told`" in health.error) == (0, now(), True)
    sink.trouble = None
    log.grow(2)
    panel.anchor(log.head())
    assert sink.entries == log.lines, "what it missed is sent with the next head"
    (health,) = panel.health()
    assert (health.accepted, health.failing_since, health.error) == (4, None, "")


def test_a_sink_that_fails_does_not_stop_another() -> None:
    log, bad, good = Log(2), ToldSink("bad"), ToldSink("good")
    bad.trouble = SinkError("no")
    anchored = panel_of(log, bad, good).anchor(log.head())
    assert [each.sink for each in anchored.receipts] == ["good"]


def test_a_sink_that_blocks_delays_nobody_and_costs_one_thread() -> None:
    log, stuck, good = Log(1), ToldSink("stuck"), ToldSink("good")
    panel = panel_of(log, stuck, good, seconds=0.2)
    stuck.may_go_on.clear()
    for _ in range(20):
        log.grow()
        assert panel.anchor(log.head()).receipts[0].sink == "good"
    until(lambda: (panel.health()[0].busy_for or 0) > 0.25)
    for _ in range(20):
        log.grow()
        panel.anchor(log.head())
    assert [each.name for each in threading.enumerate()].count("sink stuck") == 1
    assert "has been busy for" in panel.health()[0].error
    assert len(stuck.offered) == 1
    stuck.may_go_on.set()
    until(lambda: panel.health()[0].busy_for is None)
    log.grow()
    panel.anchor(log.head())
    until(lambda: panel.health()[0].accepted == log.size)
    assert stuck.entries == log.lines
    assert panel.health()[0].error == ""


def test_only_a_sink_that_blocks_is_refused_in_time() -> None:
    log, stuck = Log(1), ToldSink("stuck")
    stuck.may_go_on.clear()
    panel = panel_of(log, stuck, seconds=0.1)
    for _ in range(3):
        begun = time.monotonic()
        with pytest.raises(NotAnchoredError, match="0 of 1"):
            panel.anchor(log.head())
        assert time.monotonic() - begun < 2
    stuck.may_go_on.set()
    until(lambda: panel.health()[0].accepted == 1)


def test_a_slow_sink_gets_the_newest_head_when_it_is_done() -> None:
    log, slow, quick = Log(1), ToldSink("slow"), ToldSink("quick")
    panel = panel_of(log, slow, quick)
    slow.may_go_on.clear()
    for _ in range(10):
        log.grow()
        panel.anchor(log.head())
    slow.may_go_on.set()
    until(lambda: panel.health()[0].accepted == log.size)
    assert slow.offered == [2, 11], "one under way, and then the newest"
    assert panel.health()[0].error == ""


def test_whoever_waits_behind_a_slow_sink_gets_the_receipt_of_the_newer_head() -> None:
    log, slow = Log(1), ToldSink("slow")
    panel = panel_of(log, slow)
    slow.may_go_on.clear()
    heads, anchored = [log.head()], []
    threads = [threading.Thread(target=lambda: anchored.append(panel.anchor(heads[0])))]
    threads[0].start()
    assert slow.begun.wait(10)
    for _ in range(3):
        head = log.grow()
        threads.append(threading.Thread(target=lambda head=head: anchored.append(panel.anchor(head))))
        threads[-1].start()
    until(lambda: panel._lanes["slow"]._next is not None and len(panel._lanes["slow"]._next.futures) == 3)
    slow.may_go_on.set()
    for thread in threads:
        thread.join(10)
    assert sorted(each.head.size for each in anchored) == [1, 2, 3, 4]
    assert sorted(each.receipts[0].size for each in anchored) == [1, 4, 4, 4]
    assert slow.offered == [1, 4]


def test_as_many_sinks_as_the_policy_needs() -> None:
    log = Log(2)
    sinks = [ToldSink(name) for name in ("a", "b", "c")]
    sinks[0].trouble = SinkError("no")
    anchored = panel_of(log, *sinks, needed=2).anchor(log.head())
    assert [each.sink for each in anchored.receipts] == ["b", "c"]
    sinks[1].trouble = SinkError("neither")
    log.grow()
    with pytest.raises(NotAnchoredError, match="1 of 2") as raised:
        panel_of(log, *sinks, needed=2).anchor(log.head())
    assert set(raised.value.reasons) == {"a", "b"}


def test_only_kinds_that_count_anchor() -> None:
    log, file, witness = Log(2), ToldSink("file"), ToldSink("witness", SinkKind.WITNESS)
    policy = Policy(counts=frozenset({SinkKind.WITNESS}), seconds=1)
    panel = Panel([file, witness], policy, log, clock=now)
    witness.trouble = SinkError("down")
    with pytest.raises(NotAnchoredError):
        panel.anchor(log.head())
    assert file.entries == log.lines
    assert [(each.sink, each.counts) for each in panel.health()] == [("file", False), ("witness", True)]


@pytest.mark.parametrize(("needed", "kinds"), [(0, frozenset(SinkKind)), (2, frozenset(SinkKind)), (1, frozenset())])
def test_a_policy_that_can_never_be_met_or_needs_nobody(needed: int, kinds: frozenset[SinkKind]) -> None:
    with pytest.raises(UsageError, match="sinks are needed"):
        Panel([ToldSink()], Policy(needed=needed, counts=kinds), Log(1), clock=now)


def test_without_sinks_there_is_no_panel() -> None:
    with pytest.raises(UsageError):
        Panel([], Policy(), Log(1), clock=now)
    with pytest.raises(UsageError, match="one name"):
        Panel([ToldSink(), ToldSink()], Policy(), Log(1), clock=now)


def test_a_head_of_another_log_is_offered_to_nobody() -> None:
    log, sink = Log(6), ToldSink()
    panel = panel_of(log, sink)
    for head in (log.forked_at(2, 6).head(), Log(9).head(), msgspec.structs.replace(log.head(), root="x")):
        with pytest.raises(SinkError, match="not of the log here"):
            panel.anchor(head)
    assert sink.offered == []


def test_a_receipt_for_something_else_does_not_count() -> None:
    log, sink = Log(4), ToldSink()
    panel = panel_of(log, sink)
    fork = log.forked_at(1, 9).head()
    for receipt in (
        sink.receipt_for(log.head(), sink="somebody"),
        sink.receipt_for(log.head(3)),
        sink.receipt_for(fork),
        sink.receipt_for(log.forked_at(1, 4).head()),
    ):
        sink.receipt = receipt
        with pytest.raises(NotAnchoredError):
            panel.anchor(log.head())
    assert panel.health()[0].accepted == 0


def test_a_conflict_stops_everything_from_then_on() -> None:
    log, good, bad = Log(4), ToldSink("good"), ToldSink("bad")
    panel = panel_of(log, good, bad, needed=2)
    bad.trouble = SinkConflictError("saw another", held=log.forked_at(1, 4).head())
    with pytest.raises(SinkConflictError, match="`bad`: saw another"):
        panel.anchor(log.head())
    bad.trouble = None
    with pytest.raises(SinkConflictError):
        panel.anchor(log.head())


def test_receipts_are_remembered_and_spare_a_restart_the_entries() -> None:
    log, sink = Log(3), ToldSink()
    kept: dict[str, Receipt] = {}

    def remember(receipt: Receipt) -> None:
        kept[receipt.sink] = receipt

    panel_of(log, sink, remember=remember).anchor(log.head())
    assert kept["told"].size == 3
    log.grow(2)
    panel = panel_of(log, sink, accepted=kept)
    assert panel.health()[0].accepted == 3
    panel.anchor(log.head())
    assert sink.entries == log.lines


def test_a_sink_that_lost_entries_gets_them_again() -> None:
    log, sink = Log(6), ToldSink()
    panel = panel_of(log, sink)
    panel.anchor(log.head())
    del sink.entries[2:]
    log.grow()
    panel.anchor(log.head())
    assert sink.entries == log.lines


def test_a_receipt_that_cannot_be_remembered_is_no_receipt() -> None:
    log, sink = Log(3), ToldSink()

    def remember(_: Receipt) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(NotAnchoredError):
        panel_of(log, sink, remember=remember).anchor(log.head())


def test_what_sinks_hold_is_asked_with_a_limit() -> None:
    log = Log(2)
    good, silent, bad, mute = ToldSink("good"), ToldSink("silent"), ToldSink("bad"), ToldSink("mute")
    mute.tells = False
    panel = panel_of(log, good, silent, bad, mute, needed=1, seconds=0.2)
    panel.anchor(log.head())
    until(lambda: all(each.accepted for each in panel.health()))
    silent.may_go_on.clear()
    bad.trouble = SinkError("gone")
    for _ in range(3):
        begun = time.monotonic()
        answers = panel.held()
        assert time.monotonic() - begun < 2
        assert [type(each) for each in answers] == [Held, Unreachable, Unreachable]
        assert answers[0] == Held(sink="good", heads=(log.head(),), accepted=2)
    assert [each.name for each in threading.enumerate()].count("sink silent") == 1
    silent.may_go_on.set()
    until(lambda: panel._questions["silent"].busy_for() is None)
    assert isinstance(panel.held()[1], Held)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12), st.integers(1, 3))
def test_anchored_means_that_as_many_as_needed_hold_it(switches: list[tuple[str, bool]], needed: int) -> None:
    """Whatever fails and recovers in between: never anchored with fewer, and what was taken is whole."""
    log = Log(1)
    sinks = {name: ToldSink(name) for name in "abc"}
    panel = panel_of(log, *sinks.values(), needed=needed)
    for name, fails in switches:
        sinks[name].trouble = SinkError("no") if fails else None
        head = log.grow()
        try:
            anchored = panel.anchor(head)
        except NotAnchoredError:
            assert sum(each.trouble is None for each in sinks.values()) < needed
            continue
        assert len(anchored.receipts) >= needed
        for receipt in anchored.receipts:
            assert sinks[receipt.sink].entries[: head.size] == log.lines


def test_a_lane_that_is_past_its_time_refuses_and_opens_again() -> None:
    go_on = threading.Event()
    lane: Lane[int] = Lane("slow")
    future = lane.start(lambda _: int(go_on.wait(30)), seconds=0.05)
    until(lambda: (lane.busy_for() or 0) > 0.1)
    with pytest.raises(SinkError, match="`slow` has been busy"):
        lane.start(lambda _: 2, seconds=1)
    go_on.set()
    assert future.result(10) == 1
    until(lambda: lane.busy_for() is None)
    assert lane.start(lambda _: 3, seconds=1).result(10) == 3


def test_a_machine_without_threads_is_a_refusal_and_the_lane_opens_again(monkeypatch: pytest.MonkeyPatch) -> None:
    log, sink = Log(2), ToldSink()
    panel = panel_of(log, sink)

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as context:
        context.setattr(threading.Thread, "start", start)
        with pytest.raises(NotAnchoredError) as raised:
            panel.anchor(log.head())
    assert "got no thread" in raised.value.hint
    panel.anchor(log.head())
