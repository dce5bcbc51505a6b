"""`rootwarden trail incidents` as a process, on files."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.collect.looks import command
from tests.detect.visits.story import ACCOUNT, records, stories

from rootwarden import packs
from rootwarden.detect.visits import coverage
from rootwarden.detect.visits.checkout_signing import sign_checkouts
from rootwarden.detect.visits.findings import RootKey
from rootwarden.detect.visits.incident import Concern, Incident, Reason
from rootwarden.detect.visits.settings import Settings, Thresholds, parse_settings
from rootwarden.fleet.exchange import Incident as Line
from rootwarden.fleet.exchange import parse_lines
from rootwarden.report.incidents import machine

if TYPE_CHECKING:
    from tests.collect.looks import Run

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = DOCS / "reports" / "incidents-1.schema.json"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIGN_IN = {"like": "sign-in", "at": "08:00:11"}
FAILED = {"like": "failed-sign-in", "at": "07:00:00"}
MFA = {"like": "console", "at": "08:04:00"}
NOBODY = {"like": "user", "at": "08:00:00"}
CHECKOUT: dict[str, Any] = {
    "lease": "L-1",
    "account": ACCOUNT,
    "task": "root-mfa-devices",
    "person": "Ada",
    "from": "2026-03-02T07:50:00Z",
    "until": "2026-03-02T09:00:00Z",
    "released_at": "2026-03-02T08:00:00Z",
    "mfa_device": f"arn:aws:iam::{ACCOUNT}:mfa/root-account-mfa-device",
}
CONTRACT = {
    "id",
    "account",
    "shape",
    "started",
    "ended",
    "events",
    "writes",
    "failed_sign_ins",
    "mfa",
    "tasks",
    "verdict",
    "severity",
    "reasons",
}


def trail(folder: Path, *events: dict[str, Any], name: str = "one.json.gz") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(json.dumps({"Records": records(list(events))}).encode()))
    return path


def incidents(folder: Path, *arguments: str | Path) -> Run:
    return command("trail", "incidents", *arguments, "--format", "json", cwd=folder)


def signed(folder: Path, *lines: dict[str, Any]) -> tuple[str, Path, str, Path]:
    checkouts, key = folder / "checkouts.jsonl", folder / "broker.pem"
    checkouts.write_bytes(sign_checkouts(lines, KEY, at=datetime(2026, 3, 2, 8, tzinfo=UTC)))
    key.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return "--checkouts", checkouts, "--checkouts-key", key


def test_the_contract(tmp_path: Path) -> None:
    seen = incidents(tmp_path, trail(tmp_path, SIGN_IN, MFA))
    assert seen.code == 1
    document = seen.document
    assert document["schema"] == "rootwarden.incidents/1"
    (visit,) = document["incidents"]
    assert set(visit) >= CONTRACT
    assert (visit["shape"], visit["verdict"], visit["severity"]) == ("B", "unexplained", "page")
    assert document["counts"]["root_events"] == 2
    checker = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8")))
    assert list(checker.iter_errors(document)) == []


def test_who_gives_no_check_outs_is_told_what_was_not_looked_for(tmp_path: Path) -> None:
    """A code that was given out and not used leaves no event: only check-outs show it. Silence would look like none."""
    note = "note: without --checkouts no code that was given out and not used was looked for"
    events = trail(tmp_path, SIGN_IN, MFA)
    assert note in incidents(tmp_path, events).err.splitlines()
    assert note not in incidents(tmp_path, events, *signed(tmp_path, CHECKOUT)).err


def test_the_published_schema_is_the_one_the_structs_give() -> None:
    assert SCHEMA.read_text("utf-8") == machine.json_schema()


EXITS: dict[str, tuple[list[dict[str, Any]], tuple[str, ...], int]] = {
    "a visit nobody explains": ([SIGN_IN], (), 1),
    "nobody was root": ([NOBODY], (), 0),
    "a failed sign-in": ([FAILED], (), 0),
    "a failed sign-in counts": ([FAILED], ("--fail-on", "notify"), 1),
    "a service event": ([{"like": "service", "at": "08:00:00"}], ("--fail-on", "notify"), 0),
    "a service event counts": ([{"like": "service", "at": "08:00:00"}], ("--fail-on", "record"), 1),
    "a concern": (
        [{"like": "role", "at": "08:00:00", "name": "EnableOrganizationsRootSessions", "reads": False}],
        (),
        1,
    ),
}


@pytest.mark.parametrize("name", EXITS)
def test_exit_codes(name: str, tmp_path: Path) -> None:
    events, arguments, code = EXITS[name]
    assert incidents(tmp_path, trail(tmp_path, *events), *arguments).code == code


def test_a_check_out_makes_it_expected(tmp_path: Path) -> None:
    seen = incidents(tmp_path, trail(tmp_path, SIGN_IN, MFA), *signed(tmp_path, CHECKOUT))
    (visit,) = seen.document["incidents"]
    assert (seen.code, visit["verdict"], visit["severity"], visit["lease"]) == (0, "expected", "notify", "L-1")


def test_an_unsigned_check_out_silences_nothing(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text(json.dumps(CHECKOUT))
    seen = incidents(tmp_path, trail(tmp_path, SIGN_IN, MFA), "--checkouts", "c.jsonl")
    (visit,) = seen.document["incidents"]
    assert (seen.code, visit["verdict"]) == (1, "unexplained")
    assert [one["doubt"] for one in seen.document["not_believed"]] == ["it is not signed"]
    assert "warning: 1 check-out not believed: it is not signed: `L-1`" in seen.err


def test_a_check_out_that_cannot_be_read_is_could_not_look(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text("{}\n")
    seen = incidents(tmp_path, trail(tmp_path, NOBODY), "--checkouts", "c.jsonl")
    assert seen.code == 3
    assert "`c.jsonl` line 1" in seen.err
    assert seen.document["counts"]["trouble"]


def test_a_log_that_was_cut_is_could_not_look(tmp_path: Path) -> None:
    path = trail(tmp_path, NOBODY)
    path.write_bytes(path.read_bytes()[:-20])
    whole = trail(tmp_path, NOBODY, name="whole.json.gz")
    assert incidents(tmp_path, path, whole).code == 3


def test_lines_are_what_the_key_figures_read(tmp_path: Path) -> None:
    path = trail(tmp_path, SIGN_IN, MFA, {"like": "key", "at": "never T"})
    seen = command("trail", "incidents", path, "--format", "jsonl", cwd=tmp_path)
    (line,) = parse_lines(seen.out.encode(), Line, file="incidents.jsonl")
    assert (line.account, line.shape, line.verdict, line.alerted_at) == (ACCOUNT, "B", "unexplained", None)
    assert "1 incident without an account or a time" in seen.err


@pytest.mark.parametrize("name", ["terminal", "csv", "html", "ocsf"])
def test_every_other_format_tells_the_visit(name: str, tmp_path: Path) -> None:
    seen = command("trail", "incidents", trail(tmp_path, SIGN_IN, MFA), "--format", name, cwd=tmp_path)
    assert seen.code == 1
    assert ACCOUNT in seen.out
    assert "no check-out of the account covers it" in seen.out


def test_what_a_user_root_made_does_is_looked_for_in_a_second_reading(tmp_path: Path) -> None:
    made = {"like": "console", "at": "08:06:00", "name": "CreateUser", "request": {"userName": "mallory"}}
    budget = {"like": "console", "at": "08:05:00", "source": "budgets.amazonaws.com", "name": "DeleteBudget"}
    spent = {
        "like": "user",
        "at": "12:00:00",
        "source": "ec2.amazonaws.com",
        "name": "RunInstances",
        "reads": False,
        "request": {"instanceType": "p4d.24xlarge"},
    }
    path = trail(tmp_path, made, budget, spent)
    (concern,) = incidents(tmp_path, path).document["concerns"]
    assert (concern["kind"], concern["event_ids"]) == ("denial_of_wallet", ["e2", "e3"])
    # The events of the second reading are none of root, so they are in no count.
    assert incidents(tmp_path, path).document["counts"]["events"] == 2
    other = trail(tmp_path, {**spent, "id": "x"}, name="other.json.gz")
    again = incidents(tmp_path, path, other, "--state", tmp_path / "state")
    assert again.document["concerns"][0]["event_ids"] == ["e2", "e3", "x"]
    later = incidents(tmp_path, path, other, "--state", tmp_path / "state")
    assert later.document["incidents"] == again.document["incidents"]
    assert later.document["concerns"] == again.document["concerns"]


def test_reads_of_a_declared_password_store_are_found_by_the_secret(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:000011110000:secret:root/member-a-AbCdEf"
    (tmp_path / "s.toml").write_text(f'[[password_store]]\narn = "{arn}"\n')
    read = {"like": "user", "at": "08:00:00", "source": "secretsmanager.amazonaws.com", "name": "GetSecretValue"}
    path = trail(
        tmp_path, {**read, "request": {"secretId": "root/member-a"}}, {**read, "request": {"secretId": "another"}}
    )
    (concern,) = incidents(tmp_path, path, "--settings", "s.toml").document["concerns"]
    assert concern["event_ids"] == ["e1"]
    without = incidents(tmp_path, path).document
    assert without["concerns"] == []
    assert "password-store-read" in without["asleep"]


# The third step of a visit that changed MFA, by where its account stands.
THIRD = {
    "nothing declared": ("", "Change the password of the root mailbox"),
    "management": (f'management_accounts = ["{ACCOUNT}"]', "Switch every root access key off"),
    "member": ('management_accounts = ["999900000000"]', "Open a central root session for the member"),
}


@pytest.mark.parametrize(("settings", "step"), THIRD.values(), ids=THIRD.keys())
def test_steps_fit_where_the_account_stands(settings: str, step: str, tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(settings)
    path = trail(tmp_path, SIGN_IN, MFA)
    run = command("trail", "incidents", path, "--settings", tmp_path / "settings.toml", cwd=tmp_path)
    said = " ".join(run.out.split())
    assert [each for _, each in THIRD.values() if each in said] == [step]


def test_findings_of_guardduty(tmp_path: Path) -> None:
    finding = {
        "Type": "Policy:IAMUser/RootCredentialUsage",
        "AccountId": "000011113333",
        "Id": "f-1",
        "Service": {"EventFirstSeen": "2026-03-02T08:04:00Z", "EventLastSeen": "2026-03-02T08:09:00Z"},
    }
    (tmp_path / "f.json").write_text(json.dumps({"Findings": [finding]}))
    seen = incidents(tmp_path, trail(tmp_path, NOBODY), "--guardduty", "f.json")
    assert seen.code == 1
    assert [one["kind"] for one in seen.document["concerns"]] == ["silence"]
    (tmp_path / "lines.json").write_text(json.dumps(finding) + "\n" + json.dumps(finding) + "\n")
    assert len(incidents(tmp_path, trail(tmp_path, NOBODY), "--guardduty", "lines.json").document["incidents"]) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--checkouts-key", "k.pem"), "--checkouts-key needs --checkouts"),
        (("--checkouts", "nowhere.jsonl"), "`nowhere.jsonl` cannot be read"),
        (("--settings", "wrong.toml"), "the settings `wrong.toml` are wrong"),
        (("--guardduty", "wrong.toml"), "`wrong.toml` is no JSON"),
        (("--as-of", "noon"), "`noon` is not an instant"),
        (("--fail-on", "high"), "--fail-on"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("nonsense = [")
    seen = incidents(tmp_path, trail(tmp_path, NOBODY), *arguments)
    assert (seen.code, said in seen.err) == (2, True), seen.err


FIELDS = {
    "document": machine.IncidentsDocument,
    "incident": Incident,
    "reason": Reason,
    "concern": Concern,
    "root_key": RootKey,
    "check_out": machine.NotBelieved,
    "counts": machine.Odd,
}


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_documented(name: str) -> None:
    page = (DOCS / "incidents.md").read_text("utf-8")
    for field in FIELDS[name].__struct_encode_fields__:
        assert f"`{name}.{field}`" in page


def test_every_reason_and_setting_is_documented() -> None:
    page = (DOCS / "incidents.md").read_text("utf-8")
    sources = [path.read_text("utf-8") for path in Path(coverage.__file__).parent.glob("*.py")]
    codes = {code for text in sources for code in re.findall(r'code="([a-z-]+)"', text)}
    stories_tell = {code for story in stories().values() for told in story.incidents for code in told.get("codes", [])}
    detections = {one.id for one in packs.detections()}
    assert len(codes) > 20
    for code in (codes | stories_tell) - detections:
        assert f"`{code}`" in page
    for threshold in Thresholds.__struct_fields__:
        assert f"`{threshold}`" in page
    for setting in Settings.__struct_encode_fields__:
        assert setting in page


def test_the_settings_of_the_page_are_settings() -> None:
    text = (
        (DOCS / "incidents.md").read_text("utf-8").partition("```toml rootwarden-detect.toml\n")[2].partition("```")[0]
    )
    assert parse_settings(text, name="page").password_store
