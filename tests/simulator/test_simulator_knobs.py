from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from rootwarden.simulator import running
from rootwarden.simulator.account import Account
from rootwarden.simulator.clients import client
from rootwarden.simulator.identities import IAMUser
from rootwarden.simulator.knobs import Delay, Deny, Drop, EmptyPage, Fail, Join, Knob, Knobs, Throttle, Truncate
from rootwarden.simulator.moment import NOW
from rootwarden.simulator.worlds import make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rootwarden.simulator import Simulator

MANAGEMENT, MEMBER, OTHER = "000011110000", "000011110001", "000011110002"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(make_world("greenfield", 45)) as started:
        yield started


def outcome(call: Callable[[], Any]) -> str:
    try:
        call()
    except ClientError as problem:
        return str(problem.response["Error"]["Code"])
    except BotoCoreError as problem:
        return type(problem).__name__
    return "ok"


DENIALS = {
    "iam:GetAccountSummary": ("get_account_summary", "AccessDenied"),
    "sts:GetCallerIdentity": ("get_caller_identity", "AccessDenied"),
    "organizations:ListAccounts": ("list_accounts", "AccessDeniedException"),
    "account:GetContactInformation": ("get_contact_information", "AccessDeniedException"),
    "cloudtrail:DescribeTrails": ("describe_trails", "AccessDeniedException"),
    "logs:DescribeLogGroups": ("describe_log_groups", "AccessDeniedException"),
    "cloudwatch:DescribeAlarms": ("describe_alarms", "AccessDenied"),
    "events:ListRules": ("list_rules", "AccessDeniedException"),
    "signin:GetResourcePolicy": ("get_resource_policy", "AccessDeniedException"),
    "rds:DescribeDBInstances": ("describe_db_instances", "AccessDenied"),
    "s3:ListBuckets": ("list_buckets", "AccessDenied"),
    "ec2:DescribeInstances": ("describe_instances", "UnauthorizedOperation"),
}
THROTTLED = {
    "iam": "Throttling",
    "organizations": "TooManyRequestsException",
    "account": "TooManyRequestsException",
    "cloudtrail": "ThrottlingException",
    "cloudwatch": "Throttling",
    "signin": "TooManyRequestsError",
    "s3": "SlowDown",
    "ec2": "RequestLimitExceeded",
}


@pytest.mark.parametrize("call", DENIALS)
def test_deny_one_call_in_one_account(simulator: Simulator, call: str) -> None:
    method, code = DENIALS[call]
    service = call.partition(":")[0]
    denied = getattr(client(simulator, service), method)
    assert outcome(denied) == "ok"
    simulator.knobs.add(Deny(account=MANAGEMENT, call=call))
    assert outcome(denied) == code
    assert outcome(client(simulator, "iam", account=OTHER).get_account_summary) == "ok"
    simulator.knobs.clear()
    assert outcome(denied) == "ok"
    assert simulator.calls.of_call(call)[MANAGEMENT] == 3


@pytest.mark.parametrize("service", THROTTLED)
def test_throttled_in_the_words_of_the_service(simulator: Simulator, service: str) -> None:
    call = next(name for name in DENIALS if name.startswith(f"{service}:"))
    simulator.knobs.add(Throttle(call=f"{service}:*", every=2))
    method = getattr(client(simulator, service), DENIALS[call][0])
    assert [outcome(method) for _ in range(4)] == ["ok", THROTTLED[service]] * 2


def test_every_seventh_call_of_all_accounts_together(simulator: Simulator) -> None:
    simulator.knobs.add(Throttle(every=7))
    methods = [client(simulator, "iam", account=account).get_account_summary for account in (MEMBER, OTHER)]
    outcomes = [outcome(methods[number % 2]) for number in range(14)]
    assert [number for number, seen in enumerate(outcomes, 1) if seen != "ok"] == [7, 14]


def test_separate_counts_for_each_account(simulator: Simulator) -> None:
    simulator.knobs.add(Throttle(every=2, separately=True))
    methods = [client(simulator, "iam", account=account).get_account_summary for account in (MEMBER, OTHER)]
    assert [outcome(methods[number]) for number in (0, 1, 0, 1, 1)] == ["ok", "ok", "Throttling", "Throttling", "ok"]


def test_internal_error_of_the_service(simulator: Simulator) -> None:
    simulator.knobs.add(Fail(call="iam:*", every=2))
    iam = client(simulator, "iam")
    assert [outcome(iam.get_account_summary) for _ in range(3)] == ["ok", "ServiceFailure", "ok"]


@pytest.mark.parametrize("knob", [Drop(account=MEMBER), Truncate(account=MEMBER)], ids=lambda knob: type(knob).__name__)
def test_broken_connections(simulator: Simulator, knob: Knob) -> None:
    iam = client(simulator, "iam", account=MEMBER)
    assert outcome(iam.get_account_summary) == "ok"
    simulator.knobs.add(knob)
    with pytest.raises((BotoCoreError, ResponseParserError)):
        iam.get_account_summary()
    simulator.knobs.clear()
    assert outcome(iam.get_account_summary) == "ok"


def test_a_hanging_account_holds_up_nobody_and_stopping_does_not_wait_for_it() -> None:
    answers: list[str] = []
    with running(make_world("greenfield", 3)) as simulator:
        simulator.knobs.add(Delay(account=MEMBER, seconds=600))
        hanging = client(simulator, "iam", account=MEMBER)
        thread = threading.Thread(target=lambda: answers.append(outcome(hanging.get_account_summary)))
        thread.start()
        other = client(simulator, "iam", account=OTHER)
        while not simulator.calls.of_account(MEMBER):
            assert outcome(other.get_account_summary) == "ok"
        for _ in range(20):
            assert outcome(other.get_account_summary) == "ok"
        assert answers == []
    thread.join(20)
    assert answers
    assert answers != ["ok"]


def test_a_client_that_gives_up_is_forgotten(simulator: Simulator) -> None:
    simulator.knobs.add(Delay(account=MEMBER, seconds=600))
    impatient = client(simulator, "iam", account=MEMBER, timeout=0.2)
    assert outcome(impatient.get_account_summary) == "ReadTimeoutError"
    assert outcome(client(simulator, "iam", account=OTHER).get_account_summary) == "ok"


PAGED: list[tuple[str, str, dict[str, Any]]] = [
    ("iam:list_users", "Users", {}),
    ("iam:list_users", "Users", {"MaxItems": 7}),
    ("organizations:list_accounts", "Accounts", {}),
    ("organizations:list_accounts", "Accounts", {"MaxResults": 3}),
    ("organizations:list_accounts_for_parent", "Accounts", {"ParentId": "ou-fake-workload"}),
]


@pytest.mark.parametrize("with_empty_page", [False, True])
@pytest.mark.parametrize(("call", "key", "parameters"), PAGED)
def test_pages_add_up(
    simulator: Simulator, call: str, key: str, parameters: dict[str, Any], with_empty_page: bool
) -> None:
    service, method = call.split(":")
    users = [IAMUser(name=f"user-{number}", create_date=NOW) for number in range(250)]
    simulator.world.account(MANAGEMENT).users = users
    if with_empty_page:
        simulator.knobs.add(EmptyPage(call=f"{service}:*"))
    paginator = client(simulator, service).get_paginator(method)
    pages = [page[key] for page in paginator.paginate(**parameters)]
    items = [item.get("Id") or item["UserName"] for page in pages for item in page]
    expected = {
        "list_users": [user.name for user in users],
        "list_accounts": simulator.world.account_ids,
        "list_accounts_for_parent": [a for a in simulator.world.account_ids[3:] if int(a[-2:]) % 20 != 3],
    }
    assert items == expected[method]
    assert any(not page for page in pages) == with_empty_page
    assert pages[0]
    assert pages[-1]


@pytest.mark.parametrize("token", ["page-", "page-99999", "page--1", "x", "page-1-again-again", "page-٣"])
def test_a_token_nobody_gave_out(simulator: Simulator, token: str) -> None:
    iam = client(simulator, "iam")
    assert outcome(lambda: iam.list_users(Marker=token)) == "ValidationError"


def test_an_account_joins_while_the_list_is_read(simulator: Simulator) -> None:
    late = "000011110044"
    simulator.knobs.add(Join(account=late, call="organizations:ListAccounts", after=3))
    organizations = client(simulator, "organizations")
    seen = [
        [
            account["Id"]
            for page in organizations.get_paginator("list_accounts").paginate()
            for account in page["Accounts"]
        ]
        for _ in range(2)
    ]
    assert late not in seen[0]
    assert seen[1] == [*seen[0], late]


def test_a_world_may_grow(simulator: Simulator) -> None:
    new = Account(account_id="000011119999", name="new", email="aws+new@example.com", create_date=NOW)
    simulator.world.add(new)
    described = client(simulator, "organizations").describe_account(AccountId=new.account_id)["Account"]
    assert (described["Name"], described["State"]) == ("new", "ACTIVE")
    assert client(simulator, "organizations").list_parents(ChildId=new.account_id)["Parents"][0]["Id"] == "r-fake"


def ask(simulator: Simulator, method: str, path: str, document: Any = None) -> tuple[int, Any]:
    body = None if document is None else json.dumps(document).encode()
    request = urllib.request.Request(simulator.endpoint + path, data=body, method=method)  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 - loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        with problem:
            return problem.code, json.load(problem)


def test_knobs_and_counters_from_another_process(simulator: Simulator) -> None:
    knob = {"kind": "deny", "account": MEMBER, "call": "iam:GetAccountSummary"}
    assert ask(simulator, "POST", "/_simulator/knobs", {"knobs": [knob]}) == (200, {"knobs": [knob]})
    iam = client(simulator, "iam", account=MEMBER)
    assert outcome(iam.get_account_summary) == "AccessDenied"
    counted = {"total": 1, "calls": [{"account": MEMBER, "call": "iam:GetAccountSummary", "count": 1}]}
    assert ask(simulator, "GET", "/_simulator/calls") == (200, counted)
    assert ask(simulator, "DELETE", "/_simulator/calls") == (200, {"total": 0, "calls": []})
    assert ask(simulator, "DELETE", "/_simulator/knobs") == (200, {"knobs": []})
    assert outcome(iam.get_account_summary) == "ok"
    status, world = ask(simulator, "GET", "/_simulator/world")
    assert status == 200
    assert world["management_id"] == MANAGEMENT
    assert world["account_ids"] == simulator.world.account_ids
    assert ask(simulator, "GET", "/_simulator/findings") == (200, {"findings": []})


WRONG_KNOBS: list[Any] = [
    {"knobs": [{"kind": "explode"}]},
    {"knobs": [{"kind": "throttle", "every": 0}]},
    {"knobs": [{"kind": "delay", "seconds": -1}]},
    {"knobs": [{"kind": "deny", "acount": MEMBER}]},
    {"knobs": "all"},
    {},
    [],
]


@pytest.mark.parametrize("document", WRONG_KNOBS, ids=str)
def test_knobs_that_make_no_sense_are_refused(simulator: Simulator, document: Any) -> None:
    status, answer = ask(simulator, "POST", "/_simulator/knobs", document)
    assert status == 400
    assert answer["error"]
    assert simulator.knobs.all() == ()


def test_unknown_administrative_path(simulator: Simulator) -> None:
    assert ask(simulator, "GET", "/_simulator/nothing")[0] == 404


def test_a_worlds_own_knobs_come_back_on_reset() -> None:
    world = make_world("patchwork")
    knobs = Knobs(world.initial_knobs)
    assert len(knobs.all()) == len(world.initial_knobs) > 5
    knobs.clear()
    assert knobs.all() == ()
    knobs.reset()
    assert knobs.all() == world.initial_knobs
    assert msgspec.json.decode(msgspec.json.encode(knobs.all()), type=tuple[Knob, ...]) == world.initial_knobs


def test_knobs_of_an_account_also_bar_the_way_in(simulator: Simulator) -> None:
    simulator.knobs.add(Deny(account=MEMBER, call="sts:Assume*"))
    sts = client(simulator, "sts")
    task = {"arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials"}
    outcomes = {}
    for account in (MEMBER, OTHER):
        arn = f"arn:aws:iam::{account}:role/RootwardenAudit"
        assume_role = partial(sts.assume_role, RoleArn=arn, RoleSessionName="audit")
        assume_root = partial(sts.assume_root, TargetPrincipal=account, TaskPolicyArn=task)
        outcomes[account] = [outcome(assume_role), outcome(assume_root)]
    assert outcomes == {MEMBER: ["AccessDenied", "AccessDenied"], OTHER: ["ok", "ok"]}
    assert simulator.calls.of_call("sts:AssumeRole") == {MANAGEMENT: 2}
