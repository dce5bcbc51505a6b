"""The decision about one request, from all layers (IAM user guide, *Policy evaluation logic*).

An explicit deny anywhere decides. Else every guardrail has to allow (each level of service control policies from the
root of the organization down, resource control policies, boundary, session policy), and the request needs a grant: of
identity or resource policy within an account, of both across accounts. Doubt is settled both ways; only what comes out
either way is answered.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from rootwarden.iam.layer import LayerView, Policy, Reason, resource_view, statements_of, view
from rootwarden.iam.principal import Kind, Named, Principal
from rootwarden.iam.service_rules import (
    FULL_ACCESS,
    OUTSIDE_SCP,
    RESOURCE_CONTROLLED,
    always,
    asks_no_resource_policy,
    never,
    only_by_resource_policy,
    unstoppable,
)
from rootwarden.iam.statement import Request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.iam.layer import Match


class Response(Enum):
    """What comes of a request."""

    ALLOWED = "Allowed"
    EXPLICITLY_DENIED = "ExplicitlyDenied"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    DEPENDS_ON = "DependsOn"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A request and every policy that bears on it.

    Attributes:
        who: Who asks.
        request: What for.
        resource_account: Whose the resource is; empty for the account of who asks.
        identity: Policies of the user (with those of the groups) or role.
        resource: The policy of the resource; `None` where there is none.
        boundary: The permissions boundary; `None` where there is none.
        session: The policy of the session; `None` where there is none.
        scp: Service control policies, level by level from the root of the organization; `None` outside of one.
        rcp: Resource control policies of the resource's account, likewise.
        management_account: The organization's management account, which none of both binds; empty if not known.
        resource_controlled: Services that resource control policies reach; `None` for those of the start, others in
            doubt.
    """

    who: Principal
    request: Request
    resource_account: str = ""
    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None
    scp: tuple[tuple[Policy, ...], ...] | None = None
    rcp: tuple[tuple[Policy, ...], ...] | None = None
    management_account: str = ""
    resource_controlled: frozenset[str] | None = None

    @property
    def same_account(self) -> bool:
        """Whether the resource is of the account of who asks."""
        return not self.resource_account or self.resource_account == self.who.account


class Answer(msgspec.Struct, frozen=True):
    """The decision.

    Attributes:
        response: One of `Response`, as text.
        decided_by: The layer that decided: where the deny stands, or which did not allow; `identity` or `resource`
            for what is allowed; empty when it depends.
        because: Every statement that was looked at, those that decide first.
        depends_on: The keys it depends on, when it does.
        at_least: The response when everything doubtful is settled against the request.
        at_most: And when settled for it.
    """

    response: str
    decided_by: str
    because: tuple[Reason, ...]
    depends_on: tuple[str, ...] = ()
    at_least: str = ""
    at_most: str = ""


class _Outcome(msgspec.Struct, frozen=True):
    response: Response
    layer: str
    note: str = ""


def decide(question: Question) -> Answer:
    """Decide a request.

    Returns:
        The response with its reasons. `DependsOn` when it differs with what is not known; a policy that cannot be read
        counts as one that may say anything.
    """
    fixed = always(question.request) or never(question.who, question.request)
    if fixed is not None:
        response = Response.ALLOWED if fixed.allowed else Response.IMPLICITLY_DENIED
        reason = Reason("service", "", -1, matched=True, why=fixed.why)
        return Answer(response.value, "service", (reason,), at_least=response.value, at_most=response.value)
    return _Court(question).answer()


class _Court:
    """The views of all layers for one question."""

    def __init__(self, question: Question) -> None:
        self._question = question
        request, who = question.request, question.who
        self._identity = view("identity", question.identity, request)
        bounded = question.boundary is not None
        policies = (question.resource,) if question.resource is not None else ()
        self._resource = resource_view(policies, request, who, bounded=bounded)
        self._limits: dict[str, LayerView] = {}
        if question.boundary is not None:
            self._limits["boundary"] = view("boundary", question.boundary, request)
        if question.session is not None:
            self._limits["session"] = view("session", question.session, request)
        self._exempt = {layer: why for layer, why in (("scp", self._no_scp()), ("rcp", self._no_rcp())) if why}
        scp = question.scp if "scp" not in self._exempt else None
        self._scp = tuple(view("scp", level, request) for level in scp or ())
        rcp = question.rcp if "rcp" not in self._exempt else None
        self._rcp = tuple(self._resource_control(level) for level in rcp or ())

    def _no_scp(self) -> str:
        """Why service control policies do not bind the request, or an empty text."""
        question, who = self._question, self._question.who
        if question.scp is None:
            return ""
        if who.kind in {Kind.SERVICE, Kind.FEDERATED, Kind.ANONYMOUS}:
            return "they bind nobody outside of the organization's accounts"
        if who.service_linked:
            return "they bind no role that is linked to a service"
        if question.management_account and who.account == question.management_account:
            return "they bind nobody of the management account"
        service = question.request.action.partition(":")[0]
        return f"they do not reach `{service}`" if service in OUTSIDE_SCP else ""

    def _no_rcp(self) -> str:
        """Why resource control policies do not bind the request, or an empty text."""
        question = self._question
        if question.rcp is None:
            return ""
        if question.who.service_linked:
            return "they bind no role that is linked to a service"
        owner = question.resource_account or question.who.account
        ours = question.management_account and owner == question.management_account
        return "they guard nothing of the management account" if ours else ""

    def _resource_control(self, level: tuple[Policy, ...]) -> LayerView:
        """A level of resource control policies; where it is not known that they reach the service, they may not."""
        service = self._question.request.action.partition(":")[0]
        allowing = any(one.effect == "Allow" for policy in level for one in statements_of(policy))
        made = view("rcp", level if allowing else (*level, FULL_ACCESS), self._question.request)
        listed = self._question.resource_controlled
        if service in (RESOURCE_CONTROLLED | (listed or frozenset())):
            return made
        if listed is not None:
            return view("rcp", (FULL_ACCESS,), self._question.request)
        doubt = (f"whether resource control policies reach `{service}`",)
        doubtful = (
            structs.replace(one, surely=False, keys=one.keys + doubt) for one in made.matches if one.denies is not False
        )
        return LayerView((*doubtful, *view("rcp", (FULL_ACCESS,), self._question.request).matches), made.others)

    def answer(self) -> Answer:
        """Settle all doubt both ways and compare."""
        worst, best = self._settled(at_most=False), self._settled(at_most=True)
        views = self._views()
        matches = [match for one in views for match in one.matches]
        denied = {Response.EXPLICITLY_DENIED, Response.IMPLICITLY_DENIED}
        if worst.response is best.response:
            chosen = best
        elif {worst.response, best.response} <= denied:
            chosen = _Outcome(Response.IMPLICITLY_DENIED, best.layer, best.note)
        else:
            chosen = _Outcome(Response.DEPENDS_ON, "")
        depends: tuple[str, ...] = ()
        if chosen.response is Response.DEPENDS_ON:
            depends = tuple(dict.fromkeys(key for one in matches if not one.surely for key in one.keys))
        return Answer(
            chosen.response.value,
            chosen.layer,
            tuple(self._reasons(chosen, matches, views)),
            depends,
            worst.response.value,
            best.response.value,
        )

    def _views(self) -> tuple[LayerView, ...]:
        return (*self._scp, *self._rcp, self._identity, self._resource, *self._limits.values())

    def _settled(self, *, at_most: bool) -> _Outcome:
        """The outcome with everything doubtful settled for the request (`at_most`) or against it."""
        denying = self._denied(at_most=at_most)
        if denying:
            return _Outcome(Response.EXPLICITLY_DENIED, denying)
        for layer, levels in (("scp", self._scp), ("rcp", self._rcp)):
            for depth, level in enumerate(levels, 1):
                if not level.allows(at_most=at_most):
                    note = f"level {depth} of {len(levels)} from the organization's root allows nothing of it"
                    return _Outcome(Response.IMPLICITLY_DENIED, layer, note)
        return self._granted(at_most=at_most)

    def _denied(self, *, at_most: bool) -> str:
        """The layer with an explicit deny, or an empty text."""
        question = self._question
        layers = [("scp", one) for one in self._scp] + [("rcp", one) for one in self._rcp]
        layers += [("identity", self._identity), *self._limits.items()]
        if not (question.same_account and unstoppable(question.who, question.request)):
            layers.append(("resource", self._resource))
        return next((layer for layer, one in layers if one.denies(at_most=not at_most)), "")

    def _granted(self, *, at_most: bool) -> _Outcome:
        question = self._question
        limited = next((layer for layer, one in self._limits.items() if not one.allows(at_most=at_most)), "")
        identity = question.who.kind is Kind.ROOT or bool(self._identity.allows(at_most=at_most))
        resource = self._resource.allows(at_most=at_most)
        if question.who.kind in {Kind.SERVICE, Kind.FEDERATED, Kind.ANONYMOUS}:
            return _allowed("resource") if resource is Named.DIRECTLY else _refused("resource", "nothing grants it")
        if not question.same_account and not asks_no_resource_policy(question.request.action):
            return self._across(identity=identity, limited=limited, resource=resource)
        if resource is Named.DIRECTLY or (resource is Named.ROLE and not limited):
            return _allowed("resource")
        if only_by_resource_policy(question.request) and resource is Named.NOBODY:
            return _refused("resource", "the policy of the resource trusts nobody of the account with it")
        if not identity:
            return _refused("identity", "no policy allows it")
        return _refused(limited, f"the {limited} does not allow it") if limited else _allowed("identity")

    def _across(self, *, identity: bool, limited: str, resource: Named) -> _Outcome:
        if resource is Named.NOBODY:
            return _refused("resource", "the resource is of another account, and its policy does not let them")
        if not identity:
            return _refused("identity", "the resource is of another account, and no policy of their own allows it")
        return _refused(limited, f"the {limited} does not allow it") if limited else _allowed("resource")

    def _reasons(self, chosen: _Outcome, matches: list[Match], views: tuple[LayerView, ...]) -> Iterator[Reason]:
        if chosen.note:
            yield Reason(chosen.layer, "", -1, matched=False, why=chosen.note)
        wanted = chosen.response is not Response.EXPLICITLY_DENIED
        first = [one for one in matches if one.denies is not wanted and (one.reason.layer == chosen.layer)]
        yield from (one.reason for one in first)
        yield from (one.reason for one in matches if one not in first)
        yield from (reason for one in views for reason in one.others)
        yield from (Reason(layer, "", -1, matched=False, why=why) for layer, why in self._exempt.items())


def _allowed(layer: str) -> _Outcome:
    return _Outcome(Response.ALLOWED, layer)


def _refused(layer: str, note: str) -> _Outcome:
    return _Outcome(Response.IMPLICITLY_DENIED, layer, note)
