"""Messages: golden texts, nothing a reader's program would obey, no link, no secret."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.alert.worlds import ACCOUNT, MINUTE, NOON, NOTIFY, PAGE, concern, subject, visit

from rootwarden.alert.around import Surroundings
from rootwarden.alert.content.asff import LONGEST_DESCRIPTION, LONGEST_TITLE, security_finding
from rootwarden.alert.content.message import LONGEST_TITLE as LONGEST_LINE
from rootwarden.alert.content.message import REPEAT, digest, page
from rootwarden.alert.content.neutral import code, neutral
from rootwarden.alert.content.ocsf import detection_finding
from rootwarden.alert.content.subject import Around
from rootwarden.alert.settings import Settings
from rootwarden.detect.visits.incident import ConcernKind, Reason, Shape, Verdict

if TYPE_CHECKING:
    from rootwarden.alert.content.message import Message
    from rootwarden.alert.content.subject import Subject
    from rootwarden.detect.visits.incident import Concern, Incident

GOLDEN = Path(__file__).parent / "golden"
OBEYED = re.compile(
    r"[@<>`\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]|://|www\.|mailto:", re.IGNORECASE
)

BUSY = visit(
    "visit-4f1c",
    events=("e1", "e2", "e3"),
    mfa=False,
    device="arn:aws:iam::111122223333:mfa/root-fake",
    addresses=("198.51.100.7", "203.0.113.9"),
    agents=("Mozilla/5.0 (fake)",),
    regions=("eu-west-1", "us-east-1"),
    actions={"iam:CreateAccessKey": 1, "iam:CreateUser": 2},
    writes=3,
    failed_sign_ins=2,
    access_keys=("ASIAFAKEFAKEFAKEFAKE",),
    reasons=(
        Reason(code="root-key-made", words="an access key of root was made", severity=PAGE),
        Reason(code="no-check-out", words="no check-out covers this visit", severity=PAGE),
    ),
)
COVERED = visit(
    "visit-77aa",
    severity=NOTIFY,
    verdict=Verdict.EXPECTED,
    lease="lease-1",
    mfa=True,
    tasks=("close-account",),
    actions={"account:CloseAccount": 1},
    reasons=(Reason(code="expected", words="check-out lease-1 covers it", severity=NOTIFY),),
)
BY_ASSUME_ROOT = visit(
    "visit-90cc",
    severity=NOTIFY,
    shape=Shape.ASSUMED,
    writes=0,
    reads=4,
    caller="arn:aws:iam::444455556666:role/fake-audit",
    task_policy="IAMAuditRootUserCredentials",
    started=None,
    ended=None,
)
SILENCE = concern(
    "concern-51",
    kind=ConcernKind.SILENCE,
    actor="",
    severity=PAGE,
    account="",
    event_ids=(),
    reasons=(Reason(code="no-digest", words="no digest of eu-west-1 for two hours", severity=PAGE),),
)
# The words of the playbooks are the packs'; a golden file of a message does not repeat them.
STEPS = (
    "keep what shows it (on-call engineer)",
    "call the keepers (incident lead)",
    "then the rest: `rootwarden detection playbook fake`",
)
HOSTILE = (
    "\r\nPAGE is over",
    "@channel @here <!channel> <@U123> <https://evil.example|click>",
    "`code` **bold** [click](https://evil.example) ![x](//evil.example/x.png)",
    "\u202eevil\u2066 \u200bhidden \ufeff \x1b[31mred\x1b[0m \x00",
    "HTTPS://EVIL.example WWW.evil.example MAILTO:a@evil.example",
    "<script>alert(1)</script>&lt;b&gt;",
    "x" * 5000,
    "| a | b |\n|---|---|",
    "\udc80 lone",
    "$(reboot); rm -rf /",
)


def around_of(each: Subject, *, person: str = "", task: str = "") -> Subject:
    return msgspec.structs.replace(
        each, around=Around(account_name="payments-prod", actions=STEPS, person=person, task=task)
    )


CASES = {
    "page": page(around_of(subject(BUSY)), key="key-1"),
    "risen-repeat": page(around_of(subject(BUSY, risen=True)), key="key-1", stage=1, maybe_repeat=True),
    "drill": page(around_of(subject(BUSY, drill="drill-1")), key="key-1"),
    "silence": page(around_of(subject(SILENCE)), key="key-1"),
    "digest": digest(
        [
            around_of(subject(COVERED), person="alice", task="close-account"),
            around_of(subject(BY_ASSUME_ROOT)),
            around_of(subject(concern())),
        ],
        key="key-2",
    ),
    "hostile": page(
        subject(
            visit(
                HOSTILE[1],
                device=HOSTILE[2],
                agents=HOSTILE,
                addresses=HOSTILE[:2],
                reasons=tuple(Reason(code=each, words=each, severity=PAGE) for each in HOSTILE[:3]),
            ),
            around=Around(account_name=HOSTILE[0], person=HOSTILE[3], actions=("ask them",)),
        ),
        key="key-3",
    ),
}


def told(message: Message) -> str:
    return f"{message.title}\n{'-' * 40}\n{message.text.rstrip()}\n{'-' * 40}\n{message.markdown.rstrip()}\n"


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    path = GOLDEN / f"{name}.txt"
    assert told(CASES[name]) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_no_message_has_a_link_and_the_first_line_is_short(name: str) -> None:
    message = CASES[name]
    assert "://" not in message.title + message.text + message.markdown
    assert len(message.title) <= LONGEST_LINE
    assert "\n" not in message.title


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_stays_one_harmless_line(text: str) -> None:
    assert_harmless(neutral(text))
    assert re.fullmatch(r"`[^`\n]*`", code(text))


@given(st.text(max_size=400))
def test_any_text_stays_one_harmless_line(text: str) -> None:
    shown = neutral(text)
    assert_harmless(shown)
    assert len(shown) <= 200
    assert neutral(shown) == shown


def assert_harmless(shown: str) -> None:
    assert "\n" not in shown
    assert OBEYED.search(shown) is None
    shown.encode()


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from(Shape), st.sampled_from(Verdict))
def test_any_names_change_no_line_but_their_own(name: str, agent: str, shape: Shape, verdict: Verdict) -> None:
    def lines(name: str, agent: str) -> list[str]:
        each = visit(shape=shape, verdict=verdict, agents=(agent,))
        text = page(subject(each, around=Around(account_name=name)), key="k").text
        return [line[:8] for line in text.split("\n")[1:]]

    assert lines(name, agent) == lines("payments-prod", "fake agent")


@pytest.mark.parametrize("each", [BUSY, BY_ASSUME_ROOT, SILENCE, concern()], ids=lambda each: each.id)
def test_the_first_steps_are_those_of_the_playbook(each: Incident | Concern) -> None:
    known = Surroundings(Settings(accounts={ACCOUNT: "payments-prod"}, management=ACCOUNT)).of(each)
    text = page(subject(each, around=known), key="k").text
    assert len(known.actions) >= 3
    assert all(step in text for step in known.actions)
    assert "  1. " in text


def test_a_repeat_says_so_and_only_then() -> None:
    assert REPEAT in CASES["risen-repeat"].text
    assert all(REPEAT not in each.text for name, each in CASES.items() if name != "risen-repeat")


def test_a_long_digest_names_fifty_and_counts_the_rest() -> None:
    many = [subject(visit(f"v{number}", severity=NOTIFY)) for number in range(80)]
    message = digest(many, key="k")
    assert "80 findings" in message.title
    assert message.text.count("Acknowledge:") == 50
    assert "30 more" in message.text
    assert len(message.findings) == 80


def test_ocsf_and_asff_take_whatever_is_there() -> None:
    for text in HOSTILE:
        hostile = subject(visit(text, device=text, agents=(text,), account=text), around=Around(account_name=text))
        event = json.loads(detection_finding(hostile, key="k", now=NOON))
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        found = security_finding(hostile, importer="444455556666", region="eu-west-1", partition="aws", now=NOON)
        assert len(found["Title"]) <= LONGEST_TITLE
        assert len(found["Description"]) <= LONGEST_DESCRIPTION
        assert len(found["Id"]) <= 512
        json.dumps(found).encode()


def test_a_drill_is_marked_for_machines_too() -> None:
    drill, real = subject(BUSY, drill="drill-1"), subject(BUSY)
    marks = [json.loads(detection_finding(each, key="k", now=NOON)) for each in (drill, real)]
    assert [(each["metadata"]["labels"], each["unmapped"]["drill"]) for each in marks] == [
        (["drill"], "drill-1"),
        ([], None),
    ]
    found = [
        security_finding(each, importer="444455556666", region="eu-west-1", partition="aws", now=NOON + MINUTE)
        for each in (drill, real)
    ]
    assert [each["ProductFields"].get("rootwarden/drill") for each in found] == ["drill-1", None]
