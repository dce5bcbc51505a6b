"""`rootwarden alert …` as processes: from a file of findings to an answer, a drill to the key figures."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.alert.receiver import Says, receiving
from tests.alert.worlds import NOTIFY, concern, visit
from tests.archive.runs import account, at, collected, finished

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.alert.receiver import Receiver

PROGRAM = 'import sys; sys.argv[0] = "rootwarden"; {}from rootwarden.cli.main import main; main()'


def run(folder: Path, *arguments: str, missing: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run the command; packages that are missing cannot be imported, as if they were not installed."""
    without = "".join(f"sys.modules[{name!r}] = None; " for name in missing)
    return subprocess.run(
        [sys.executable, "-c", PROGRAM.format(without), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, receiver: Receiver) -> Path:
    """A folder with settings and a file of findings."""
    (tmp_path / "alerts.toml").write_text(
        f"""
        [[channel]]
        name = "hook"
        kind = "webhook"
        address = "{receiver.address}/hook"
        [page]
        stages = [["hook"]]
        [notify]
        channels = ["hook"]
        gather_minutes = 0
        [[person]]
        name = "alice"
        """,
        encoding="utf-8",
    )
    document = {"schema": "rootwarden.incidents/1", "incidents": [visit()], "concerns": [concern(severity=NOTIFY)]}
    (tmp_path / "incidents.json").write_bytes(msgspec.json.encode(document))
    (tmp_path / "incidents.jsonl").write_bytes(msgspec.json.encode(visit()) + b"\n\n")
    return tmp_path


def said(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def test_from_findings_to_an_answer(folder: Path, receiver: Receiver) -> None:
    assert said(run(folder, "alert", "record", "incidents.json")) == (0, "new: 2, more severe: 0, alerts: 2\n", "")
    assert said(run(folder, "alert", "record", "incidents.jsonl")) == (0, "new: 0, more severe: 0, alerts: 0\n", "")
    assert said(run(folder, "alert", "deliver")) == (0, "planned: 2, sent: 2\n", "")
    assert said(run(folder, "alert", "deliver")) == (0, "there was nothing to do\n", "")
    assert len(receiver.got) == 2
    waiting = json.loads(run(folder, "alert", "list", "--waiting", "--format", "json").stdout)
    assert waiting["schema"] == "rootwarden.alerts/1"
    assert [each["finding"]["id"] for each in waiting["findings"]] == ["visit-1"]
    refused = run(folder, "alert", "ack", "visit-1", "--by", "mallory")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "`mallory` may not acknowledge" in refused.stderr
    assert said(run(folder, "alert", "ack", "visit-1", "--by", "alice")) == (0, "acknowledged: visit-1\n", "")
    assert said(run(folder, "alert", "ack", "visit-1", "--by", "alice")) == (0, "acknowledged already: visit-1\n", "")
    shown = run(folder, "alert", "show", "visit-")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert re.search(r"^acknowledged  .* by alice$", shown.stdout, re.MULTILINE)
    assert re.search(r"^1 .*hook +page +1 +sent +1 ", shown.stdout, re.MULTILINE)
    document = json.loads(run(folder, "alert", "show", "visit-1", "--format", "json").stdout)
    assert (document["acknowledged_by"], len(document["deliveries"])) == ("alice", 1)
    assert run(folder, "alert", "list").stdout.count("\n") == 3


def test_dead_letters_are_shown_and_get_another_life(folder: Path, receiver: Receiver) -> None:
    receiver.says = [Says(403, "fake reason")]
    run(folder, "alert", "record", "incidents.jsonl")
    delivered = run(folder, "alert", "deliver")
    assert (delivered.returncode, delivered.stdout) == (3, "planned: 1, dead: 1\n")
    assert "warning: hook: HTTP 403" in delivered.stderr
    dead = run(folder, "alert", "dead")
    assert dead.returncode == 1
    assert "fake reason" in dead.stdout
    assert run(folder, "alert", "retry").returncode == 2
    assert said(run(folder, "alert", "retry", "1")) == (0, "to be sent again: 1\n", "")
    receiver.says = [Says(200)]
    assert run(folder, "alert", "deliver").stdout == "sent: 1\n"
    assert run(folder, "alert", "dead", "--format", "json").returncode == 0
    assert len(set(receiver.keys())) == 1


def test_the_time_of_a_drill_is_a_key_figure(folder: Path, receiver: Receiver) -> None:
    drilled = run(folder, "alert", "drill", "--account", "000000000315", "--format", "json")
    assert (drilled.returncode, drilled.stderr) == (0, "")
    told = json.loads(drilled.stdout)["drill"]
    assert told["outcome"].startswith("alerted after ")
    (got,) = receiver.got
    assert got.json()["drill"] is True
    assert got.json()["title"].startswith("DRILL, nothing happened: PAGE")
    run(folder, "alert", "record", "incidents.jsonl")
    run(folder, "alert", "deliver")
    assert said(run(folder, "alert", "export", "-o", "out")) == (0, "incidents: 1, drills: 1\n", "")
    at(folder / "ar").add(finished(collected(account(315), as_of=datetime.now(UTC))))
    arguments = ["--drills", "out/drills.jsonl", "--incidents", "out/incidents.jsonl", "--format", "json"]
    now = datetime.now(UTC).isoformat()
    done = run(folder, "kpi", "--archive", "ar", "--as-of", now, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    figures: dict[str, dict[str, Any]] = {each["id"]: each for each in json.loads(done.stdout)["indicators"]}
    measured = figures["drill-time-to-alert"]
    took = datetime.fromisoformat(told["sent_at"]) - datetime.fromisoformat(told["event_at"])
    assert measured["value"] == pytest.approx(took.total_seconds() / 60)
    assert 0 < measured["value"] < 1
    assert measured["met"] is True
    assert told["id"] in measured["note"]
    # A drill is no use of root.
    assert figures["root-uses-outside"]["value"] == 0
    times = json.loads(run(folder, "alert", "times", "--format", "json").stdout)["times"]
    assert {each["path"] for each in times} == {"", "file"}


def test_a_drill_nobody_takes_fails(folder: Path, receiver: Receiver) -> None:
    receiver.says = [Says(500, "fake outage")]
    drilled = run(folder, "alert", "drill", "--seconds", "1")
    assert drilled.returncode == 1
    assert "no channel took it within 1 s (hook: HTTP 500" in drilled.stdout
    run(folder, "alert", "export", "-o", "out")
    (line,) = (folder / "out" / "drills.jsonl").read_text(encoding="utf-8").splitlines()
    assert "done" not in json.loads(line)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("alert", "list", "--settings", "none.toml"), "`none.toml` cannot be read: No such file or directory"),
        (("alert", "show", "nothing-like-it"), "there is no finding `nothing-like-it`"),
        (("alert", "drill", "--account", "12"), "`12` is no account id"),
        (("alert", "drill", "--due", "soon"), "`soon` is no day"),
        (("alert", "record", "alerts.toml"), "holds no findings"),
        (("alert", "record", "none.json"), "`none.json` cannot be read"),
        (("alert", "retry"), "which dead letters?"),
        (("alert", "deliver", "--pause", "0"), "--pause"),
    ],
)
def test_wrong_usage_is_said_in_one_line(folder: Path, arguments: tuple[str, ...], why: str) -> None:
    done = run(folder, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert done.stderr.startswith("error: ")


@pytest.mark.parametrize("name", ["sqlalchemy", "alembic"])
def test_a_missing_extra_is_one_clear_line(folder: Path, name: str) -> None:
    done = run(folder, "alert", "list", missing=(name,))
    assert said(done) == (
        2,
        "",
        f"error: alerts need `{name}`, which is not installed\nhint: pip install 'rootwarden[alert]'\n",
    )


def test_nobody_to_page_is_refused(folder: Path) -> None:
    (folder / "alerts.toml").write_text("", encoding="utf-8")
    done = run(folder, "alert", "deliver")
    assert (done.returncode, done.stdout) == (2, "")
    assert "page nobody" in done.stderr
