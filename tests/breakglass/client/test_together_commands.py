"""What several sign, at terminals: the time, the head, an epoch of a sealed broker; a report that is all there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.breakglass.client.test_commands import close, opened

from rootwarden.breakglass.core import entry as log
from rootwarden.facts.instant import format_instant

if TYPE_CHECKING:
    from tests.breakglass.client.served import Terminal


def test_two_attest_the_time_each_at_a_terminal(served: Terminal) -> None:
    now = format_instant(served.troupe.broker.now())
    said = served.run("ada", "clock", "attest", "--at", now, "--source", "a radio clock")
    assert said.code == 0, said.err
    before = served.troupe.broker.state().size
    signed = served.run("dan", "sign", said.out.strip(), typed="y\n")
    assert (signed.code, "written, entry" in signed.err) == (0, True), signed.err
    entries = [log.from_bytes(one) for one in served.troupe.broker.keeper.read(before)]
    assert any(isinstance(one, log.ClockAttested) and one.source == "a radio clock" for one in entries)
    assert served.run("ada", "clock", "attest", "--at", "noon", "--source", "x").code == 2


def test_two_devices_sign_the_head_each_at_a_terminal(served: Terminal) -> None:
    first = served.run("ada", "audit", "sign-head")
    assert (first.code, "signed by ada; 1 more needed" in first.err) == (0, True), first.err
    second = served.run("dan", "audit", "sign-head")
    assert (second.code, "signed by ada, dan; it is held by both" in second.err) == (0, True), second.err
    assert second.out == first.out
    receipt = served.on.house.devices.receipt()
    assert receipt is not None
    assert receipt.reference == "ada, dan"
    served.run("ben", "status")
    third = served.run("ada", "audit", "sign-head")
    assert int(third.out.split()[0]) > int(first.out.split()[0])


def test_a_report_alone_needs_no_evidence(served: Terminal) -> None:
    lease = opened(served, "rob", purpose="export", task="other", words="a copy for the safe", device="vaulted")
    close(served, lease, "rob")
    served.on.clocks.wait(2)
    (served.folder / "report.txt").write_text("made an export, put it into the safe\n", encoding="utf-8")
    missing = served.run("dan", "check-in", lease)
    assert (missing.code, "--report is not given" in missing.err) == (2, True), missing.err
    said = served.run("dan", "check-in", lease, "--report", "report.txt", typed="y\n")
    assert said.code == 0, said.err
    visit = opened(served, "rita", code_to="rita", device="vaulted")
    close(served, visit)
    said = served.run("dan", "check-in", visit, "--report", "report.txt")
    assert (said.code, "--evidence is not given, and mfa-devices" in said.err) == (2, True), said.err


def test_three_begin_an_epoch_of_a_sealed_broker(served: Terminal) -> None:
    house = served.on.house
    house.broker.sealed = "a sink holds more"
    try:
        refused = served.run("ada", "clock", "attest", "--at", "2026-03-02T08:00:00Z", "--source", "x")
        assert (refused.code, "sealed: a sink holds more" in refused.err) == (1, True), refused.err
        said = served.run("ada", "epoch", "begin", "--reason", "restored", typed="y\n")
        assert said.code == 0, said.err
        assert "SEALED: a sink holds more" in said.err
        draft = said.out.strip()
        assert "2 more to sign" in said.err
        assert served.run("ben", "sign", draft, typed="y\n").code == 0
        before = served.troupe.broker.state().epoch
        last = served.run("carl", "sign", draft, typed="y\n")
        assert (last.code, "written, entry" in last.err) == (0, True), last.err
        assert served.troupe.broker.state().epoch == before + 1
    finally:
        house.broker.sealed = ""
