"""Calls decided by themselves, and as a replay decides them: with others that no policy tells from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from tests.guardrails.replaying.small import replay_of_policy

from rootwarden.guardrails.replaying.asker import asker_of
from rootwarden.guardrails.replaying.plan import ROLE
from rootwarden.guardrails.replaying.ruling import Effect
from rootwarden.trail.replay import Bench, _identity
from rootwarden.trail.replay_fields import _FIELDS, details_of
from rootwarden.trail.replayed import Replayed
from rootwarden.trail.seats import marks_of

if TYPE_CHECKING:
    from rootwarden.guardrails.replaying.change import PolicyKind
    from rootwarden.guardrails.replaying.ruling import Ruling
    from rootwarden.trail.replay import Replay


def role(account: str, name: str, session: str) -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": f"AROAFAKE{name.upper()}:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        "accountId": account,
        "accessKeyId": "ASIAFAKEFAKEFAKEROLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": f"AROAFAKE{name.upper()}",
                "arn": f"arn:aws:iam::{account}:role/{name}",
            },
            "attributes": {"creationDate": "2026-03-02T07:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def user(account: str, name: str) -> dict[str, Any]:
    arn = f"arn:aws:iam::{account}:user/{name}"
    return {"type": "IAMUser", "principalId": f"AIDAFAKE{name}", "arn": arn, "accountId": account}


def alone(bench: Bench, record: Replayed) -> Ruling | None:
    """The ruling of a call, by its own asker and with all of its fields."""
    who = record.identity
    assert who is not None
    source = (record.source or "").partition(".")[0]
    asker = asker_of(_identity(who), source, assumed=False)
    plan = bench._judge.plan(asker, source, record.name or "")
    if plan is None:
        return None
    marks = marks_of(bytes(record.parameters), plan.marks)
    ruling = bench._judge._ruling(plan, asker, details_of(_FIELDS, record, who, record.time or ""), marks)
    return None if ruling.effect is Effect.NOTHING else ruling


def shared(bench: Bench, record: Replayed) -> Ruling | None:
    """The ruling of a call as a replay finds it."""
    who = record.identity
    assert who is not None
    party = bench.seat(who, record.source, assumed=False).party
    course = bench.course(party, record.source, record.name or "", record.kind) if party is not None else None
    if party is None or course is None:
        return None
    ruling = bench.ruling(party, course, record, who, record.time or "")
    return None if ruling.effect is Effect.NOTHING else ruling


def quiet(bench: Bench, record: Replayed) -> bool | None:
    """Whether nothing comes of a call at a glance; `None` where it may depend on a role that was handed over."""
    who = record.identity
    assert who is not None
    party = bench.seat(who, record.source, assumed=False).party
    course = bench.course(party.first, record.source, record.name or "", record.kind) if party is not None else None
    if party is None or course is None:
        return True
    found = bench.quiet(party.first, course, record, who, record.time or "")
    return found if found or ROLE not in course.plan.fields else None


decoder = msgspec.json.Decoder(Replayed)


def agree(document: dict[str, Any], kind: PolicyKind, drawn: list[dict[str, Any]]) -> None:
    agree_on(replay_of_policy(document, kind=kind), drawn)


def agree_on(replay: Replay, drawn: list[dict[str, Any]]) -> None:
    bench, other = Bench(replay), Bench(replay)
    for each in drawn:
        record = decoder.decode(msgspec.json.encode(each))
        expected = alone(other, record)
        assert quiet(bench, record) in {None, expected is None}, each
        assert shared(bench, record) == expected, each
