"""Roles of one class are one to every policy, and what is replayed does not depend on roles being put into classes."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.guardrails.replaying.small import ACCOUNTS, replay_of_policy
from tests.guardrails.replaying.strange import call

from rootwarden.guardrails.replaying.asker import asker_of
from rootwarden.guardrails.replaying.change import PolicyKind
from rootwarden.guardrails.replaying.ruling import Touched
from rootwarden.iam.context import Context, held
from rootwarden.iam.pattern import Pattern, any_of, pattern
from rootwarden.iam.usage.caller import Identity
from rootwarden.simulator.trail.organization import MANAGEMENT
from rootwarden.trail.place_names import Restriction
from rootwarden.trail.replay import Bench
from rootwarden.trail.replayed import Replayed, ReplayedIdentity
from rootwarden.trail.replayer import Replayer

PATHS = ("", "team/", "aws-service-role/", "aws-service-role/autoscaling.amazonaws.com/", "team/aws-service-role/")
NAMES = ("Builder", "Builder2", "builder", "Deploy", "x:y", "x:role/aws-service-role/y", "*", "${aws:username}", "")
ARNS = tuple(
    f"arn:{partition}:iam::{account}:role/{path}{name}"
    for partition, account in (("aws", ACCOUNTS[0]), ("aws", ACCOUNTS[1]), ("aws", MANAGEMENT), ("aws-cn", ACCOUNTS[0]))
    for path in PATHS
    for name in NAMES
)
ODD = (
    "",
    "role/x",
    ":role/x",
    "arn:aws:iam::1:role/x",
    "arn:aws:iam::111100000001x:role/x",
    "arn:aws:sts::a:b:role/x:c",
)
OPERATORS = (
    "ArnLike",
    "ArnNotLike",
    "ArnEquals",
    "ArnNotEqualsIfExists",
    "StringLike",
    "StringNotLike",
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "ForAllValues:StringLike",
    "ForAnyValue:ArnNotLike",
    "NumericEquals",
    "Null",
    "Unheard",
)
WANTED = (
    "*",
    "**",
    "arn:*:iam::*:root",
    "arn:aws:iam::*:role/Builder*",
    "arn:aws:iam::*:role/team/*",
    "arn:*:iam::??????????01:role/*er",
    "arn:*:role/Builder",
    "*Builder?",
    "*aws-service-role*",
    f"arn:aws:iam::{ACCOUNTS[0]}:role/Builder",
    f"arn:aws:iam::{ACCOUNTS[1]}:role/x:y",
    "arn:aws:iam::${aws:PrincipalAccount}:role/Builder",
    "arn:aws:iam::${aws:PrincipalAccount}:role/${aws:username, 'Deploy'}",
    "arn:aws:iam::*:role/${aws:PrincipalType}",
    "arn:aws:iam::*:role/${*}",
    "arn:aws:iam::*:role/${aws:UserAgent}",
    "${aws:PrincipalArn}",
    "true",
)
OTHERS: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"aws:PrincipalAccount": ACCOUNTS[0]}},
    {"StringLike": {"aws:userid": "${aws:PrincipalArn}"}},
    {"StringLike": {"aws:userid": "${aws:PrincipalAccount}*"}},
    {"ArnLike": {"signin:PrincipalArn": "arn:aws:iam::*:role/Builder"}},
    {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}},
)
RESOURCES = ("*", "*", "*", "arn:aws:s3:::fake-${aws:PrincipalArn}/*", "arn:aws:s3:::fake-${aws:PrincipalAccount}/*")


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    wanted = draw(st.lists(st.sampled_from(WANTED), min_size=1, max_size=3))
    condition: dict[str, Any] = {draw(st.sampled_from(OPERATORS)): {"aws:PrincipalArn": wanted}}
    for operator, asked in draw(st.sampled_from([{}, {}, {}, *OTHERS])).items():
        condition.setdefault(operator, {}).update(asked)
    return {"Effect": "Deny", "Action": "*", "Resource": draw(st.sampled_from(RESOURCES)), "Condition": condition}


@st.composite
def replayed(draw: st.DrawFn) -> Bench:
    kind = draw(st.sampled_from([PolicyKind.SCP, PolicyKind.SCP, PolicyKind.RCP]))
    principal = {"Principal": "*"} if kind is PolicyKind.RCP else {}
    every = [one | principal for one in draw(st.lists(statements(), min_size=1, max_size=3))]
    target = draw(st.sampled_from(["r-fake", ACCOUNTS[0]]))
    return Bench(replay_of_policy({"Version": "2012-10-17", "Statement": every}, kind=kind, target=target))


def bench_of_conditions(*every: dict[str, Any]) -> Bench:
    """A replay of a policy that denies under each of these conditions."""
    denied = [{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": one} for one in every]
    return Bench(replay_of_policy({"Version": "2012-10-17", "Statement": denied}))


def session(arn: str, kind: str = "Role") -> ReplayedIdentity:
    """An identity whose session has the credentials of this ARN."""
    issuer = {"type": kind, "arn": arn, "principalId": "AROAFAKEROLE"}
    document = {"type": "AssumedRole", "sessionContext": {"sessionIssuer": issuer}}
    return msgspec.convert(document, ReplayedIdentity)


def alone(bench: Bench, arn: str) -> tuple[bool, object]:
    """What decides about the calls of a role that is looked at by itself."""
    asker = asker_of(Identity(kind="AssumedRole", issuer_kind="Role", issuer_arn=arn))
    touched = bench._judge.touches(asker)
    return touched, bench._judge.likeness(asker) if touched else asker.who.account


def agree(bench: Bench, arns: list[str]) -> None:
    for arn in arns:
        seat = bench.seat(session(arn), None, assumed=False)
        touched, like = alone(bench, arn)
        account = asker_of(Identity(kind="AssumedRole", issuer_kind="Role", issuer_arn=arn)).who.account
        assert (seat.account, seat.kind, seat.assumed, seat.either) == (account, "role", False, None)
        assert (seat.party is not None) is touched
        if seat.party is not None:
            assert seat.name in {None, arn}
            assert bench._judge.likeness(seat.party.asker) == like


@settings(deadline=None, max_examples=60)
@given(bench=replayed(), arns=st.permutations(ARNS))
def test_roles_that_share_a_seat_are_one_to_every_policy(bench: Bench, arns: list[str]) -> None:
    agree(bench, arns)


@pytest.mark.parametrize("operator", OPERATORS)
def test_roles_that_one_condition_tells_apart_share_no_seat(operator: str) -> None:
    for wanted in WANTED:
        agree(bench_of_conditions({operator: {"aws:PrincipalArn": [wanted]}}), [*ARNS, *ARNS[::-1]])


@pytest.mark.parametrize("other", OTHERS, ids=str)
def test_roles_that_another_key_tells_apart_share_no_seat(other: dict[str, Any]) -> None:
    agree(bench_of_conditions(other), [*ARNS, *ARNS[::-1]])


def test_roles_that_two_statements_tell_apart_share_no_seat() -> None:
    one, other = ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::*:role/{name}"}} for name in ("*er", "B*"))
    bench = bench_of_conditions(one, other)
    agree(bench, [*ARNS, *ARNS[::-1]])
    parties = {
        bench.seat(session(f"arn:aws:iam::{ACCOUNTS[0]}:role/{name}"), None, assumed=False).party for name in NAMES
    }
    assert len(parties) == 4


@given(arn=st.sampled_from(ODD) | st.text(":/ar1", max_size=40), kind=st.sampled_from(["Role", "IAMUser", "Root", ""]))
def test_what_is_no_arn_of_a_role_has_a_seat_of_its_own(arn: str, kind: str) -> None:
    seat = ONE.seat(session(arn, kind), None, assumed=False)
    assert seat.name is not None
    assert ONE.roles.seats.get(arn) is None


ONE = bench_of_conditions({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Org*"}})


def test_ten_thousand_roles_take_one_seat_and_are_not_all_remembered() -> None:
    seats = {id(ONE.seat(session(f"{ARNS[0]}{number}"), None, assumed=False)) for number in range(10_000)}
    assert len(seats) == 1
    assert 0 < len(ONE.roles.seats) < 10_000
    assert ONE.seat(session("arn:aws:iam::111100000001:role/Organizer"), None, assumed=False) is not None


def test_seats_of_more_accounts_than_there_are_do_not_pile_up() -> None:
    for number in range(25_000):
        ONE.seat(session(f"arn:aws:iam::{number:012d}:role/Builder"), None, assumed=False)
    assert len(ONE.roles._households) <= 10_000
    assert len(ONE.roles.seats) <= 10_000


MADE_OF_PARTS = (
    r"(arn|\*|a?n):(aws|\*|aws\*|a\?s|):(iam|\*)::(\*|1111000000(01|\?\?)|\*1):"
    r"(\*|r\*|role/\*|role/B\*|root|role/|rol\?/team/\*)"
)


def test_roles_of_which_another_account_has_the_id_share_a_seat_and_keep_their_names() -> None:
    replay = replay_of_policy(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    )
    names = [f"{prefix}FAKE{number}" for prefix in ("AROA", "AIDA", "ASIA") for number in range(3)]
    identities = [
        {"type": "AWSAccount", "accountId": account, "principalId": f"{name}:session-{number}"}
        for account in ACCOUNTS
        for number, name in enumerate(names)
    ]
    told = Replayer(replay, Restriction())
    records = [msgspec.json.encode(call(50, "ec2", "RunInstances", one)) for one in identities]
    told.take([msgspec.json.decode(one, type=Replayed) for one in records])
    found = [msgspec.json.decode(row.document, type=Touched) for row in told.taken()]
    expected = [
        f"AWSAccount {name}:session-{number}" if name.startswith("ASIA") else f"{account} {name}"
        for account in ACCOUNTS
        for number, name in enumerate(names)
    ]
    assert [one.principal for one in found] == expected
    assert len(told._bench.seats) == 2 * (1 + 1 + 3)


TEXTS = st.sampled_from([*ARNS[:9], *ODD, *WANTED]) | st.text("ab:*?$\0/", max_size=12)


@given(
    patterns=st.lists(
        st.builds(pattern, st.sampled_from(WANTED) | st.text("ab:*?/", max_size=12), by_parts=st.booleans()).filter(
            lambda one: not one.variables
        ),
        min_size=1,
        max_size=4,
    ),
    text=TEXTS,
)
def test_one_expression_fits_what_one_of_its_patterns_fits(patterns: list[Any], text: str) -> None:
    assert (any_of(patterns).fullmatch(text) is not None) is any(one.matches(text) is True for one in patterns)


@given(
    one=st.builds(
        pattern,
        st.sampled_from(WANTED)
        | st.text("arn:ws*im?role/B${*}", max_size=16)
        | st.from_regex(MADE_OF_PARTS, fullmatch=True),
        by_parts=st.booleans(),
    ),
    arn=st.sampled_from(ARNS),
)
def test_what_may_not_begin_as_an_arn_does_not_fit_it(one: Pattern, arn: str) -> None:
    beginning = "".join(arn.partition(":role/")[:2])
    assert one.may_begin(beginning) or one.matches(arn) is False


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize(
    "written", ["arn:*:iam::*:root", "arn:aws-cn:iam::*:role/*", "arn:*:iam::0*:*", "arn:*:s3:::*"]
)
def test_what_no_role_of_an_account_fits_is_known_by_how_its_arns_begin(account: str, written: str) -> None:
    assert not pattern(written, by_parts=True).may_begin(f"arn:aws:iam::{account}:role/")


@given(
    written=st.sampled_from([one for one in WANTED if "${" in one]),
    by_parts=st.booleans(),
    account=st.sampled_from(["111100000001", "a:b", "*"]),
    text=TEXTS,
)
def test_a_pattern_with_its_variables_put_in_fits_the_same(
    written: str, by_parts: bool, account: str, text: str
) -> None:
    keys = {"aws:PrincipalAccount": held(account), "aws:PrincipalArn": held(text), "aws:UserAgent": held("x")}
    context = Context(keys | {"aws:PrincipalType": held("AssumedRole")})
    one = pattern(written, by_parts=by_parts)
    settled = one.settled(context)
    assert (settled.matches(text) if isinstance(settled, Pattern) else settled) is one.matches(text, context)
