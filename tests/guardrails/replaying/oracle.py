"""What a change of policies does to records, a second time: small, slow, record by record, over raw JSON.

Shares no code with the product: the only decider is the oracle of `tests.iam`, and what a record does not tell is
settled in every way that one can think of, before and after the change alike. It knows the events of the tests only.
"""

from __future__ import annotations

import ipaddress
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from tests.iam.oracle import evaluate
from tests.iam.oracle_settlements import Settlements

# One way what is open may turn out: denied before, denied after, denied by what is new.
Way: TypeAlias = tuple[bool, bool, bool]
Outcomes: TypeAlias = dict[tuple[tuple[str, Any], ...], Way]
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ALLOW: Final = {"Effect": "Allow", "Action": "*", "Resource": "*"}
VERSION: Final = "2012-10-17"
UNKNOWN: Final = {"$unknown": "not told"}
DIRECTORY: Final = ("identitystore.amazonaws.com", "sso.amazonaws.com", "sso-directory.amazonaws.com")
SESSION_SERVICES: Final = ("signin.amazonaws.com", "console.amazonaws.com")
REFUSED: Final = ("AccessDenied", "UnauthorizedOperation", "AccessDeniedException")
# Every event of the tests that does not need just the action of its name: all it needs, and one of which it needs.
ACTIONS: Final[dict[tuple[str, str], list[str]]] = {
    ("s3", "ListBuckets"): ["s3:ListAllMyBuckets"],
    ("s3", "HeadBucket"): ["s3:ListBucket"],
    ("budgets", "DeleteBudget"): ["budgets:ModifyBudget"],
    ("budgets", "DeleteNotification"): ["budgets:ModifyBudget"],
    ("s3", "CopyObject"): ["s3:GetObject", "s3:PutObject"],
    ("lambda", "UpdateFunctionCode20150331v2"): ["lambda:UpdateFunctionCode"],
    ("lambda", "ListFunctions20150331"): ["lambda:ListFunctions"],
    ("monitoring", "PutMetricAlarm"): ["cloudwatch:PutMetricAlarm"],
    ("monitoring", "DescribeAlarms"): ["cloudwatch:DescribeAlarms"],
}
# Nobody knows which action of the service these need.
NOBODY_KNOWS: Final = {
    ("billingconsole", "SetAccountPreferences"),
    ("billingconsole", "SetAdditionalContacts"),
    ("billingconsole", "SetIAMAccessPreference"),
    ("billingconsole", "SetSecurityQuestions"),
    ("ec2", "FrobnicateInstances"),
}
OBJECTS: Final = {"CopyObject", "GetObject", "PutObject"}
WITHOUT_RESOURCE: Final = {"s3:ListAllMyBuckets"}


class Change(NamedTuple):
    """Service control policies by target before and after; the targets above each account, and who manages them."""

    before: Mapping[str, list[dict[str, Any]]]
    after: Mapping[str, list[dict[str, Any]]]
    above: Mapping[str, tuple[str, ...]]
    management: str

    def statements(self, account: str) -> list[dict[str, Any]]:
        return [
            statement
            for policies in (self.before, self.after)
            for target in self.above[account]
            for one in policies.get(target, [])
            for statement in listed(one["Statement"])
        ]

    def added(self, account: str) -> dict[str, list[dict[str, Any]]]:
        """What is new, beside something that allows everything."""
        return {
            target: [
                *(one for one in self.after.get(target, []) if one not in self.before.get(target, [])),
                {"Statement": [ALLOW]},
            ]
            for target in self.above[account]
        }


class Said(NamedTuple):
    """A verdict, and whether it does not depend on anything."""

    verdict: str
    surely: bool


class Caller(NamedTuple):
    """Who made a call; `keys` are the condition keys that follow."""

    arn: str
    type: str
    account: str
    keys: dict[str, Any]


def said_of(records: Iterable[dict[str, Any]], change: Change) -> dict[str, Said]:
    """The verdict of each call the change touches, by the id of its event; copies may be among the records."""
    records = list(records)
    issued = set(issued_keys(records))
    sign_ins = {
        (record.get("recipientAccountId", ""), record.get("eventTime", ""))
        for record in records
        if is_root(record["userIdentity"]) and record["eventSource"] == "signin.amazonaws.com"
    }
    found: dict[str, Said] = {}
    oracle = Oracle(change)
    for record in distinct(records):
        told = oracle.said(record, caller_of(record, issued, sign_ins))
        if told is not None:
            found[record["eventID"]] = told
    return found


def distinct(records: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Each call once: what was corrected later, and of two accounts' records of one call the caller's own."""
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    for record in records:
        addendum = record.get("addendum") or {}
        key = record.get("sharedEventID") or addendum.get("originalEventID") or record["eventID"]
        own = record["userIdentity"].get("accountId") == record.get("recipientAccountId", "")
        rank = 2 * bool(addendum) + own
        if key not in found or rank > found[key][0]:
            found[key] = rank, record
    yield from (record for _, record in found.values())


def issued_keys(records: Iterable[dict[str, Any]]) -> Iterator[str]:
    for record in records:
        if record["eventName"] == "AssumeRoot" and not record.get("errorCode"):
            key = ((record.get("responseElements") or {}).get("credentials") or {}).get("accessKeyId")
            if key:
                yield key


def is_root(identity: dict[str, Any]) -> bool:
    return str(identity.get("type", "")).lower() == "root"


def caller_of(record: dict[str, Any], issued: set[str], sign_ins: set[tuple[str, str]]) -> Caller | None:
    """Who made a call; nobody where no policy binds them."""
    identity = record["userIdentity"]
    session = identity.get("sessionContext") or {}
    issuer = session.get("sessionIssuer") or {}
    account = identity.get("accountId", "")
    kind = identity.get("type", "")
    if is_root(identity):
        assumed = assumed_root(record, issued, sign_ins)
        return Caller(
            f"arn:aws:iam::{account}:root", "Root", account, {"aws:AssumedRoot": assumed, "aws:PrincipalTag/team": None}
        )
    if kind == "FederatedUser":
        return Caller(identity["arn"], "FederatedUser", account, {"aws:AssumedRoot": None})
    if kind == "AssumedRole":
        return Caller(issuer["arn"], "Role", issuer["arn"].split(":")[4], {"aws:AssumedRoot": None})
    if kind == "IAMUser":
        return Caller(identity["arn"], "User", account, {"aws:AssumedRoot": None})
    if kind == "AWSAccount":
        keys = {"aws:PrincipalArn": UNKNOWN, "aws:AssumedRoot": None}
        return Caller(f"arn:aws:iam::{account}:role/nobody-knows", "Role", account, keys)
    directory = kind == "Unknown" and record["eventSource"] in DIRECTORY
    if kind in ("AWSService", "SAMLUser", "WebIdentityUser", "") or directory:
        return None
    raise AssertionError(identity)


def assumed_root(record: dict[str, Any], issued: set[str], sign_ins: set[tuple[str, str]]) -> Any:
    identity = record["userIdentity"]
    session = identity.get("sessionContext") or {}
    key = identity.get("accessKeyId", "")
    attributes = session.get("attributes") or {}
    if session.get("assumedRoot") == "true":
        return "true"
    if not key.startswith("ASIA") or attributes.get("mfaAuthenticated") in ("true", True):
        return None
    if record.get("sessionCredentialFromConsole") in ("true", True):
        return None
    if key in issued:
        return "true"
    started = attributes.get("creationDate", "")
    return None if (identity.get("accountId"), started) in sign_ins else UNKNOWN


class Oracle:
    """Decides records; what cannot be told apart is decided once."""

    def __init__(self, change: Change) -> None:
        self.change = change
        self.decided: dict[str, Outcomes] = {}

    def said(self, record: dict[str, Any], caller: Caller | None) -> Said | None:
        if caller is None or caller.account not in self.change.above:
            return None
        service = record["eventSource"].removesuffix(".amazonaws.com")
        name = record["eventName"]
        signs_in = service == "signin" and record.get("eventType") == "AwsConsoleSignIn"
        beyond = signs_in or record.get("eventType") == "AwsServiceEvent"
        statements = self.change.statements(caller.account)
        outcomes = [
            {
                (*settled, ("resource", resource)): way
                for resource in resources_of(record, action, statements)
                for settled, way in self.outcomes(record, caller, action, resource).items()
            }
            for action in actions_of(service, name, statements)
        ]
        if (service, name) in NOBODY_KNOWS and not beyond:
            return verdict(record, {way for one in outcomes for way in combined([one])}, beyond=False)
        return verdict(record, combined(outcomes), beyond=beyond)

    def outcomes(self, record: dict[str, Any], caller: Caller, action: str, resource: str) -> Outcomes:
        """For each way what is open may turn out: denied before, denied after, and by a statement that is new."""
        statements = self.change.statements(caller.account)
        asked = {key.lower() for one in statements for keys in one.get("Condition", {}).values() for key in keys}
        keys = {"aws:PrincipalArn": caller.arn} | context_of(record) | caller.keys
        keys = {key.lower(): value for key, value in keys.items() if key.lower() in asked}
        name = json.dumps([caller.arn, caller.type, caller.account, action, resource, keys])
        if name not in self.decided:
            settlements = Settlements(context=keys, statements=statements, resource=resource, complete=False)
            self.decided[name] = {
                tuple(sorted((key, str(context.get(key))) for key in settlements.keys)): self.settled(
                    caller, action, resource, {key: context.get(key) for key in asked}
                )
                for context in settlements
            }
        return self.decided[name]

    def settled(self, caller: Caller, action: str, resource: str, context: dict[str, Any]) -> Way:
        change = self.change
        before, after, added = (
            evaluate(
                {
                    "request": {"action": action, "resource": resource, "context": context},
                    "principal": {"arn": caller.arn, "type": caller.type, "account": caller.account},
                    "identity": [{"name": "everything", "document": {"Version": VERSION, "Statement": ALLOW}}],
                    "scp": [
                        [{"name": "", "document": {"Version": VERSION, **one}} for one in policies.get(target, [])]
                        for target in change.above[caller.account]
                    ],
                    "management_account": change.management,
                }
            )
            != "Allowed"
            for policies in (change.before, change.after, change.added(caller.account))
        )
        return before, after, added


def actions_of(service: str, name: str, statements: list[dict[str, Any]]) -> list[str]:
    """What an event needs; where nobody knows, something of the service that no policy names, and what they name."""
    if (service, name) in NOBODY_KNOWS:
        prefixes = ["billing", "account", "payments"] if service == "billingconsole" else [service]
        named = {
            action
            for statement in statements
            for action in listed(statement.get("Action", statement.get("NotAction")))
            if "*" not in action and action.split(":")[0] in prefixes
        }
        return [*(f"{prefix}:{name}" for prefix in prefixes), *sorted(named)]
    return ACTIONS.get((service, name), [f"{service}:{name}"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def resources_of(record: dict[str, Any], action: str, statements: list[dict[str, Any]]) -> list[str]:
    """The resource, where a policy of the tests asks for one: objects and buckets of S3; else any it may be."""
    given = record.get("requestParameters")
    given = given if isinstance(given, dict) else {}
    bucket = given.get("bucketName")
    if action in WITHOUT_RESOURCE or not action.startswith("s3:"):
        return ["*"]
    if bucket is None:
        patterns = [each for one in statements for each in listed(one["Resource"])]
        return ["arn:aws:s3:::nobody-asks-for-this", *(each.replace("*", "x") for each in patterns if each != "*")]
    if record["eventName"] in OBJECTS:
        return [f"arn:aws:s3:::{bucket}/{given['key']}"]
    return [f"arn:aws:s3:::{bucket}"]


def context_of(record: dict[str, Any]) -> dict[str, Any]:
    """The keys the policies of the tests ask for."""
    identity = record["userIdentity"]
    attributes = (identity.get("sessionContext") or {}).get("attributes") or {}
    via = identity.get("invokedBy", "")
    by_service = via.endswith(".amazonaws.com") and via not in SESSION_SERVICES
    key = identity.get("accessKeyId", "")
    mfa: Any = attributes.get("mfaAuthenticated", UNKNOWN)
    if mfa is UNKNOWN and key.startswith("AKIA"):
        mfa = None
    return {
        "aws:SourceIp": UNKNOWN if by_service else address_of(record),
        "aws:RequestedRegion": record.get("awsRegion", UNKNOWN),
        "aws:CurrentTime": time if isinstance(time := record.get("eventTime"), str) else UNKNOWN,
        "aws:MultiFactorAuthPresent": mfa,
        "aws:ViaAWSService": UNKNOWN if by_service else "false",
    }


def address_of(record: dict[str, Any]) -> Any:
    try:
        ipaddress.ip_address(record.get("sourceIPAddress", ""))
    except ValueError:
        return UNKNOWN
    return None if record.get("vpcEndpointId") else record["sourceIPAddress"]


def combined(outcomes: list[Outcomes]) -> set[Way]:
    """What a call that needs all of these actions comes to, for each way what is open may turn out."""
    ways: set[Way] = set()
    for settled in outcomes[0]:
        # The last of each key is the resource, which differs from action to action of one call.
        alike = [next(way for key, way in one.items() if key[:-1] == settled[:-1]) for one in outcomes[1:]]
        drawn = [outcomes[0][settled], *alike]
        ways.add((any(a for a, _, _ in drawn), any(b for _, b, _ in drawn), any(c for _, _, c in drawn)))
    return ways


def verdict(record: dict[str, Any], ways: set[Way], *, beyond: bool) -> Said | None:
    newly = {after and not before for before, after, _ in ways}
    freed = {before and not after for before, after, _ in ways}
    again = {before and added for before, _, added in ways}
    always = all(before for before, _, _ in ways)
    denies = True in newly or (True not in freed and always and True in again)
    if not denies and True not in freed:
        return None
    surely = (newly if True in newly else freed if True in freed else again) == {True}
    error = (record.get("errorCode") or "").removesuffix("Client.DryRunOperation")
    if beyond:
        return Said("not_preventable", surely)
    if not denies:
        return Said("let_through", surely)
    if error:
        return Said("denied_before" if error.endswith(REFUSED) else "failed", surely)
    if True not in newly:
        return Said("denied_anyway", surely)
    return Said("denied" if surely else "depends", surely)
