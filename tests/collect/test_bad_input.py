"""Hostile evidence: nothing hangs or crashes, everything is named, and every other account's verdict stays."""

from __future__ import annotations

import json
import os
import random
import shutil
from typing import TYPE_CHECKING, Any, Final

import pytest
from tests.collect import looks

from rootwarden.audit.assess import exit_code
from rootwarden.collect.folder import EvidenceFolder
from rootwarden.collect.offline import collect_folder
from rootwarden.rules.verdict import Verdict
from rootwarden.simulator.parts import member_id

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.collect.conftest import Saved

pytestmark = pytest.mark.timeout(30)
MEMBER: Final = member_id(3)


def _directory(path: Path) -> None:
    path.mkdir()


def _link_to_nowhere(path: Path) -> None:
    path.symlink_to(path.with_name("not-there"))


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _gigantic(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(65 * 1024 * 1024)


def _bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


KINDS: Final[dict[str, Callable[[Path], object]]] = {
    "a folder": _directory,
    "a link to nowhere": _link_to_nowhere,
    "a link to itself": _link_to_itself,
    "a pipe nobody writes to": _pipe,
    "an endless device": _device,
    "gigantic": _gigantic,
    "empty": _bytes(b""),
    "blanks": _bytes(b" \n\t\n"),
    "binary": _bytes(b"\x89PNG\r\n\x1a\n\x00\xff"),
    "UTF-16": _bytes('{"SummaryMap": {}}'.encode("utf-16")),
    "truncated": _bytes(b'{"SummaryMap": {"AccountMFAEn'),
    "followed by more": _bytes(b'{"SummaryMap": {}}{}'),
    "a list": _bytes(b"[]"),
    "null": _bytes(b"null"),
    "deeply nested": _bytes(b'{"SummaryMap":' * 100_000),
    "deeply nested and whole": _bytes(b"[" * 100_000 + b"]" * 100_000),
    "half a surrogate": _bytes(b'{"SummaryMap": "\\ud800"}'),
    "of another shape": _bytes(b'{"SummaryMap": [], "VirtualMFADevices": {}, "Content": 7, "Accounts": 1}'),
    "an empty object": _bytes(b"{}"),
    "of wrong types inside": _bytes(
        b'{"SummaryMap": {"AccountMFAEnabled": "1"}, "VirtualMFADevices": [1], "Content": "%%%", "trailList": [null],'
        b' "Accounts": [{"Id": 7}], "roots": [{"id": "r", "children": [3]}], "Organization": [], "EnabledFeatures": 1,'
        b' "attachments": {"x": "y"}, "ContactInformation": 3, "AlternateContact": []}'
    ),
}
OF_A_MEMBER: Final = [
    "account-summary.json",
    "credential-report.json",
    "virtual-mfa-devices.json",
    "contact-information.json",
    "alternate-contact-security.json",
]


def spoil(path: Path, kind: str) -> None:
    path.unlink()
    KINDS[kind](path)


def look(evidence: Path) -> tuple[looks.Verdicts, tuple[str, ...], int]:
    collected = collect_folder(EvidenceFolder(evidence))
    result = looks.judged(collected)
    code = exit_code(result, unreadable=bool(collected.unreadable))
    for each in collected.unreadable:
        assert any(each.reason in warning for warning in result.warnings)
    return looks.verdicts(result), tuple(f"{each.subject}: {each.reason}" for each in collected.unreadable), code


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("file", OF_A_MEMBER)
def test_one_spoiled_file_of_one_account(saved: Saved, evidence: Path, file: str, kind: str) -> None:
    spoil(evidence / "accounts" / MEMBER / file, kind)
    seen, unreadable, _ = look(evidence)
    changed = looks.differences(saved.verdicts, seen)
    assert {account for account, _ in changed} == {MEMBER}
    assert {after for _, after in changed.values()} == {Verdict.UNKNOWN}
    assert any(MEMBER in said for said in unreadable), unreadable


@pytest.mark.parametrize("kind", KINDS)
def test_spoiled_errors_of_an_account(saved: Saved, evidence: Path, kind: str) -> None:
    path = evidence / "accounts" / MEMBER / "errors.json"
    KINDS[kind](path)
    seen, unreadable, _ = look(evidence)
    assert looks.differences(saved.verdicts, seen) == {}
    names = kind in ("of another shape", "an empty object", "of wrong types inside", "half a surrogate")
    assert names or any("errors.json" in said for said in unreadable)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "file", ["organization.json", "organizations-features.json", "targets.json", "policies/p-denyrootkeys.json"]
)
def test_a_spoiled_file_of_the_organization(saved: Saved, evidence: Path, file: str, kind: str) -> None:
    spoil(evidence / file, kind)
    seen, unreadable, _ = look(evidence)
    changed = looks.differences(saved.verdicts, seen)
    assert {after for _, after in changed.values()} == {Verdict.UNKNOWN}
    assert unreadable


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoiled_list_of_accounts(saved: Saved, evidence: Path, kind: str) -> None:
    spoil(evidence / "accounts.json", kind)
    seen, unreadable, _ = look(evidence)
    changed = looks.differences(saved.verdicts, seen)
    assert {rule for _, rule in changed} == {"root-email"}
    assert {after for _, after in changed.values()} == {Verdict.UNKNOWN}
    assert unreadable


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoiled_record_of_the_collection(saved: Saved, evidence: Path, kind: str) -> None:
    spoil(evidence / "collection.json", kind)
    seen, unreadable, _ = look(evidence)
    assert looks.differences(saved.verdicts, seen) == {}
    assert any("collection.json" in said for said in unreadable)


@pytest.mark.parametrize("kind", KINDS)
def test_spoiled_declarations(saved: Saved, evidence: Path, kind: str) -> None:
    KINDS[kind](evidence / "declarations.json")
    seen, unreadable, _ = look(evidence)
    if kind == "a list":
        assert unreadable == ()
        return
    assert any("declarations.json" in said for said in unreadable)
    changed = looks.differences(saved.verdicts, seen)
    assert {after for _, after in changed.values()} <= {Verdict.UNKNOWN}
    assert {rule for _, rule in changed} <= {"root-email"}


WRONG_DECLARATIONS: Final[dict[str, dict[str, Any]]] = {
    "of something nobody can declare": {"fact": "root-mfa"},
    "without an offset": {"observed_at": "2026-01-01T00:00:00"},
    "with a date for an instant": {"observed_at": "2026-01-01"},
    "by a number": {"by": 7},
    "with a record for a value": {"value": {"$unknown": "x"}},
}


@pytest.mark.parametrize("name", WRONG_DECLARATIONS)
def test_one_wrong_declaration_is_named(saved: Saved, evidence: Path, name: str) -> None:
    whole = {"account": "*", "fact": "root-mfa-devices", "value": 2, "by": "pat", "observed_at": "2026-01-01T00:00:00Z"}
    (evidence / "declarations.json").write_text(json.dumps([{**whole, **WRONG_DECLARATIONS[name]}]))
    seen, unreadable, _ = look(evidence)
    assert any("declarations.json" in said for said in unreadable)
    assert {after for _, after in looks.differences(saved.verdicts, seen).values()} <= {Verdict.UNKNOWN}


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("root-mfa-devices", "two"),
        ("root-mfa-devices", True),
        ("root-mfa-devices", -1),
        ("root-password-rotation-days", "90"),
        ("root-password-changed", "yesterday"),
        ("root-password-changed", "0001-01-01T00:00:00+23:59"),
        ("root-vaulted-totp", "yes"),
        ("root-email-domains", "example.com"),
    ],
)
def test_a_declared_value_of_the_wrong_kind_is_unknown_and_named(evidence: Path, fact: str, value: object) -> None:
    entry = {"account": MEMBER, "fact": fact, "value": value, "by": "pat", "observed_at": "2026-01-01T00:00:00Z"}
    (evidence / "declarations.json").write_text(json.dumps([entry]))
    _, unreadable, _ = look(evidence)
    assert any("pat" in said or "declared" in said for said in unreadable), unreadable


def test_a_declared_schedule_beyond_the_calendar(evidence: Path) -> None:
    common = {"account": MEMBER, "by": "pat", "observed_at": "2026-01-01T00:00:00Z"}
    days = {**common, "fact": "root-password-rotation-days", "value": 10**12}
    changed = {**common, "fact": "root-password-changed", "value": "2026-01-01T00:00:00Z"}
    (evidence / "declarations.json").write_text(json.dumps([days, changed]))
    assert look(evidence)[0][MEMBER, "root-password-age"] == Verdict.UNKNOWN


@pytest.mark.parametrize("make", [_pipe, _link_to_nowhere, _bytes(b"")], ids=["a pipe", "a link", "a file"])
def test_what_should_be_an_accounts_folder(saved: Saved, evidence: Path, make: Callable[[Path], object]) -> None:
    shutil.rmtree(evidence / "accounts" / MEMBER)
    make(evidence / "accounts" / MEMBER)
    (evidence / "accounts.json").unlink()
    seen, unreadable, _ = look(evidence)
    changed = looks.differences(saved.verdicts, seen)
    assert {account for account, rule in changed if rule != "root-email"} == {MEMBER}
    assert seen[MEMBER, "root-mfa"] == Verdict.UNKNOWN
    assert any(MEMBER in said for said in unreadable)


@pytest.mark.parametrize("name", ["regions", "regions/us-east-1", "root-access-key-last-used"])
def test_a_file_where_a_folder_should_be(saved: Saved, evidence: Path, name: str) -> None:
    path = evidence / "accounts" / MEMBER / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x")
    seen, _, _ = look(evidence)
    assert looks.differences(saved.verdicts, seen) == {}


@pytest.mark.parametrize("link", ["describe-trails.json", "metric-filters.json", "metric-alarms.json"])
@pytest.mark.parametrize("kind", ["truncated", "an empty object", "of wrong types inside", "a pipe nobody writes to"])
def test_a_spoiled_link_of_the_alarm(saved: Saved, evidence: Path, link: str, kind: str) -> None:
    spoil(evidence / "accounts" / looks.MANAGEMENT / "regions" / "us-east-1" / link, kind)
    seen, unreadable, _ = look(evidence)
    changed = looks.differences(saved.verdicts, seen)
    assert {rule for _, rule in changed} == {"root-usage-alarm"}
    assert {after for _, after in changed.values()} == {Verdict.UNKNOWN}
    assert any(link in said for said in unreadable), unreadable


# the command


# Rules by which no account of the folder fails.
SOUND: Final = ("--rule", "root-central-management", "--rule", "root-contact-*")


@pytest.mark.parametrize(
    "kind", ["a pipe nobody writes to", "truncated", "gigantic", "deeply nested", "an empty object"]
)
def test_the_command_says_what_it_could_not_read(evidence: Path, tmp_path: Path, kind: str) -> None:
    spoil(evidence / "accounts" / MEMBER / "contact-information.json", kind)
    run = looks.command("audit", "--evidence", evidence, "--format", "json", *SOUND, cwd=tmp_path)
    assert run.code == 3
    assert "warning: could not be read: " in run.err
    assert MEMBER in run.err
    assert "Traceback" not in run.err
    assert "fail" not in run.verdicts.values()
    assert run.verdicts[MEMBER, "root-contact-primary"] == "unknown"


def test_a_fail_goes_before_what_could_not_be_read(evidence: Path, tmp_path: Path) -> None:
    spoil(evidence / "accounts" / member_id(1) / "account-summary.json", "truncated")
    assert looks.command("audit", "--evidence", evidence, cwd=tmp_path).code == 1


def test_a_sound_folder_by_sound_rules_is_clean(evidence: Path, tmp_path: Path) -> None:
    run = looks.command("audit", "--evidence", evidence, *SOUND, cwd=tmp_path)
    assert (run.code, run.err) == (0, "")


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoiled_lone_report_is_refused(tmp_path: Path, kind: str) -> None:
    from rootwarden.collect.offline import collect_credential_report
    from rootwarden.errors import InputError
    from rootwarden.simulator.moment import NOW

    report = tmp_path / "report.json"
    KINDS[kind](report)
    with pytest.raises(InputError) as refused:
        collect_credential_report(report, as_of=NOW)
    assert refused.value.message
    assert refused.value.hint


HEADER: Final = b"user,arn,mfa_active\n"
ROOT: Final = b"<root_account>,arn:aws:iam::111122223333:root,true\n"
ALICE: Final = b"alice,arn:aws:iam::111122223333:user/alice,true\n"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        pytest.param(HEADER + ALICE, 3, "no root row", id="no root row"),
        pytest.param(HEADER + ROOT + ROOT, 3, "several root rows", id="two root rows"),
        pytest.param(HEADER, 2, "does not tell whose report", id="nobody in it"),
        pytest.param(b"", 2, "empty", id="empty"),
        pytest.param(HEADER + b"<root_account>,arn:aws:iam::111122223333:ro", 2, "does not tell whose", id="cut"),
    ],
)
def test_a_report_without_its_root_row(tmp_path: Path, content: bytes, code: int, said: str) -> None:
    report = tmp_path / "report.csv"
    report.write_bytes(content)
    arguments = ("--as-of", "2026-03-02", "--rule", "root-mfa", "--format", "json")
    run = looks.command("audit", "--credential-report", report, *arguments, cwd=tmp_path)
    assert run.code == code
    assert said in run.err
    assert "Traceback" not in run.err
    if code == 3:
        assert run.verdicts == {("111122223333", "root-mfa"): "unknown"}


@pytest.mark.parametrize("kind", ["a pipe nobody writes to", "a link to nowhere", "truncated", "empty", "a folder"])
def test_the_command_with_nothing_usable(tmp_path: Path, kind: str) -> None:
    report = tmp_path / "report"
    KINDS[kind](report)
    run = looks.command("audit", "--credential-report", report, "--as-of", "2026-03-02", cwd=tmp_path)
    assert run.complained(2)
    assert run.out == ""


@pytest.mark.parametrize("option", ["--exceptions", "--config", "--rule-file"])
@pytest.mark.parametrize("kind", ["a pipe nobody writes to", "a folder", "binary", "gigantic", "truncated"])
def test_other_files_of_the_user(evidence: Path, tmp_path: Path, option: str, kind: str) -> None:
    file = tmp_path / "file"
    KINDS[kind](file)
    run = looks.command("audit", "--evidence", evidence, option, file, cwd=tmp_path, limit=20)
    assert run.code == 2
    assert str(file) in run.err
    assert "hint: " in run.err or "help: " in run.err
    assert "Traceback" not in run.err


# anything, anywhere

STRANGE: Final[list[Any]] = [
    None,
    True,
    False,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "\u202e\x00",
    [],
    {},
    [None],
    [[]],
    {"x": {}},
    "N/A",
    "aws:::",
]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document something else could stand."""
    below = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [path, *(place for name, each in below for place in _places(each, (*path, name)))]


def _replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    name, *rest = path
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[name] = _replaced(value[name], tuple(rest), new)
    return changed


@pytest.mark.parametrize("seed", range(8))
def test_strange_values_anywhere_never_crash_and_never_cross_accounts(saved: Saved, evidence: Path, seed: int) -> None:
    chance = random.Random(seed)
    files = sorted(path for path in evidence.rglob("*.json") if path.name != "collection.json")
    for _ in range(25):
        file = chance.choice(files)
        whole = file.read_bytes()
        document = json.loads(whole)
        place, new = chance.choice(_places(document)), chance.choice(STRANGE)
        file.write_text(json.dumps(_replaced(document, place, new)))
        seen, _, _ = look(evidence)
        changed = {account for account, _ in looks.differences(saved.verdicts, seen)}
        owner = file.relative_to(evidence).parts
        if owner[0] == "accounts" and owner[1] != looks.MANAGEMENT:
            assert changed <= {owner[1]}, (file.name, place, new)
        file.write_bytes(whole)
