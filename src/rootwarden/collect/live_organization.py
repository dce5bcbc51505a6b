"""Ask the organization once: who is in it, its tree, its policies, its root access features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.aws.calls import Call, CallFailed
from rootwarden.collect import files
from rootwarden.collect.evidence import Answered, CallRecord, fact_of_record, not_collected, source_of
from rootwarden.collect.native_services_plan import organization_calls
from rootwarden.facts.fact import Known

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from rootwarden.aws.calls import Json, JsonObject
    from rootwarden.aws.deadline import Deadline
    from rootwarden.aws.door import Door
    from rootwarden.collect.plan import Plan
    from rootwarden.facts.fact import Fact

_SERVICE_CONTROL = "SERVICE_CONTROL_POLICY"
_RESOURCE_CONTROL = "RESOURCE_CONTROL_POLICY"


class _Found(msgspec.Struct, frozen=True):
    """The type of a policy, and where it is attached."""

    kind: str
    targets: tuple[str, ...]


def _by_target(found: Mapping[str, _Found]) -> JsonObject:
    """What the evidence folder keeps: policies by target, and of what type each is."""
    attachments: dict[str, list[Json]] = {}
    for identity, one in found.items():
        for target in one.targets:
            attachments.setdefault(target, []).append(identity)
    return {
        "attachments": dict(attachments),
        "types": {identity: one.kind for identity, one in found.items()},
    }


class OrganizationAnswers:
    """Answers about the organization, by file name of the evidence folder."""

    def __init__(self) -> None:
        self.answered: dict[str, Answered] = {}

    def answer(self, file: str) -> Fact[JsonObject]:
        """The document that would be in `file`, or why there is none."""
        found = self.answered.get(file)
        if found is None:
            return not_collected(file)
        if found.document is None:
            return fact_of_record(found.record, files.action_of(file))
        return Known(found.document, (source_of(found.record),))

    def policy_ids(self) -> tuple[str, ...]:
        """Policies that were asked for."""
        names = (name for name in self.answered if name.startswith("policies/"))
        return tuple(sorted(name.removeprefix("policies/").removesuffix(".json") for name in names))


class OrganizationCollector:
    """Collects the organization with the caller's own credentials."""

    def __init__(
        self, *, door: Door, caller: str, home: str, deadline: Deadline, clock: Callable[[], datetime]
    ) -> None:
        self._door = door
        self._caller = caller
        self._home = home
        self._deadline = deadline
        self._clock = clock
        self.answers = OrganizationAnswers()

    def describe(self) -> None:
        """DescribeOrganization: any account of an organization may ask."""
        self._keep("DescribeOrganization", files.ORGANIZATION)

    def list_accounts(self) -> None:
        """ListAccounts: the management account or a delegated administrator may ask."""
        self._keep("ListAccounts", files.ACCOUNTS)

    def features(self) -> None:
        """ListOrganizationsFeatures: the management account or the IAM delegated administrator may ask."""
        self._keep("ListOrganizationsFeatures", files.FEATURES, service="iam")

    def services(self) -> None:
        """Trusted access and administrators: the management account or a delegated administrator may ask."""
        for call in organization_calls(self._home):
            self._ask(call)

    def tree(self, plan: Plan) -> None:
        """Walk the tree once, and read every SCP and RCP and where it is attached, when a rule needs policies."""
        try:
            roots = self._list("ListRoots", {}, "Roots")
            nodes: list[JsonObject] = [self._node(root) for root in roots]
            found = self._attached(_SERVICE_CONTROL) if plan.policies else {}
        except CallFailed as failed:
            self._record(files.TARGETS, f"organizations:{failed.detail or 'ListRoots'}", failed.code)
            return
        document: JsonObject = {"roots": [*nodes]}
        # Attachments nobody asked for are left out: an empty object would say that nothing is attached.
        if plan.policies:
            found |= self._resource_controls(nodes)
            document |= _by_target(found)
        self._add(files.TARGETS, "organizations:ListTargetsForPolicy", document)
        for identity in found:
            self._keep("DescribePolicy", f"policies/{identity}.json", parameters={"PolicyId": identity})

    def _node(self, raw: JsonObject) -> JsonObject:
        identity = str(raw.get("Id"))
        accounts = self._list("ListAccountsForParent", {"ParentId": identity}, "Accounts")
        children = self._list("ListOrganizationalUnitsForParent", {"ParentId": identity}, "OrganizationalUnits")
        node: JsonObject = {
            "id": identity,
            "name": raw.get("Name") or identity,
            "children": [self._node(each) for each in children],
            "accounts": [each.get("Id") for each in accounts],
        }
        types = raw.get("PolicyTypes")
        if isinstance(types, list):
            on = (each for each in types if isinstance(each, dict) and each.get("Status") == "ENABLED")
            node["policy_types"] = [each.get("Type") for each in on]
        return node

    def _resource_controls(self, nodes: list[JsonObject]) -> dict[str, _Found]:
        """Resource control policies, where the type is on; none of them when one cannot be placed.

        A list with a gap would say that a policy is not attached; without any, what they deny is not known.
        """
        if not any(isinstance(on := node.get("policy_types"), list) and _RESOURCE_CONTROL in on for node in nodes):
            return {}
        try:
            return self._attached(_RESOURCE_CONTROL)
        except CallFailed:
            return {}

    def _attached(self, kind: str) -> dict[str, _Found]:
        """Every policy of a type, with its targets.

        Raises:
            CallFailed: With the operation as detail.
        """
        found = {}
        for policy in self._list("ListPolicies", {"Filter": kind}, "Policies"):
            identity = str(policy.get("Id"))
            targets = self._list("ListTargetsForPolicy", {"PolicyId": identity}, "Targets")
            found[identity] = _Found(kind, tuple(str(target.get("TargetId")) for target in targets))
        return found

    def _list(self, operation: str, parameters: dict[str, Json], name: str) -> list[JsonObject]:
        """One paged list.

        Raises:
            CallFailed: With the operation as detail.
        """
        call = Call(service="organizations", operation=operation, file="", region=self._home, parameters=parameters)
        try:
            answer = self._door.ask(call, identity=None, deadline=self._deadline, charged=self._caller)
        except CallFailed as failed:
            raise CallFailed(failed.code, operation) from failed
        listed = answer.get(name)
        if not isinstance(listed, list):
            raise CallFailed("MalformedAnswer", operation)
        return [each for each in listed if isinstance(each, dict)]

    def _keep(
        self,
        operation: str,
        file: str,
        *,
        service: str = "organizations",
        parameters: dict[str, Json] | None = None,
    ) -> None:
        self._ask(Call(service=service, operation=operation, file=file, region=self._home, parameters=parameters or {}))

    def _ask(self, call: Call) -> None:
        try:
            document = self._door.ask(call, identity=None, deadline=self._deadline, charged=self._caller)
        except CallFailed as failed:
            self._record(call.file, call.action, failed.code)
        else:
            self._add(call.file, call.action, document)

    def _add(self, file: str, action: str, document: JsonObject) -> None:
        self.answers.answered[file] = Answered(self._line(file, action, ""), document)

    def _record(self, file: str, action: str, code: str) -> None:
        self.answers.answered[file] = Answered(self._line(file, action, code))

    def _line(self, file: str, action: str, error: str) -> CallRecord:
        return CallRecord(file=file, call=action, account=self._caller, observed_at=self._clock(), error=error)
