"""Verdicts the reports are tried on: every class, a way of every shape, hostile names; and a whole simulated world."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.collect import looks

from rootwarden.audit.census import Census, asking
from rootwarden.audit.root_equivalents import RootEquivalents
from rootwarden.facts.fact import value_or_none
from rootwarden.iam.admins.standing import Administrator, Door, Standing
from rootwarden.iam.admins.verdict import Blocking, Class, OpenRole, PrincipalVerdict, StatementPlace, Step
from rootwarden.report.admins.told import Told
from rootwarden.simulator import running
from rootwarden.simulator.worlds import make_world

HOSTILE = "=cmd()|'<script>alert(1)</script> \u202egnp.exe\x1b[31m\"\\"
HERE, THERE, MANAGEMENT = "000011112222", "000022223333", "000011110000"


def arn(resource: str, account: str = HERE) -> str:
    return f"arn:aws:iam::{account}:{resource}"


def step(path: str, by: str, leads_to: str, **more: Any) -> Step:
    made: dict[str, Any] = {"title": "Do a thing", "actions": ("iam:DoAThing",), "target": "", "statements": ()}
    return Step(id=path, by=by, leads_to=leads_to, **made | more)


ADMIN = arn("role/admin")
OWN = StatementPlace("own", 0)
DIRECT = PrincipalVerdict(
    arn=ADMIN, account=HERE, kind=Class.DIRECT, granted_by=(StatementPlace("AdministratorAccess", 0),)
)
CHAIN = PrincipalVerdict(
    arn=arn("role/ci"),
    account=HERE,
    kind=Class.ESCALATION,
    path=(
        step("group-join", arn("role/ci"), arn("role/ci"), target=arn("group/makers"), statements=(OWN,)),
        step(
            "role-assume",
            arn("role/ci"),
            ADMIN,
            target=ADMIN,
            statements=(OWN, StatementPlace("trust policy of admin", 0, "trust")),
            assumes=("subnet",),
        ),
    ),
)
ITSELF = PrincipalVerdict(
    arn=arn("user/writer"),
    account=HERE,
    kind=Class.ESCALATION,
    path=(step("user-put-own-policy", arn("user/writer"), arn("user/writer"), statements=(OWN,)),),
)
TO_ROOT = PrincipalVerdict(
    arn=arn("role/contacts", MANAGEMENT),
    account=MANAGEMENT,
    kind=Class.CONDITIONAL,
    path=(
        step(
            "account-change-root-email",
            arn("role/contacts", MANAGEMENT),
            "root",
            target=THERE,
            requires=("root-mfa", "aws:MultiFactorAuthPresent", "lambda:function with this role", "a reason in words"),
        ),
    ),
    blocked_by=(Blocking("scp", "NoContacts", 1), Blocking("boundary", "narrow", -1)),
)
SIDEWAYS = PrincipalVerdict(
    arn=arn("user/intern"),
    account=HERE,
    kind=Class.LATERAL,
    path=(step("role-assume", arn("user/intern"), arn("role/reader", THERE), target=arn("role/reader", THERE)),),
)
STOPPED = PrincipalVerdict(
    arn=arn("user/bounded"), account=HERE, kind=Class.NONE, blocked_by=(Blocking("identity", "own", 2),)
)
ORDINARY = PrincipalVerdict(arn=arn("user/ordinary"), account=HERE, kind=Class.NONE)
NASTY = PrincipalVerdict(
    arn=arn(f"user/{HOSTILE}"),
    account=HOSTILE,
    kind=Class.ESCALATION,
    path=(
        step(
            HOSTILE,
            arn(f"user/{HOSTILE}"),
            arn(f"role/{HOSTILE}"),
            title=HOSTILE,
            target=arn(f"role/{HOSTILE}"),
            requires=(HOSTILE,),
            statements=(StatementPlace(HOSTILE, 0),),
        ),
    ),
)
EVERYBODY = (ORDINARY, STOPPED, SIDEWAYS, TO_ROOT, ITSELF, CHAIN, DIRECT, NASTY)
EVERYTHING = Told(
    found=RootEquivalents(
        principals=EVERYBODY,
        open_roles=(OpenRole(arn=ADMIN, kind=Class.DIRECT, lets_in=("*", "999900001111")),),
        administrators=(
            Standing(
                account=HERE,
                has_administrator=True,
                by=(Administrator(arn=ADMIN, through=Door.SAML_PROVIDER, who=HOSTILE),) * 2,
            ),
            Standing(account="000033334444", has_administrator=None, reason="it could not be read"),
            Standing(account=MANAGEMENT, has_administrator=False, reason="no administrator is a role people get into"),
        ),
        unread=(("000033334444", "`iam:GetAccountAuthorizationDetails` was refused (AccessDenied)"),),
        notes=("no inventory of resources was given: paths over existing ones are conditional",),
        as_of=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
    ),
    source="evidence folder made-up, 3 accounts",
    accounts={HERE: "payments", THERE: HOSTILE},
)
NOTHING = Told(found=RootEquivalents(principals=()), source="nothing")


def breached() -> Told:
    """The world `breached`, looked at live."""
    census = Census()
    with running(make_world("breached")) as simulator:
        collected = looks.live(simulator, by=asking(), digest=census.digest, parts=asking().parts)
    names = {one.facts.id: value_or_none(one.facts.name) or "" for one in collected.accounts}
    return Told(found=census.judged(collected, None), source=collected.described, accounts=names)
