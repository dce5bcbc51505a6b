"""The command as a person runs it: reports, the record against its schema, and refusals."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from tests.guardrails.replaying.made_up import ROOT, WORK, write_evidence
from tests.guardrails.replaying.strange import HERE, call, role, root, strange_records
from tests.guardrails.replaying.test_replay import ACCOUNTS, DENY_ROOT, deny, written

from rootwarden.cli.main import main
from rootwarden.guardrails.replaying.digest import policy_digest
from rootwarden.iam.document import read_document
from rootwarden.report.replay import machine

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

DOCS = Path(__file__).parents[3] / "docs"
SCHEMA = DOCS / "reports" / "guardrails-replay-1.schema.json"


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command in a folder with a trail and evidence; gives exit code, output, and what was said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trail").mkdir()
    written(strange_records(), tmp_path / "trail", size=30)
    write_evidence(tmp_path / "evidence", ACCOUNTS, {"scp": {WORK: {"old": DENY_ROOT}}})

    def running(*arguments: str) -> tuple[int, str, str]:
        given = ("guardrails", "replay", "--trail", "trail", "--evidence", "evidence", *arguments)
        monkeypatch.setattr("sys.argv", ["rootwarden", *given])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsysbinary.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), said.out.decode(), said.err.decode()

    return running


def policy(name: str, document: dict[str, Any]) -> str:
    Path(name).write_text(json.dumps(document))
    return name


def test_a_person_reads_two_numbers_first(run: Run) -> None:
    code, text, said = run(policy("deny.json", deny("*", ArnLike={"aws:PrincipalArn": "arn:*:iam::*:role/Builder"})))
    assert code == 0
    first, *_ = text.splitlines()
    assert first == "would deny 24 calls of 3 principals; at most 25"
    assert "Refused before: 2 calls" in text
    assert "policy `deny` statement `Deny` at r-fake" in text
    assert f"found: {first}" in said


def test_the_record_keeps_its_schema_and_names_policies_by_what_they_say(run: Run) -> None:
    document = deny("ec2:*")
    code, text, _ = run(
        "--with", f"{WORK}={policy('deny.json', document)}", "--without", f"{WORK}=old", "--format", "json"
    )
    record = json.loads(text)
    jsonschema.validate(record, json.loads(SCHEMA.read_text()))
    assert code == 0
    assert [(one["operation"], one["target"], one["policy"]["name"]) for one in record["change"]] == [
        ("detach", WORK, "old"),
        ("attach", WORK, "deny"),
    ]
    assert record["change"][1]["policy"]["sha256"] == policy_digest(read_document(document))
    assert record["calls"]["at_most"] == record["calls"]["denied"] + record["calls"]["depends"]
    assert record["calls"]["let_through"] > 0
    assert record["read"]["complete"] is True
    counted = sum(group["calls"] for group in record["groups"])
    assert counted == sum(record["calls"][name] for name in record["calls"] if not name.startswith("at_"))


def test_the_published_schema_is_that_of_the_code() -> None:
    assert SCHEMA.read_text() == machine.json_schema()


def test_the_digest_of_a_policy_does_not_depend_on_how_it_is_spelled() -> None:
    spelled = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": ["*"], "Action": ["iam:*"]}]}
    short = '{"Statement": {"Action": "iam:*", "Effect": "Deny", "Resource": "*"}, "Version": "2012-10-17"}'
    assert policy_digest(read_document(spelled)) == policy_digest(read_document(short))


def test_lines_and_rows_tell_every_event_and_group(run: Run) -> None:
    _, lines, _ = run("deny-root-actions", "--format", "jsonl")
    _, rows, _ = run("deny-root-actions", "--format", "csv")
    _, text, _ = run("deny-root-actions", "--format", "json")
    record = json.loads(text)
    events = [json.loads(line) for line in lines.splitlines()]
    assert len({one["event_id"] for one in events}) == len(events) == sum(group["calls"] for group in record["groups"])
    assert len(list(csv.DictReader(io.StringIO(rows)))) == len(record["groups"])


def test_a_resource_control_policy_is_told_by_its_principal(run: Run) -> None:
    document = deny("s3:*", NotIpAddress={"aws:SourceIp": "203.0.113.0/24"})
    document["Statement"][0]["Principal"] = "*"
    code, text, _ = run(policy("fence.json", document), "--format", "json")
    record = json.loads(text)
    assert code == 0
    assert record["change"][0]["kind"] == "rcp"
    events = {
        verdict: {group["event"] for group in record["groups"] if group["verdict"] == verdict}
        for verdict in ("denied", "depends")
    }
    assert events["denied"] == {"GetObject", "ListBuckets"}
    assert events["depends"] == {"CopyObject", "GetObject", "PutObject"}
    assert {"whose the resource is"} <= {key for group in record["groups"] for key in group["depends_on"]}
    assert "RunInstances" not in {group["event"] for group in record["groups"]}


def test_a_window_leaves_out_what_is_outside(run: Run) -> None:
    _, text, _ = run("deny-root-actions", "--from", "2026-03-05", "--to", "2026-03-10", "--format", "json")
    record = json.loads(text)
    assert record["window"]["from"] == "2026-03-05"
    assert all("2026-03-05" <= group["first"] <= group["last"] < "2026-03-10" for group in record["groups"])
    assert record["groups"]


def test_a_file_that_cannot_be_read_makes_the_numbers_too_low(run: Run) -> None:
    Path("trail/cut.json.gz").write_bytes(Path("trail/00000.json.gz").read_bytes()[:400])
    code, text, _ = run("deny-root-actions", "--format", "json")
    record = json.loads(text)
    assert code == 3
    assert record["read"]["complete"] is False
    assert "cut.json.gz" in record["read"]["trouble"][0]


def test_an_organization_whose_tree_nobody_gave_is_never_safe(run: Run) -> None:
    Path("evidence/targets.json").unlink()
    code, text, said = run("--with", f"{HERE}=deny-root-actions", "--format", "json")
    record = json.loads(text)
    assert code == 0, said
    assert record["calls"]["denied"] == 0
    assert record["calls"]["depends"] > 0


def test_calls_of_an_account_the_evidence_does_not_have_are_not_bound(run: Run, tmp_path: Path) -> None:
    stranger = call(900, "ec2", "RunInstances", role("Builder", "999999999999"), recipientAccountId="999999999999")
    written([stranger], tmp_path / "trail", size=1)
    _, text, _ = run(policy("deny.json", deny("ec2:*")), "--format", "json")
    record = json.loads(text)
    assert "999999999999" not in {group["account"] for group in record["groups"]}
    assert "999999999999" in record["unknown_accounts"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "there is no change to replay"),
        (("deny-root",), "there is no guardrail `deny-root`"),
        (("--with", "deny-root-actions"), "is not TARGET=FILE|ID"),
        (("--with", "ou-nobody=deny-root-actions"), "there is no target `ou-nobody`"),
        (("--without", f"{ROOT}=nothing"), "no policy `nothing` is attached"),
        (("--without", f"{ROOT}=FullAWSAccess"), "nothing would be attached to `r-fake`"),
        (("fence-root-sign-in-of-account", "--parameter", "networks=203.0.113.0/24"), "is not replayed"),
    ],
)
def test_what_makes_no_sense_is_refused(run: Run, arguments: tuple[str, ...], words: str) -> None:
    code, _, said = run(*arguments)
    assert code == 2
    assert words in said


def test_a_file_that_is_no_policy_is_refused(run: Run) -> None:
    Path("no.json").write_text('{"Version": "2012-10-17", "Statement": {"Effect": "Refuse"}}')
    code, _, said = run("no.json")
    assert code == 2
    assert "`no.json` is no policy" in said


def test_roots_of_the_management_account_are_left_alone(run: Run) -> None:
    _, text, _ = run("deny-root-actions", "--format", "json")
    assert root("000000000000")["arn"] not in {group["principal"] for group in json.loads(text)["groups"]}


def of_other_accounts(folder: Path) -> None:
    """Make the accounts of an evidence folder others than those of the trail."""
    for file in [each for each in folder.rglob("*") if each.is_file()]:
        file.write_text(re.sub(r"\b\d(\d{11})\b", r"9\1", file.read_text()))


@pytest.mark.parametrize("form", ["terminal", "json", "jsonl"])
def test_the_trail_of_somebody_else_foretells_nothing(run: Run, form: str) -> None:
    of_other_accounts(Path("evidence"))
    code, text, said = run("deny-root-actions", "--format", form)
    assert code == 3
    if form == "json":
        record = json.loads(text)
        assert (record["read"]["accounts"], record["calls"]["at_most"]) == ([], 0)
        assert record["unknown_accounts"]
    if form == "terminal":
        assert text.startswith("nothing is foretold: no call is of an account in the evidence")
    if form != "jsonl":
        assert "would deny none" not in text + said


def test_a_policy_that_binds_outsiders_is_replayed_on_their_calls(run: Run) -> None:
    of_other_accounts(Path("evidence"))
    document = deny("s3:*")
    code, text, _ = run(
        policy("bars.json", {**document, "Statement": [{**document["Statement"][0], "Principal": "*"}]})
    )
    assert code == 0
    assert "nothing is foretold" not in text
