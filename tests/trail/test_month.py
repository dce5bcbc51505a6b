"""A generated month, read and judged by the real commands: every visit, verdict and severity as in its truth.

Generator and detector were written by different hands from the same pages (docs/incidents.md, the documentation of
CloudTrail), so that agreement means something. It says nothing about real trails.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from tests.trail.month_comparison import concerns, visits

from rootwarden.simulator.trail.month import Month
from rootwarden.simulator.trail.write import write_month

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = Path(__file__).parents[2] / "src"
COMMAND = 'import sys; sys.argv[0] = "rootwarden"; from rootwarden.cli.main import main; main()'
Json = dict[str, Any]


class Judged(NamedTuple):
    folder: Path
    truth: Json
    findings: Json


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", COMMAND, "trail", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        env={"PYTHONPATH": str(SOURCE), "PATH": os.environ["PATH"]},
    )


def month(folder: Path, made: Month) -> Json:
    write_month(made, folder / "trail", aside=folder / "aside")
    truth: Json = json.loads((folder / "aside" / "truth.json").read_text(encoding="utf-8"))
    return truth


def incidents(folder: Path, *more: str) -> Json:
    done = run(folder, "incidents", "trail", "--settings", "aside/settings.toml", "--format", "json", *more)
    assert done.returncode == 1, done.stderr
    found: Json = json.loads(done.stdout)
    return found


CHECKOUTS = ("--checkouts", "aside/checkouts.jsonl", "--checkouts-key", "aside/broker.pem")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    folder = tmp_path_factory.mktemp("judged")
    truth = month(folder, Month(seed=11, events=30_000))
    return Judged(folder, truth, incidents(folder, *CHECKOUTS))


def test_every_visit_is_found_once_with_its_verdict_and_severity(judged: Judged) -> None:
    score = visits(judged.truth, judged.findings)
    assert score.differences == []
    assert (score.recall, score.precision) == (1.0, 1.0)
    assert len(judged.truth["visits"]) > 100
    assert {visit["shape"] for visit in judged.truth["visits"]} == set("ABCDEFGH")
    assert {visit["verdict"] for visit in judged.truth["visits"]} == {"expected", "out_of_scope", "unexplained"}


def test_every_concern_is_found_and_no_other(judged: Judged) -> None:
    assert concerns(judged.truth, judged.findings) == []


def test_every_root_event_is_scanned_once_with_its_shape(judged: Judged) -> None:
    done = run(judged.folder, "scan", "trail", "--format", "jsonl")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == judged.truth["counts"]["root_events"]
    named = {each["event_id"]: (each["account"], each["shape"]) for each in found}
    assert {each: told for each, told in named.items() if not each.startswith("sha256:")} == {
        event["event_id"]: (event["account"], event["shape"]) for event in judged.truth["root_events"]
    }
    # Two files are cut: what stands before the cut is told, and that something is missing too.
    assert done.returncode == 3
    assert done.stderr.count("the gzip stream ends in the middle") == len(judged.truth["irregular"]["truncated"]) == 2


def test_without_the_brokers_key_no_check_out_explains_anything(judged: Judged) -> None:
    found = incidents(judged.folder, *CHECKOUTS[:2])
    covered = [visit for visit in judged.truth["visits"] if visit["lease"]]
    by_event = {event: each for each in found["incidents"] for event in each["event_ids"]}
    told = [by_event[visit["event_ids"][0]] for visit in covered]
    assert len(told) > 10
    assert {(each["verdict"], each["severity"], each["lease"]) for each in told} == {("unexplained", "page", "")}
    score = visits(judged.truth, found)
    assert (score.recall, score.precision) == (1.0, 1.0)
    assert len({each.split(":")[0] for each in score.differences}) == len(
        {f"{visit['story']} {visit['account']}" for visit in covered}
    )


def drop(findings: Json) -> None:
    findings["incidents"].pop()


def split(findings: Json) -> None:
    long = max(findings["incidents"], key=lambda each: len(each["event_ids"]))
    findings["incidents"].append({**long, "id": "other", "event_ids": long["event_ids"][50:]})
    long["event_ids"] = long["event_ids"][:50]


def invent(findings: Json) -> None:
    findings["incidents"].append({**findings["incidents"][0], "id": "invented", "event_ids": ["invented"]})


def calm(findings: Json) -> None:
    next(each for each in findings["incidents"] if each["severity"] == "page")["severity"] = "notify"


def forgive(findings: Json) -> None:
    next(each for each in findings["incidents"] if each["verdict"] == "out_of_scope")["verdict"] = "expected"


@pytest.mark.parametrize("change", [drop, split, invent, calm, forgive])
def test_the_comparison_sees_what_is_wrong(judged: Judged, change: Callable[[Json], None]) -> None:
    changed = deepcopy(judged.findings)
    change(changed)
    assert visits(judged.truth, changed).differences


def test_the_comparison_sees_wrong_concerns(judged: Judged) -> None:
    for place in range(len(judged.findings["concerns"])):
        changed = deepcopy(judged.findings)
        removed = changed["concerns"].pop(place)
        assert concerns(judged.truth, changed)
        changed["concerns"] += [removed, {**removed, "event_ids": ["invented"]}]
        assert concerns(judged.truth, changed)


def test_the_comparison_sees_two_concerns_told_as_one(judged: Judged) -> None:
    changed = deepcopy(judged.findings)
    one, other = [each for each in changed["concerns"] if each["account"] == "000000000000"][:2]
    one["event_ids"] += other["event_ids"]
    changed["concerns"].remove(other)
    assert len(concerns(judged.truth, changed)) == 3


def test_the_comparison_sees_one_concern_told_as_two(judged: Judged) -> None:
    changed = deepcopy(judged.findings)
    long = next(each for each in changed["concerns"] if len(each["event_ids"]) > 1)
    changed["concerns"].append({**long, "event_ids": long["event_ids"][1:]})
    long["event_ids"] = long["event_ids"][:1]
    assert len(concerns(judged.truth, changed)) == 3


# In months 25 of 20 accounts and 28 of 60, stories of two accounts reach for root through a third in the same hour.
@pytest.mark.parametrize(("seed", "accounts"), [(25, 20), (28, 60)])
def test_concerns_of_several_stories_in_one_hour_are_told_apart(tmp_path: Path, seed: int, accounts: int) -> None:
    truth = month(tmp_path, Month(seed=seed, accounts=accounts, events=0))
    assert concerns(truth, incidents(tmp_path, *CHECKOUTS)) == []


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(20, 40))
def test_other_months(tmp_path: Path, seed: int) -> None:
    truth = month(tmp_path, Month(seed=seed, accounts=60, events=100_000))
    findings = incidents(tmp_path, *CHECKOUTS)
    assert visits(truth, findings) == (1.0, 1.0, [])
    assert concerns(truth, findings) == []
