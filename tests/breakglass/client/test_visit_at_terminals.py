"""A whole visit at terminals: real commands, a real service, a real vault, custodians apart (BG-5, BG-9)."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyotp
from tests.breakglass.client.evidence import write_evidence, write_trail
from tests.breakglass.client.served import run, run_here

from rootwarden.breakglass.broker.views import lease_of
from rootwarden.breakglass.checkin.brought import judged, read_brought
from rootwarden.breakglass.checkin.evidence import digest_of
from rootwarden.breakglass.core.duty import Shown
from rootwarden.breakglass.rehearsal.troupe import ACCOUNT, SEED

if TYPE_CHECKING:
    from datetime import datetime

    import pytest
    from tests.breakglass.client.served import Said, Terminal

ASKED = ("request", ACCOUNT, "--task", "s3-mfa-delete", "--ticket", "OPS-1", "--reason", "the bucket keeps it")


def request(served: Terminal, *more: str) -> tuple[str, str]:
    """File a request as rita; its id and phrase."""
    said = served.run("rita", *ASKED, *(more or ("--code-to", "rita", "--device", "vaulted")))
    assert said.code == 0, said.err
    return said.out.strip(), said.err.split("phrase: ")[1].split()[0]


def approve(served: Terminal, name: str, phrase: str, *approvers: str) -> None:
    for who in approvers:
        assert served.run(who, "approve", name, typed=f"{phrase}\ny\n").code == 0


def share(served: Terminal, opening: str, who: str) -> Said:
    return served.run(who, "share", opening, "--identity", f"{who}.age", typed="y\n")


def test_a_visit_from_request_to_closed_lease(served: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = served.folder
    before = write_evidence(folder / "before", served.troupe.broker.now(), monkeypatch)
    name, phrase = request(served)
    approve(served, name, phrase, "anna", "omar")
    opened = served.run("rita", "open", name)
    lease = opened.out.strip()
    assert "nothing opens before they gave" in opened.err
    (opening,) = [
        one.id for one in served.troupe.broker.state().openings.values() if (one.reference, one.outcome) == (lease, "")
    ]
    assert "1 more of cleo, cora" in share(served, opening, "carl").err
    # Cora's key is on a machine without a network: work file out, share file in.
    assert served.run("cora", "share", opening, "--work", "work.json").code == 0
    peeled = run(
        folder, "breakglass", "custody", "peel", "work.json", "-i", "cora.age", "-o", "share.json", typed="y\n"
    )
    assert peeled.code == 0, peeled.err
    assert (
        f"{opening} of management for {lease}: opened"
        in served.run("cora", "share", opening, "--file", "share.json").err
    )

    given = served.start("rita", "code", lease)
    assert given.code == 0, given.err
    step = served.troupe.broker.state().leases[lease].steps[-1]
    assert given.out == pyotp.TOTP(SEED).at(step * 30) + "\n"
    assert "recorded at other-mount" in given.err
    assert given.out.strip() not in given.err

    assert "8 duties open" in served.run("rita", "return", lease).out
    check_in(served, lease, before, monkeypatch)


def check_in(served: Terminal, lease: str, before: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hours later, by somebody else; the newest hour of the trail is not proven yet."""
    folder, found = served.folder, served.troupe.broker.state().leases[lease]
    visited = found.opened + timedelta(seconds=1)
    served.on.clocks.set(3 * 3600)
    after = write_evidence(folder / "after", served.troupe.broker.now() - timedelta(minutes=5), monkeypatch)
    trail = write_trail(folder / "trail", visited, hours=4)
    (folder / "report.txt").write_text("turned MFA delete off\n", encoding="utf-8")
    arguments = ("check-in", lease, "--evidence", str(after), "--report", "report.txt")
    looked = ("--before", str(before), "--trail", str(trail), "--trail-keys", "keys.json")

    brought_as_a_file(served, lease, str(after), looked)

    said = served.run("rita", *arguments, *looked, typed="y\n")
    assert (said.code, "D2: who was there does not check in" in said.err) == (1, True)
    said = served.run("dan", *arguments, typed="y\n")
    assert said.code == 1
    assert duties(said) == {
        "mfa-devices": "unknown", "access-keys": "met", "certificates": "met", "mail": "unknown",
        "phone": "unknown", "contacts": "unknown", "no-login-refresh": "unknown", "report": "met",
    }  # fmt: skip
    said = served.run("dan", *arguments, *looked, typed="n\n")
    assert (said.code, said.err.splitlines()[-1]) == (1, "error: you did not say yes, so nothing was done")
    said = served.run("dan", *arguments, *looked, typed="y\n")
    assert (said.code, set(duties(said).values())) == (0, {"met"}), said
    served.on.house.chores.run()
    assert served.troupe.broker.state().leases[lease].phase == "closed"
    served.on.clocks.set(3 * 3600)
    reconcile(served, visited)


def brought_as_a_file(served: Terminal, lease: str, after: str, looked: tuple[str, ...]) -> None:
    """The file for the page is made without service and key, and shows what `check-in` shows."""
    make = ("breakglass", "evidence", ACCOUNT, "--evidence", after, "--output", "evidence.json")
    undated = run_here(served.folder, *make, *looked[2:])
    assert (undated.code, "nobody says since when acts of root count" in undated.err) == (2, True)
    made = run_here(served.folder, *make, *looked)
    assert made.code == 0, made.err
    file = served.folder / "evidence.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again = run_here(served.folder, *make, *looked)
    assert (again.code, "nothing is written over" in again.err) == (2, True)
    broker = served.troupe.broker
    view = broker.look(lambda state: lease_of(state, "dan", lease, broker.now()))
    found = judged(read_brought(file.read_bytes()), view, report="turned MFA delete off")
    assert {one.shown for one in found.findings} == {Shown.MET}, found
    assert found.evidence == digest_of(Path(after))
    assert '"observed_at"' not in file.read_text(encoding="utf-8"), "where facts were seen stays with the evidence"


def duties(said: Said) -> dict[str, str]:
    rows = (line.split(maxsplit=2) for line in said.out.splitlines())
    return {name.rstrip(":"): mark for mark, name, _ in rows}


def reconcile(served: Terminal, visited: datetime) -> None:
    """Check-outs and the copy of the log, as an auditor takes them away, are believed by the rest of Rootwarden."""
    folder = served.folder
    said = served.run("dan", "checkouts", "--output", "checkouts.jsonl", "--checkouts-key", "broker.pem")
    assert said.code == 0, said.err
    arguments = ("trail", "incidents", "trail", "--checkouts", "checkouts.jsonl", "--checkouts-key", "broker.pem")
    told = run_here(folder, *arguments, "--format", "json")
    (incident,) = json.loads(told.out)["incidents"]
    assert incident["started"] == visited.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "check-out-not-believed" not in json.dumps(incident)
    assert "not believed" not in told.err

    assert served.run("dan", "audit", "fetch", "-o", "copy").code == 0
    heads = ("--key", "heads-dan/rehearsal.pem", "--heads", "heads-dan/rehearsal.jsonl")
    whole = run(folder, "breakglass", "audit", "verify", "copy", *heads)
    assert (whole.code, whole.out.split(":")[0]) == (0, "intact"), whole
    change(folder / "copy")
    broken = run_here(folder, "breakglass", "audit", "verify", "copy", *heads)
    # One head is over everything: where the edit lies is known no better than from its beginning to the refusal.
    assert (broken.code, broken.out.split(":")[0]) == (1, "broken")
    assert "first bad: one of the entries 0 to" in broken.out

    database = ("--database", f"sqlite:///{folder / 'service' / 'breakglass.db'}")
    assert run_here(folder, "breakglass", "audit", "export", "-o", "export", *database).code == 0
    at = change(folder / "export")
    broken = run_here(folder, "breakglass", "audit", "verify", "export", *heads, "--format", "json")
    bad = json.loads(broken.out)["bad"]
    assert (broken.code, bad["first"], bad["last"], bad["step"]) == (1, at, at, "G5")


def change(copy: Path) -> int:
    """Change a ticket in a copy; the place of the first entry that has one."""
    entries = copy / "entries.jsonl"
    lines = entries.read_bytes().splitlines(keepends=True)
    entries.write_bytes(b"".join(lines).replace(b"OPS-1", b"OPS-2"))
    return next(number for number, line in enumerate(lines) if b"OPS-1" in line)
