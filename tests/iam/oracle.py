"""What a request gets, a second time: small, slow, over the raw JSON of a case.

Shares no code with the product. A case whose context is settled is two-valued here; what is open (a key nobody gave,
a statement nobody can read) is settled in every way `oracle_settlements.py` can think of, and the answer is decided
when all of them agree. Source: IAM user guide, *Policy evaluation logic*; Organizations user guide, *SCP evaluation*
and *RCP evaluation*.
"""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tests.iam.oracle_conditions import as_text, can_be_read, holds, is_operator
from tests.iam.oracle_patterns import action_fits, resource_fits
from tests.iam.oracle_principals import TYPE_KEY, caller_of, how_named, spared
from tests.iam.oracle_settlements import Settlements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.iam.oracle_patterns import Context
    from tests.iam.oracle_principals import Caller

ELEMENTS: Final = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Principal", "NotPrincipal"}
PRINCIPALS: Final = {"AWS", "Service", "Federated", "CanonicalUser"}
POLICY_WRITES: Final = re.compile(
    r"iam:((Create|Delete)Policy(Version)?|SetDefaultPolicyVersion|(Tag|Untag)Policy)", re.IGNORECASE
)
ROLE_WRITES: Final = re.compile(
    r"iam:((Attach|Put|Delete|Detach)RolePolicy|(Put|Delete)RolePermissionsBoundary|(Create|Delete|Update|Pass)Role"
    r"|(Tag|Untag)Role|UpdateAssumeRolePolicy|UpdateRoleDescription|AddRoleToInstanceProfile)",
    re.IGNORECASE,
)
LINKED_WRITES: Final = re.compile(r"iam:(PassRole|(Tag|Untag)Role|UpdateRole(Description)?)", re.IGNORECASE)
BUCKET_POLICY: Final = re.compile(r"s3:(Get|Put|Delete)BucketPolicy", re.IGNORECASE)
WITH_RCP: Final = ("s3", "sts", "kms", "sqs", "secretsmanager")
OUTSIDE_SCP: Final = "mechanicalturk:"
VERSIONS: Final = ("2008-10-17", "2012-10-17")
OPEN: Final = "open"


class Written(NamedTuple):
    """A statement of a layer, with its document's version; `statement` is `OPEN` when it cannot be read."""

    statement: Any
    version: str
    place: str


class World(NamedTuple):
    """One settlement: by its place, whether each statement fits, and what an unreadable one is taken for."""

    action: str
    resource: str
    fitting: Mapping[str, bool | str]


class Test(NamedTuple):
    """One thing that has to hold: in what raw element it stands, and the test; `open` when nobody can read it."""

    about: dict[str, Any]
    holds: Callable[[Context], bool]
    open: bool = False


class Layers(NamedTuple):
    """Everything that is written, layer by layer; `None` where there is no such layer."""

    identity: list[Written]
    resource: list[Written]
    boundary: list[Written] | None
    session: list[Written] | None
    scp: list[list[Written]]
    rcp: list[list[Written]]


def texts(value: Any) -> list[str] | None:
    listed = [value] if isinstance(value, str) else value
    return listed if isinstance(listed, list) and all(isinstance(each, str) for each in listed) else None


def readable_principal(value: Any) -> bool:
    if isinstance(value, str):
        return value == "*"
    return (
        isinstance(value, dict) and set(value) <= PRINCIPALS and all(texts(each) is not None for each in value.values())
    )


def readable_condition(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(keys, dict)
        and all(isinstance(each, str | int | float) for given in keys.values() for each in listed(given))
        for operator, keys in value.items()
    )


def aslist(statement: dict[str, Any], name: str) -> list[Any]:
    return listed(statement[name]) if name in statement else []


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def readable(statement: Any, *, needs_resource: bool) -> bool:
    if not isinstance(statement, dict) or not set(statement) <= ELEMENTS | {"Condition"}:
        return False
    actions = [name for name in ("Action", "NotAction") if name in statement]
    resources = [name for name in ("Resource", "NotResource") if name in statement]
    principals = [name for name in ("Principal", "NotPrincipal") if name in statement]
    return (
        statement.get("Effect") in ("Allow", "Deny")
        and len(actions) == 1
        and len(resources) in ((1,) if needs_resource else (0, 1))
        and len(principals) <= 1
        and all(texts(statement[name]) is not None for name in (*actions, *resources))
        and all(readable_principal(statement[name]) for name in principals)
        and readable_condition(statement.get("Condition", {}))
    )


def written(policy: Any, place: str, *, needs_resource: bool = True) -> list[Written]:
    document = policy.get("document") if isinstance(policy, dict) else None
    statements = listed(document.get("Statement")) if isinstance(document, dict) else []
    version = document.get("Version", "2008-10-17") if isinstance(document, dict) else ""
    if not statements or version not in VERSIONS or not set(document or ()) <= {"Id", "Version", "Statement"}:
        return [Written(OPEN, "", place)]
    # AWS takes a document as a whole or not at all.
    if not all(readable(each, needs_resource=needs_resource) for each in statements):
        return [Written(OPEN, "", place)]
    return [Written(each, version, f"{place}/{number}") for number, each in enumerate(statements)]


def several(policies: Any, place: str) -> list[Written]:
    return [one for number, policy in enumerate(policies or []) for one in written(policy, f"{place}/{number}")]


def levels(given: Any, place: str) -> list[list[Written]]:
    return [several(level, f"{place}/{number}") for number, level in enumerate(given or [])]


def layers_of(case: dict[str, Any], caller: Caller, resource_account: str) -> Layers:
    """The layers that have a say in this request."""
    manages = case.get("management_account")
    bound = not caller.service_linked
    outside = case["request"]["action"].lower().startswith(OUTSIDE_SCP)
    scp_binds = bound and not outside and caller.type not in ("Service", "Anonymous") and caller.account != manages
    rcp_binds = bound and resource_account != manages
    has_policy = case.get("resource") is not None
    is_trust = case["request"]["action"].lower().startswith("sts:")
    return Layers(
        identity=several(case.get("identity"), "identity"),
        resource=written(case["resource"], "resource", needs_resource=not is_trust) if has_policy else [],
        boundary=several(case["boundary"], "boundary") if case.get("boundary") else None,
        session=written(case["session"], "session") if case.get("session") is not None else None,
        scp=levels(case.get("scp"), "scp") if scp_binds else [],
        rcp=levels(case.get("rcp"), "rcp") if rcp_binds else [],
    )


def about_action(statement: dict[str, Any], action: str) -> bool:
    named = [action_fits(each, action) for each in texts(statement.get("Action", statement.get("NotAction"))) or ()]
    return any(named) == ("Action" in statement)


def about_resource(one: Written, resource: str, context: Context) -> bool:
    statement = one.statement
    if "Resource" not in statement and "NotResource" not in statement:
        return True
    about = texts(statement.get("Resource", statement.get("NotResource"))) or ()
    fitting = [resource_fits(each, resource, one.version, context) for each in about]
    return any(fitting) == ("Resource" in statement)


def tests_of(one: Written, action: str, resource: str) -> list[Test]:
    """What has to hold for a statement to fit: its action, its resource, and each key of its condition."""
    statement, version = one.statement, one.version
    made = [Test({}, lambda _: about_action(statement, action))]
    made.append(
        Test(
            {"Resource": [*aslist(statement, "Resource"), *aslist(statement, "NotResource")]},
            lambda context: about_resource(one, resource, context),
        )
    )
    for operator, keys in statement.get("Condition", {}).items():
        for key, values in keys.items():
            made.append(test_of_key(operator, key, values, version))
    return made


def test_of_key(operator: str, key: str, values: Any, version: str) -> Test:
    readable_one = is_operator(operator) and all(can_be_read(operator, as_text(each)) for each in listed(values))
    return Test(
        {"Condition": {operator: {key: values}}} if readable_one else {},
        lambda context: holds(operator, key, values, version, context),
        open=not readable_one,
    )


def matches(one: Written, effect: str, world: World) -> bool:
    if one.statement == OPEN:
        return world.fitting[one.place] == effect
    return one.statement["Effect"] == effect and world.fitting[one.place] is True


def some(layer: list[Written] | None, effect: str, world: World) -> bool:
    return any(matches(one, effect, world) for one in layer or ())


def grants(layers: Layers, caller: Caller, world: World) -> set[str]:
    """In what ways the resource policy allows the caller."""
    ways: set[str] = set()
    for one in layers.resource:
        if not matches(one, "Allow", world):
            continue
        if one.statement == OPEN:
            ways.add("itself")
        elif "Principal" in one.statement:
            ways |= how_named(one.statement["Principal"], caller)
        elif "NotPrincipal" in one.statement and not how_named(one.statement["NotPrincipal"], caller):
            ways.add("everybody")
    return ways


def denied_by_resource(layers: Layers, caller: Caller, world: World) -> bool:
    """Whether the resource policy denies the caller."""
    for one in layers.resource:
        if not matches(one, "Deny", world):
            continue
        if one.statement == OPEN:
            return True
        if "Principal" in one.statement and how_named(one.statement["Principal"], caller):
            return True
        if "NotPrincipal" in one.statement:
            bounded = layers.boundary is not None
            if bounded or not spared(one.statement["NotPrincipal"], caller):
                return True
    return False


def denied(layers: Layers, caller: Caller, same_account: bool, world: World) -> bool:
    plain = (layers.identity, layers.boundary, layers.session, *layers.scp, *layers.rcp)
    if any(some(layer, "Deny", world) for layer in plain):
        return True
    own_bucket = caller.type == "Root" and same_account and BUCKET_POLICY.fullmatch(world.action)
    return not own_bucket and denied_by_resource(layers, caller, world)


def never_possible(caller: Caller, world: World) -> bool:
    """What AWS keeps to itself: its managed policies and the roles it reserves; and root assumes no role."""
    if caller.type == "Root" and world.action.lower() == "sts:assumerole":
        return True
    parts = world.resource.split(":", 5)
    if len(parts) < 6 or parts[2] != "iam":
        return False
    if parts[4] == "aws" and parts[5].startswith("policy/"):
        return POLICY_WRITES.fullmatch(world.action) is not None
    if parts[5].startswith("role/aws-service-role/") and LINKED_WRITES.fullmatch(world.action):
        return False
    reserved = parts[5].startswith(("role/aws-reserved/", "role/aws-service-role/"))
    return reserved and ROLE_WRITES.fullmatch(world.action) is not None


def guardrails_allow(layers: Layers, world: World) -> bool:
    if not all(some(level, "Allow", world) for level in layers.scp):
        return False
    for level in layers.rcp if world.action.split(":")[0].lower() in WITH_RCP else []:
        has_allow = any(one.statement != OPEN and one.statement["Effect"] == "Allow" for one in level)
        if has_allow and not some(level, "Allow", world):
            return False
    return True


def needs_trust(world: World) -> bool:
    action, resource = world.action.lower(), world.resource
    key = action.startswith("kms:") and re.fullmatch(r"arn:[^:]*:kms:[^:]*:[^:]*:key/.*", resource)
    role = action.startswith("sts:assumerole") and re.fullmatch(r"arn:[^:]*:iam::[^:]*:role/.*", resource)
    return bool(key or role)


def settled_answer(layers: Layers, caller: Caller, same_account: bool, world: World) -> str:
    """The answer where nothing is open."""
    if world.action.lower() == "sts:getcalleridentity":
        return "Allowed"
    if never_possible(caller, world):
        return "ImplicitlyDenied"
    if denied(layers, caller, same_account, world):
        return "ExplicitlyDenied"
    if not guardrails_allow(layers, world):
        return "ImplicitlyDenied"
    return "Allowed" if permitted(layers, caller, same_account, world) else "ImplicitlyDenied"


def permitted(layers: Layers, caller: Caller, same_account: bool, world: World) -> bool:
    ways = grants(layers, caller, world)
    if caller.type in ("Service", "Anonymous"):
        return bool(ways)
    within_boundary = layers.boundary is None or some(layers.boundary, "Allow", world)
    within_session = layers.session is None or some(layers.session, "Allow", world)
    limits = within_boundary and within_session
    has_identity = caller.type == "Root" or some(layers.identity, "Allow", world)
    if not same_account and world.action.lower() != "sts:assumeroot":
        return has_identity and limits and bool(ways)
    if ways & {"itself", "everybody"}:
        return True
    if limits and "role" in ways:
        return True
    return has_identity and limits and (bool(ways) or not needs_trust(world))


def account_of_resource(case: dict[str, Any], caller: Caller) -> str:
    parts = case["request"]["resource"].split(":", 5)
    in_arn = parts[4] if len(parts) == 6 and parts[4].isdigit() else ""
    return case.get("resource_account") or in_arn or caller.account


def what_follows(caller: Caller, resource_account: str) -> dict[str, Any]:
    """Keys of the context that follow from who asks."""
    keys: dict[str, Any] = {"aws:principaltype": TYPE_KEY.get(caller.type), "aws:resourceaccount": resource_account}
    keys["aws:principalarn"] = caller.role if caller.type not in ("Service", "Anonymous") else None
    keys["aws:principalaccount"] = caller.account if caller.type not in ("Service", "Anonymous") else None
    keys["aws:username"] = caller.arn.rsplit("/", 1)[-1] if caller.type == "User" else None
    if caller.type == "Root":
        keys["aws:userid"] = caller.account
    return keys


class Doubt(NamedTuple):
    """A case made ready: what is written, what has to hold, and every way to settle what is open."""

    layers: Layers
    caller: Caller
    same_account: bool
    request: tuple[str, str]
    statements: list[tuple[Written, list[Test]]]
    unreadable: list[str]
    settlements: Settlements


def doubt_of(case: dict[str, Any]) -> Doubt:
    caller = caller_of(case["principal"])
    owner = account_of_resource(case, caller)
    layers = layers_of(case, caller, owner)
    everything = [layers.identity, layers.resource, layers.boundary, layers.session, *layers.scp, *layers.rcp]
    statements = [one for layer in everything for one in layer or ()]
    action, resource = case["request"]["action"], case["request"]["resource"]
    given = case["request"].get("context")
    read = [(one, tests_of(one, action, resource)) for one in statements if one.statement != OPEN]
    # What is about other actions says nothing, whatever its keys hold.
    bearing = [test.about for one, tests in read if about_action(one.statement, action) for test in tests]
    settlements = Settlements(
        context=what_follows(caller, owner) | {key.lower(): value for key, value in (given or {}).items()},
        statements=bearing,
        resource=resource,
        complete=given is not None,
    )
    return Doubt(
        layers=layers,
        caller=caller,
        same_account=bool(caller.account) and caller.account == owner,
        request=(action, resource),
        statements=read,
        unreadable=[one.place for one in statements if one.statement == OPEN],
        settlements=settlements,
    )


def answer(doubt: Doubt, fitting: Mapping[str, bool | str]) -> str:
    return settled_answer(doubt.layers, doubt.caller, doubt.same_account, World(*doubt.request, fitting))


def without_doubt(answers: set[str]) -> str:
    if "Allowed" in answers and len(answers) > 1:
        return "DependsOn"
    return answers.pop() if len(answers) == 1 else "ImplicitlyDenied"


def open_places(doubt: Doubt) -> dict[str, tuple[bool | str, ...]]:
    """What no key settles: unreadable documents, tests nobody can read, and services that RCPs may not reach."""
    places: dict[str, tuple[bool | str, ...]] = dict.fromkeys(doubt.unreadable, ("Deny", "Allow", "nothing"))
    for one, tests in doubt.statements:
        if any(test.open for test in tests) or doubtful_rcp(one, doubt.request[0]):
            places[one.place] = (True, False)
    return places


def doubtful_rcp(one: Written, action: str) -> bool:
    service = action.split(":", maxsplit=1)[0].lower()
    return one.place.startswith("rcp/") and service not in WITH_RCP and one.statement["Effect"] == "Deny"


def evaluate(case: dict[str, Any]) -> str:
    """`Allowed`, `ExplicitlyDenied`, `ImplicitlyDenied` or `DependsOn`."""
    doubt = doubt_of(case)
    places = open_places(doubt)
    answers: set[str] = set()
    for context in doubt.settlements:
        fitting: dict[str, bool | str] = {
            one.place: all(test.open or test.holds(context) for test in tests) for one, tests in doubt.statements
        }
        for taken in itertools.product(*places.values()):
            drawn = dict(zip(places, taken, strict=True))
            settled = {
                place: value if isinstance(value, str) else value and fitting[place] for place, value in drawn.items()
            }
            answers.add(answer(doubt, fitting | settled))
        if "Allowed" in answers and len(answers) > 1:
            break
    return without_doubt(answers)


def cautious(case: dict[str, Any]) -> str:
    """The answer of one who settles every test of every statement by itself, as if no two had a key in common.

    Decides less than `evaluate`, and never otherwise.
    """
    doubt = doubt_of(case)
    best: dict[str, bool | str] = dict.fromkeys(doubt.unreadable, "Allow")
    worst: dict[str, bool | str] = dict.fromkeys(doubt.unreadable, "Deny")
    places = open_places(doubt)
    for one, tests in doubt.statements:
        outcomes = [settled_test(test, doubt.settlements) for test in tests]
        surely = all(each == {True} for each in outcomes) and one.place not in places
        possibly = all(True in each for each in outcomes)
        allows = one.statement["Effect"] == "Allow"
        best[one.place], worst[one.place] = (possibly, surely) if allows else (surely, possibly)
    return without_doubt({answer(doubt, best), answer(doubt, worst)})


def settled_test(test: Test, settlements: Settlements) -> set[bool]:
    return {True, False} if test.open else {test.holds(context) for context in settlements.of(test.about)}


def breadth(case: dict[str, Any]) -> int:
    """In how many ways what is open in the case may turn out."""
    doubt = doubt_of(case)
    return len(doubt.settlements) * math.prod(len(ways) for ways in open_places(doubt).values())
