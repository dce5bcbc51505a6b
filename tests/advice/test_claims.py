"""What "with Rootwarden" claims is shown: every rule, detection and guardrail named is run over the scenario.

That a command named does what its cell says is played in `test_played_commands.py`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
from tests.guardrails.standings import ROOT, organization

from rootwarden import packs
from rootwarden.audit.guardrail_proof import Planned, Wanted, prove_all
from rootwarden.detect.visits.case_file import CaseTable, read_cases
from rootwarden.detect.visits.event import read_event
from rootwarden.detect.visits.find import find
from rootwarden.detect.visits.incident import Severity
from rootwarden.guardrails.content.values import examples
from rootwarden.guardrails.proof import Verdict as ProofVerdict
from rootwarden.packs.content import callers, detections_with_examples, root_tasks, task_policies
from rootwarden.rules.fixture import load_fixture
from rootwarden.rules.posture import prepare
from rootwarden.rules.verdict import Verdict

if TYPE_CHECKING:
    from rootwarden.advice.scenario import Cell, Scenario
    from rootwarden.detect.visits.event import Event
    from rootwarden.detect.visits.incident import Concern, Incident, Reason

SCENARIOS: Final = {one.id: one for one in packs.scenarios()}
DETECTIONS: Final = {one.id: one for one in detections_with_examples()}
RULES: Final = {one.id: one for one in packs.every_rule()}
GUARDRAILS: Final = {one.id: one for one in packs.guardrails()}
AS_OF: Final = datetime(2026, 3, 2, tzinfo=UTC)


def claims(kind: str) -> list[tuple[str, str, str]]:
    """Scenario, what the cell says, and the name of what does it."""
    every = [(one.id, cell.because, by) for one in SCENARIOS.values() for cell in one.both for by in cell.by]
    return [(scenario, said, by.partition(":")[2]) for scenario, said, by in every if by.startswith(f"{kind}:")]


def events_of(scenario: Scenario) -> list[Event]:
    """The events of its proof, a minute apart, each with an id of its own."""
    tables = [
        CaseTable(name=str(number), fits=True, caller=caller, record=json.loads(record))
        for number, (caller, record) in enumerate(scenario.proof.events)
    ]
    records = [case.record for case in read_cases(tables, callers())]
    return [read_event({**record, "eventID": f"fake-{number}"}) for number, record in enumerate(records)]


def found(events: list[Event]) -> list[Incident | Concern]:
    findings = find(events, detections=DETECTIONS.values(), tasks=root_tasks(), policies=task_policies())
    return [*findings.incidents, *findings.concerns]


def reasons(scenario: str) -> list[Reason]:
    return [reason for one in found(events_of(SCENARIOS[scenario])) for reason in one.reasons]


def claiming() -> list[tuple[str, Cell]]:
    return [(one.id, cell) for one in SCENARIOS.values() for cell in one.both if cell.outcome != "not-seen"]


@pytest.mark.parametrize(("scenario", "cell"), claiming(), ids=lambda one: one if isinstance(one, str) else "")
def test_what_stands_on_our_own_pages_names_what_does_it(scenario: str, cell: Cell) -> None:
    native = {(one.outcome, one.needs) for one in SCENARIOS[scenario].native}
    ours = cell.source.startswith("docs/") or (cell.outcome, cell.needs) not in native
    assert bool(cell.by) is ours, cell.because


@pytest.mark.parametrize(("scenario", "said", "name"), claims("detection"))
def test_a_detection_named_tells_of_the_scenario(scenario: str, said: str, name: str) -> None:
    events = events_of(SCENARIOS[scenario])
    assert any(DETECTIONS[name].means(event) is True for event in events)
    told = [one for one in reasons(scenario) if one.code == name]
    assert told
    wanted = Severity.PAGE if "page" in said else Severity.NOTIFY
    assert max(one.severity.rank for one in told) >= wanted.rank


@pytest.mark.parametrize(("scenario", "said", "name"), claims("rule"))
def test_a_rule_named_fails_on_the_scenario(scenario: str, said: str, name: str) -> None:
    assert said
    prepared = prepare(RULES[name], packs.schema())
    (resource,) = load_fixture(SCENARIOS[scenario].proof.fixture, packs.schema())
    assert prepared.judge(resource.record, as_of=AS_OF).outcome.verdict is Verdict.FAIL


@pytest.mark.parametrize(("scenario", "said", "name"), claims("guardrail"))
def test_a_guardrail_named_is_proven_both_ways(scenario: str, said: str, name: str) -> None:
    assert said
    wanted = Wanted(GUARDRAILS[name], examples(GUARDRAILS[name]))
    there = organization({ROOT: {"theirs": json.loads(SCENARIOS[scenario].proof.policy)}})
    (broken,) = prove_all(there, [wanted]).guardrails
    assert broken.verdict in (ProofVerdict.OPEN, ProofVerdict.BARS)
    (held,) = prove_all(organization(), [wanted], [Planned(wanted)]).guardrails
    assert held.count(ProofVerdict.HOLDS) == 2  # every member; the management account is bound by none
    assert {group.verdict for group in held.groups} == {ProofVerdict.HOLDS, ProofVerdict.NOT_BOUND}


def test_every_record_of_a_proof_is_meant_by_a_detection_named() -> None:
    for one in SCENARIOS.values():
        names = {name for scenario, _, name in claims("detection") if scenario == one.id}
        for event in events_of(one):
            assert any(DETECTIONS[name].means(event) is True for name in names), one.id
        assert bool(one.proof.fixture) is any(scenario == one.id for scenario, _, _ in claims("rule"))
        assert bool(one.proof.policy) is any(scenario == one.id for scenario, _, _ in claims("guardrail"))


def test_blinding_and_spending_is_one_concern() -> None:
    for scenario in ("denial-of-wallet", "management-root-acts"):
        concerns = [one for one in found(events_of(SCENARIOS[scenario])) if one.reasons[0].code == "denial-of-wallet"]
        assert len(concerns) == 1


def test_what_follows_in_a_federated_session_is_a_visit_that_names_the_call() -> None:
    events = events_of(SCENARIOS["federated-session"])
    (visit,) = [one for one in found(events) if "root-mfa-changed" in {reason.code for reason in one.reasons}]
    (issued,) = [reason for reason in visit.reasons if reason.code == "session-issued"]
    assert issued.event_ids == ("fake-0",)
    assert "GetFederationToken" in issued.words


def test_a_sign_in_no_check_out_explains_pages() -> None:
    for scenario in ("member-password-stolen", "management-password-stolen"):
        (visit,) = found(events_of(SCENARIOS[scenario]))
        assert {one.code for one in visit.reasons if one.severity is Severity.PAGE} >= {"no-check-out"}


def test_a_login_at_the_command_line_is_told_apart() -> None:
    (visit,) = found(events_of(SCENARIOS["command-line-login"]))
    codes = {one.code for one in visit.reasons}
    assert "root-cli-login" in codes
    assert "root-sign-in" not in codes


def test_an_assumed_session_that_sets_a_password_is_told_apart_from_an_audit() -> None:
    scenario = SCENARIOS["password-allowed-again"]
    ((caller, record),) = scenario.proof.events
    audit = record.replace("IAMCreateRootUserPassword", "IAMAuditRootUserCredentials")
    (case,) = read_cases([CaseTable(name="a", fits=True, caller=caller, record=json.loads(audit))], callers())
    event = read_event(case.record)
    assert DETECTIONS["root-assumed-to-set-password"].means(event) is False
