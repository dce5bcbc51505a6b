"""What a change of policies does to records, a second time: small, slow, record by record, over raw JSON.

Shares no code with the product: the only decider is the oracle of `tests.iam`, and what a record does not tell is
settled in every way that one can think of, before and after the change alike. It knows the events of the tests only.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from tests.iam.oracle import evaluate
from tests.iam.oracle_settlements import Settlements

# One way what is open may turn out: denied before, denied after, denied by what is new.
Way: TypeAlias = tuple[bool, bool, bool]
Settled: TypeAlias = tuple[tuple[str, Any], ...]
Outcomes: TypeAlias = dict[Settled, Way]
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
# Actions that are on no resource; of others nobody here asks.
WITHOUT_RESOURCE: Final = {
    "s3:ListAllMyBuckets", "sts:GetCallerIdentity", "sts:GetSessionToken", "kms:CreateKey", "ec2:DescribeInstances",
}  # fmt: skip
# Services resource control policies reach (Organizations user guide), of those in the tests.
REACHED: Final = {"s3", "sts", "kms", "sqs", "secretsmanager", "dynamodb", "logs", "signin"}
# Services that take an ARN for what is of another account: a name is the caller's own.
OWN_BY_NAME: Final = {"secretsmanager", "logs", "sqs", "sns", "dynamodb", "iam", "lambda"}
# What AWS says is a Boolean is true or false, where it is there.
BOOLEANS: Final = (
    "aws:multifactorauthpresent", "aws:principalisawsservice", "aws:securetransport", "aws:viaawsservice",
)  # fmt: skip
BOUND: Final = ("Root", "User", "Role", "FederatedUser")
NOTHING: Final = (False, False, False)
READING: Final = ("Get", "List", "Describe", "Head", "Lookup", "Filter", "Search")
EVERYBODY: Final = {"Principal": "*"}


class Change(NamedTuple):
    """Policies of one kind by target before and after; the targets above each account, and who manages them."""

    before: Mapping[str, list[dict[str, Any]]]
    after: Mapping[str, list[dict[str, Any]]]
    above: Mapping[str, tuple[str, ...]]
    management: str
    kind: str = "scp"
    organization: str = ""

    def statements(self, account: str | None = None) -> list[dict[str, Any]]:
        """Those above an account, or all there are."""
        targets = sorted({*self.before, *self.after}) if account is None else self.above[account]
        return [
            statement
            for policies in (self.before, self.after)
            for target in targets
            for one in policies.get(target, [])
            for statement in listed(one["Statement"])
        ]

    def added(self, target: str) -> list[dict[str, Any]]:
        """What is new at a target, beside something that allows everything."""
        there = [unnamed(each) for one in self.before.get(target, []) for each in listed(one["Statement"])]
        after = [each for one in self.after.get(target, []) for each in listed(one["Statement"])]
        new = [each for each in after if unnamed(each) not in there]
        return [{"Statement": [*new, ALLOW]}]

    def said_above(self, account: str) -> str:
        """The same for accounts whose policies say the same."""
        path = self.above[account]
        return json.dumps([[sides.get(target, []) for target in path] for sides in (self.before, self.after)])


def unnamed(statement: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != "Sid"}


class Said(NamedTuple):
    """A verdict, and whether it does not depend on anything."""

    verdict: str
    surely: bool


class Caller(NamedTuple):
    """Who made a call; `keys` are the condition keys that follow, `doubt` is whether it may be a service's own role."""

    arn: str
    type: str
    account: str
    keys: dict[str, Any]
    doubt: bool = False


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


def account_of(identity: dict[str, Any]) -> str:
    """As it says, else as its ARN does."""
    return str(identity.get("accountId") or (identity.get("arn", "").split(":") + [""] * 5)[4])


def is_root(identity: dict[str, Any]) -> bool:
    return str(identity.get("type", "")).lower() == "root"


def caller_of(record: dict[str, Any], issued: set[str], sign_ins: set[tuple[str, str]]) -> Caller:
    """Who made a call."""
    identity = record["userIdentity"]
    session = identity.get("sessionContext") or {}
    issuer = session.get("sessionIssuer") or {}
    account = account_of(identity)
    kind = identity.get("type", "")
    if is_root(identity):
        keys = {"aws:AssumedRoot": assumed_root(record, issued, sign_ins), "aws:PrincipalTag/team": None}
        if not account:
            keys |= {"aws:PrincipalArn": UNKNOWN, "aws:PrincipalAccount": UNKNOWN}
        return Caller(f"arn:aws:iam::{account}:root", "Root", account, keys)
    if kind == "FederatedUser":
        return Caller(identity["arn"], "FederatedUser", account, {"aws:AssumedRoot": None})
    if kind == "AssumedRole":
        return Caller(issuer["arn"], "Role", issuer["arn"].split(":")[4], {"aws:AssumedRoot": None})
    if kind == "IAMUser":
        return Caller(identity["arn"], "User", account, {"aws:AssumedRoot": None})
    return stranger(record, kind, account)


def stranger(record: dict[str, Any], kind: str, account: str) -> Caller:
    """Who is no principal of the account, or known by an account only."""
    if kind == "AWSAccount" and account == "ANONYMOUS_PRINCIPAL":
        keys = dict.fromkeys(("aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:AssumedRoot"))
        return Caller("", "Anonymous", "", {**keys, "aws:PrincipalAccount": "anonymous"})
    if kind == "AWSAccount":
        keys = {"aws:PrincipalArn": UNKNOWN, "aws:AssumedRoot": None}
        return Caller(f"arn:aws:iam::{account}:role/nobody-knows", "Role", account, keys, doubt=True)
    directory = kind == "Unknown" and record["eventSource"] in DIRECTORY
    if kind in ("SAMLUser", "WebIdentityUser") or directory:
        open_keys = ("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths")
        return Caller("", "Federated", "", {**dict.fromkeys(open_keys, UNKNOWN), "aws:AssumedRoot": None})
    if kind in ("AWSService", ""):
        keys = {"aws:PrincipalArn": UNKNOWN, "aws:PrincipalAccount": UNKNOWN, "aws:AssumedRoot": None}
        of_none = {"aws:PrincipalOrgID": None, "aws:PrincipalOrgPaths": None}
        return Caller("", "Service", "", {**keys, **of_none, "aws:PrincipalIsAWSService": "true"})
    raise AssertionError(kind)


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
        self.answers: dict[str, bool] = {}
        said = {change.said_above(account): account for account in sorted(change.above)}
        self.kinds_of_accounts = sorted(account for account in said.values() if account != change.management)

    def said(self, record: dict[str, Any], caller: Caller) -> Said | None:
        if not self.bound(caller):
            return None
        service = record["eventSource"].removesuffix(".amazonaws.com")
        name = record["eventName"]
        signs_in = service == "signin" and record.get("eventType") == "AwsConsoleSignIn"
        beyond = signs_in or record.get("eventType") == "AwsServiceEvent"
        if signs_in and self.change.kind == "rcp" and name == "ConsoleLogin":
            fenced = verdict(record, set(self.ways(record, caller, "signin:Authenticate")), beyond=False)
            if fenced is not None:
                return Said("depends" if fenced.verdict == "denied" else fenced.verdict, surely=False)
        actions = actions_of(service, name, self.statements(caller))
        ways = [self.settled_ways(record, caller, action) for action in actions]
        if (service, name) in NOBODY_KNOWS and not beyond:
            found = {way for one in ways for way in combined([one])}
        else:
            found = combined(ways)
        if hands_over(record) and not beyond:
            # Whether a role was handed over, nobody knows; if so, that was asked, too.
            passed = self.settled_ways(record, caller, "iam:PassRole")
            found |= {way for one in ways for way in combined([one, passed])}
        if caller.doubt and not beyond:
            found.add(NOTHING)
        return verdict(record, found, beyond=beyond)

    def bound(self, caller: Caller) -> bool:
        if ":role/aws-service-role/" in caller.arn:
            return False
        if self.change.kind == "rcp":
            return True
        return caller.type in BOUND and (not caller.account or caller.account in self.change.above)

    def statements(self, caller: Caller) -> list[dict[str, Any]]:
        return self.change.statements(None if self.change.kind == "rcp" else caller.account or None)

    def ways(self, record: dict[str, Any], caller: Caller, action: str) -> Iterator[Way]:
        for found in self.settled_ways(record, caller, action).values():
            yield from found

    def settled_ways(self, record: dict[str, Any], caller: Caller, action: str) -> dict[Settled, list[Way]]:
        """For each way what is open may turn out, what comes of it on every resource it may have been."""
        found: dict[Settled, list[Way]] = {}
        for owner, place in self.places(record, caller, action):
            for resource in resources_of(record, action, self.statements(caller)):
                for settled, way in self.outcomes(record, caller, (action, resource), owner, place).items():
                    found.setdefault(settled, []).append(way)
        return found

    def places(self, record: dict[str, Any], caller: Caller, action: str) -> Iterator[tuple[str | None, str | None]]:
        """Whose the resource may be, as far as anybody knows, with the account whose policies then count."""
        owners = owners_of(record, caller, action)
        if self.change.kind == "scp":
            above: list[str | None] = [caller.account] if caller.account else [None, *self.kinds_of_accounts]
            yield from ((owner, account) for owner in owners for account in above)
            return
        for owner in owners:
            if owner is not None:
                inside = owner in self.change.above and owner != self.change.management
                yield owner, owner if inside else None
            else:
                yield None, None
                yield from ((None, account) for account in self.kinds_of_accounts)

    def outcomes(
        self,
        record: dict[str, Any],
        caller: Caller,
        request: tuple[str, str],
        owner: str | None,
        place: str | None,
    ) -> Outcomes:
        """For each way what is open may turn out: denied before, denied after, and by a statement that is new."""
        action, resource = request
        statements = self.statements(caller)
        asked = {key.lower() for one in statements for keys in one.get("Condition", {}).values() for key in keys}
        keys = self.belonging("Principal", caller.account) | self.belonging("Resource", owner or "")
        keys |= {"aws:ResourceAccount": owner or UNKNOWN, "aws:PrincipalArn": caller.arn, **context_of(record)}
        keys |= {"aws:PrincipalAccount": caller.account, "aws:PrincipalIsAWSService": "false", **caller.keys}
        if record["eventName"] == "ConsoleLogin":
            keys["signin:PrincipalArn"] = caller.arn
        keys = {key.lower(): value for key, value in keys.items() if key.lower() in asked}
        name = json.dumps([caller.arn, caller.type, caller.account, action, resource, place, keys])
        if name not in self.decided:
            settlements = Settlements(context=keys, statements=statements, resource=resource, complete=False)
            self.decided[name] = {
                tuple(sorted((key, str(context.get(key))) for key in settlements.keys)): self.settled(
                    caller, action, resource, {key: as_given(context.get(key)) for key in asked}, place
                )
                for context in settlements
                if not self.elsewhere(context, caller.account, "principal")
                and not self.elsewhere(context, owner or "", "resource")
                and all(context.get(key, "true") in ("true", "false") for key in BOOLEANS)
            }
        return self.decided[name]

    def elsewhere(self, context: Mapping[str, Any], account: str, whose: str) -> bool:
        """Whether a way has an account in the organization of which the evidence, which lists all, has none."""
        if not account or account in self.change.above:
            return False
        told = [context.get(f"aws:{whose}orgid"), context.get(f"aws:{whose}orgpaths")]
        texts = [each for one in told for each in ([one] if isinstance(one, str) else one or ())]
        return any(f"{each}/".startswith(f"{self.change.organization}/") for each in texts)

    def belonging(self, whose: str, account: str) -> dict[str, Any]:
        """Of accounts nobody listed it is not known to which organization they belong."""
        path = self.change.above.get(account)
        if path is None:
            return {f"aws:{whose}OrgID": UNKNOWN, f"aws:{whose}OrgPaths": UNKNOWN}
        place = f"{self.change.organization}/{'/'.join(path[:-1])}/"
        return {f"aws:{whose}OrgID": self.change.organization, f"aws:{whose}OrgPaths": [place]}

    def settled(self, caller: Caller, action: str, resource: str, context: dict[str, Any], place: str | None) -> Way:
        change = self.change
        if place is None or (change.kind == "rcp" and action.split(":", maxsplit=1)[0] not in REACHED):
            return NOTHING
        path = change.above[place]
        before = self.denied(caller, action, resource, context, [change.before.get(one, []) for one in path])
        after = self.denied(caller, action, resource, context, [change.after.get(one, []) for one in path])
        added = self.denied(caller, action, resource, context, [change.added(one) for one in path])
        return before, after, added

    def denied(
        self, caller: Caller, action: str, resource: str, context: dict[str, Any], levels: list[list[dict[str, Any]]]
    ) -> bool:
        """Whether levels of policies deny a request; those above a resource count as those above a caller do.

        Whom they bind is decided before: so everybody whom no service control policy binds asks here as a role would.
        """
        kind = caller.type if caller.type in BOUND else "Role"
        manages = self.change.management if self.change.kind == "scp" else "nobody"
        principal = {
            "arn": caller.arn if kind == caller.type else "arn:aws:iam::999999999999:role/x",
            "type": kind,
            "account": caller.account if kind == caller.type else "999999999999",
        }
        case = {
            "request": {"action": action, "resource": resource, "context": context},
            "principal": principal,
            "identity": [{"name": "everything", "document": {"Version": VERSION, "Statement": ALLOW}}],
            "resource": {"name": "everything", "document": {"Version": VERSION, "Statement": ALLOW | EVERYBODY}},
            "scp": [[{"name": "", "document": {"Version": VERSION, **one}} for one in level] for level in levels],
            "management_account": manages,
        }
        name = json.dumps(case)
        if name not in self.answers:
            self.answers[name] = evaluate(case) != "Allowed"
        return self.answers[name]


def as_given(value: Any) -> Any:
    """Several values of a key are a list in a case."""
    return list(value) if isinstance(value, tuple) else value


def hands_over(record: dict[str, Any]) -> bool:
    """Whether parameters may name a role for a service to use."""
    service, name = record["eventSource"].split(".")[0], record["eventName"]
    if name.startswith(READING) or (service in ("iam", "sts", "signin") and name != "AddRoleToInstanceProfile"):
        return False
    text = json.dumps(record["requestParameters"]).lower() if "requestParameters" in record else "role"
    return "role" in text or "instanceprofile" in text


def owners_of(record: dict[str, Any], caller: Caller, action: str) -> list[str | None]:
    """Whose what a call was on may be; nobody in particular where the record does not tell.

    A name alone tells nothing where names are everybody's, as those of buckets.
    """
    trail = record.get("recipientAccountId", "")
    given = record.get("requestParameters")
    given = given if isinstance(given, dict) else {}
    there = record.get("resources")
    if action in WITHOUT_RESOURCE or action.startswith("signin:"):
        return [caller.account or trail]
    if record["eventName"] == "CopyObject" and action == "s3:GetObject":
        return [None]
    if isinstance(there, str):
        return [trail, None]
    told: set[str | None] = {one.get("accountId") or one["ARN"].split(":")[4] for one in there or []} - {""}
    if not told and trail != account_of(record["userIdentity"]):
        told = {trail}
    if told:
        return [*told, *([None] if "x-amz-copy-source" in given else [])]
    return given_away(given, action.split(":", maxsplit=1)[0], trail)


def given_away(given: dict[str, Any], service: str, trail: str) -> list[str | None]:
    """Whose a resource is as parameters tell it."""
    for name, text in given.items():
        if isinstance(text, str) and text.startswith(f"arn:aws:{service}:") and service != "s3":
            return [text.split(":")[4]]
        if isinstance(text, str) and text.startswith("https://sqs."):
            return [text.split("/")[3]]
        if service == "sts" and name in ("roleArn", "targetPrincipal"):
            return [text.split(":")[4] if ":" in text else text]
    if service in OWN_BY_NAME and given:
        return [trail]
    mentioned = set(re.findall(r"\b\d{12}\b", json.dumps(given))) - {trail}
    return [trail, *sorted(mentioned), None]


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
    """The resource, where a policy of the tests asks for one: objects and buckets of S3; else any it may be.

    Of a copy the record tells what was made; what was copied may be anything.
    """
    given = record.get("requestParameters")
    given = given if isinstance(given, dict) else {}
    bucket = given.get("bucketName")
    if action in WITHOUT_RESOURCE or not action.startswith("s3:"):
        return ["*"]
    if bucket is None or (record["eventName"] == "CopyObject" and action == "s3:GetObject"):
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


def combined(found: list[dict[Settled, list[Way]]]) -> set[Way]:
    """What a call that needs all of these actions comes to, for each way what is open may turn out."""
    ways: set[Way] = set()
    for settled in found[0]:
        for drawn in itertools.product(*(set(one[settled]) for one in found)):
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
