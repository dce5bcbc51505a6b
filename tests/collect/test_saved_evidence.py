"""Live run and saved evidence: the same verdicts to the byte; what was written is whole, whatever happens to us."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from tests.collect import looks

from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.live import Scope
from rootwarden.collect.offline import collect_folder
from rootwarden.collect.save import EvidenceWriter
from rootwarden.errors import UsageError
from rootwarden.report import find
from rootwarden.simulator import running
from rootwarden.simulator.knobs import Delay
from rootwarden.simulator.parts import member_id
from rootwarden.simulator.worlds import WORLDS, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rootwarden.collect.collected import Collected
    from rootwarden.simulator import Simulator

pytestmark = pytest.mark.timeout(60)
MEMBER = member_id(3)


def verdict_bytes(collected: Collected) -> bytes:
    """The `verdicts` of the JSON report as they stand in it."""
    text = find("json").render(looks.judged(collected))
    start = text.index('"verdicts"')
    document = json.JSONDecoder().raw_decode(text, text.index("[", start))
    return text[start : document[1]].encode()


SIZES = {"standalone": None, "patchwork": 30, "central_root": 16}


@pytest.mark.parametrize("way", ["role", "root"])
@pytest.mark.parametrize("world", WORLDS)
def test_replaying_gives_the_same_bytes(tmp_path: Path, world: str, way: str) -> None:
    scope = Scope(organization=world != "standalone", role_name=looks.ROLE) if way == "role" else None
    scope = scope or Scope(organization=world != "standalone", assume_root=True)
    with running(make_world(world, SIZES.get(world, 6))) as simulator:
        seen = looks.live(simulator, scope=scope, writer=EvidenceWriter(tmp_path / "e"))
    assert verdict_bytes(seen) == verdict_bytes(collect_folder(EvidenceFolder(tmp_path / "e")))


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-cn"])
def test_replaying_in_other_partitions(tmp_path: Path, partition: str) -> None:
    with (
        running(make_world("forgotten_mailbox", 4, partition=partition)) as simulator,
        pytest.MonkeyPatch.context() as set_,
    ):
        set_.setenv("AWS_REGION", simulator.world.home_region)
        seen = looks.live(simulator, writer=EvidenceWriter(tmp_path / "e"))
    assert verdict_bytes(seen) == verdict_bytes(collect_folder(EvidenceFolder(tmp_path / "e")))


def test_the_command_replays_to_the_same_bytes(tmp_path: Path) -> None:
    with running(make_world("patchwork", 14)) as simulator:
        arguments = ("audit", "--org", "--save-evidence", "e", "--format", "json")
        live = looks.command(*arguments, cwd=tmp_path, simulator=simulator)
    saved = looks.command("audit", "--evidence", "e", "--format", "json", cwd=tmp_path)
    assert json.dumps(live.document["verdicts"]) == json.dumps(saved.document["verdicts"])
    assert live.document["as_of"] == saved.document["as_of"]
    assert live.code == saved.code == 1


def test_collect_then_audit(tmp_path: Path) -> None:
    with running(make_world("greenfield", 3)) as simulator:
        run = looks.command("collect", "--org", "--output", "e", cwd=tmp_path, simulator=simulator)
    assert run.code == 0
    assert run.out == ""
    assert "collected 3 accounts" in run.err
    assert len(looks.verdicts(looks.audit_folder(tmp_path / "e"))) == 3 * len(looks.book().rules)


def test_declarations_travel_with_the_evidence(tmp_path: Path) -> None:
    entry = {"account": "*", "fact": "root-mfa-devices", "value": 2, "by": "pat", "observed_at": "2026-01-01T00:00:00Z"}
    (tmp_path / "declared.json").write_text(json.dumps([entry]))
    with running(make_world("standalone")) as simulator:
        arguments = ("audit", "--declarations", "declared.json", "--save-evidence", "e", "--format", "json")
        live = looks.command(*arguments, cwd=tmp_path, simulator=simulator)
    saved = looks.command("audit", "--evidence", "e", "--format", "json", cwd=tmp_path)
    assert live.verdicts[looks.MANAGEMENT, "root-mfa-backup"] == "pass"
    assert live.verdicts == saved.verdicts


def test_since_tells_new_fixed_and_newly_unknown(tmp_path: Path) -> None:
    world = make_world("patchwork", 8)
    world.initial_knobs = ()
    with running(world) as simulator:
        looks.live(simulator, writer=EvidenceWriter(tmp_path / "before"))
        world.account(member_id(4)).root.password = False
        world.account(member_id(1)).root.certificates = world.account(member_id(7)).root.certificates
        simulator.state.reports.clear()
        looks.live(simulator, writer=EvidenceWriter(tmp_path / "after"))
    (tmp_path / "after" / "accounts" / member_id(2) / "contact-information.json").unlink()
    arguments = ("audit", "--evidence", "after", "--since", "before", "--format", "json")
    run = looks.command(*arguments, cwd=tmp_path)
    changes = {(each["kind"], each["account"], each["rule"]) for each in run.document["changes"]["items"]}
    assert ("fixed", member_id(4), "root-mfa") in changes
    assert ("new", member_id(1), "root-signing-certificate") in changes
    assert ("newly_unknown", member_id(2), "root-contact-primary") in changes
    assert not any(account == member_id(3) for _, account, _ in changes)


def test_since_nothing_usable(tmp_path: Path) -> None:
    with running(make_world("standalone")) as simulator:
        looks.live(simulator, scope=Scope(), writer=EvidenceWriter(tmp_path / "e"))
    assert looks.command("audit", "--evidence", "e", "--since", "nowhere", cwd=tmp_path).complained(2, "nowhere")


# interrupted, killed, two at once, nowhere to write


@contextmanager
def started(*arguments: str, cwd: Path, simulator: Simulator) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a running process; killed in the end."""
    process = subprocess.Popen(
        [*looks.COMMAND, *arguments],
        cwd=cwd,
        env=looks.environment(simulator),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that happens in another process."""
    end = time.monotonic() + seconds
    turn = threading.Event()
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        turn.wait(0.01)


def written(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]


def test_an_interrupted_run_reports_what_it_has(tmp_path: Path) -> None:
    world = make_world("greenfield", 6)
    with running(world) as simulator:
        simulator.knobs.add(Delay(account=MEMBER, call="iam:GetAccountSummary", seconds=60))
        arguments = ("audit", "--org", "--save-evidence", "e", "--format", "json")
        with started(*arguments, cwd=tmp_path, simulator=simulator) as process:
            others = [member_id(number) for number in (0, 1, 2, 4, 5)]
            until(lambda: all((tmp_path / "e" / "accounts" / each).is_dir() for each in others))
            until(lambda: "iam:GetAccountSummary" in simulator.calls.of_account(MEMBER))
            begun = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert time.monotonic() - begun < 10
    assert b"Traceback" not in err
    document: dict[str, Any] = json.loads(out)
    assert document["summary"]["interrupted"] is True
    seen = {(each["account"], each["rule"]): each["verdict"] for each in document["verdicts"]}
    assert all(seen[each, "root-access-key"] == "pass" for each in others)
    assert seen[MEMBER, "root-access-key"] == "unknown"
    replayed = looks.command("audit", "--evidence", "e", "--format", "json", cwd=tmp_path)
    assert replayed.verdicts == seen


def test_a_killed_run_leaves_no_half_file(tmp_path: Path) -> None:
    with running(make_world("greenfield", 60)) as simulator:
        arguments = ("collect", "--org", "--output", "e", "--workers", "4")
        with started(*arguments, cwd=tmp_path, simulator=simulator) as process:
            until(lambda: len(written(tmp_path / "e")) > 40)
            os.kill(process.pid, signal.SIGKILL)
            process.communicate(timeout=20)
        files = written(tmp_path / "e")
        for file in files:
            json.loads(file.read_bytes())
        assert "collection.json" not in {file.name for file in files}
        again = looks.command("collect", "--org", "--output", "e", cwd=tmp_path, simulator=simulator)
        assert again.complained(2, "`e`")
    partial = looks.command("audit", "--evidence", "e", "--format", "json", cwd=tmp_path)
    assert partial.code in (1, 3)
    assert "pass" in partial.verdicts.values()


def test_two_runs_at_once_into_one_folder(tmp_path: Path) -> None:
    with running(make_world("greenfield", 3)) as simulator:
        simulator.knobs.add(Delay(account=member_id(1), call="iam:GetAccountSummary", seconds=60))
        arguments = ("collect", "--org", "--output", "e")
        with started(*arguments, cwd=tmp_path, simulator=simulator):
            until(lambda: (tmp_path / "e").is_dir() and any((tmp_path / "e").iterdir()))
            second = looks.command(*arguments, cwd=tmp_path, simulator=simulator)
    assert second.complained(2, "`e`", "folder")
    assert "collecting" not in second.err or "another run" in second.err


def test_many_writers_race_and_one_wins(tmp_path: Path) -> None:
    gate = threading.Barrier(8)
    won: list[EvidenceWriter] = []
    refused: list[UsageError] = []

    def race() -> None:
        gate.wait()
        try:
            won.append(EvidenceWriter(tmp_path / "e"))
        except UsageError as error:
            refused.append(error)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(refused) == 7
    assert all(error.hint for error in refused)


@pytest.mark.parametrize("option", ["--save-evidence", "--output"])
@pytest.mark.parametrize("place", ["file/below", "/proc/rootwarden-test/below"])
def test_nowhere_to_write(tmp_path: Path, option: str, place: str) -> None:
    (tmp_path / "file").write_text("a regular file")
    with running(make_world("standalone")) as simulator:
        run = looks.command("audit", option, place, cwd=tmp_path, simulator=simulator)
        if option == "--save-evidence":
            assert simulator.calls.total == 0, "said before anything is asked"
    assert run.complained(2, place)
    assert (tmp_path / "file").read_text() == "a regular file"


def test_a_run_that_never_began_leaves_the_folder_usable(tmp_path: Path) -> None:
    with running(make_world("standalone")) as simulator:
        wrong = {"AWS_ACCESS_KEY_ID": "AKIAFAKE999999999999"}
        arguments = ("audit", "--save-evidence", "e")
        assert looks.command(*arguments, cwd=tmp_path, simulator=simulator, changed=wrong).code == 3
        assert looks.command(*arguments, cwd=tmp_path, simulator=simulator).code in (0, 1, 3)
    assert (tmp_path / "e" / "collection.json").is_file()


def test_evidence_is_for_its_owner_only(tmp_path: Path) -> None:
    with running(make_world("standalone")) as simulator:
        looks.live(simulator, scope=Scope(), writer=EvidenceWriter(tmp_path / "e"))
    for path in [tmp_path / "e", *(tmp_path / "e").rglob("*")]:
        if path.is_dir():
            assert path.stat().st_mode & 0o077 == 0, path
