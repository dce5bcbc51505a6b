"""Who asks, and what a statement's `Principal` or `NotPrincipal` says of them.

Source: IAM user guide, *AWS JSON policy elements: Principal* and *NotPrincipal*.
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

ACCOUNT: Final = re.compile(r"\d{12}")
BY_ARN: Final = (
    (":root", "Root"),
    (":user/", "User"),
    (":role/", "Role"),
    (":assumed-role/", "AssumedRole"),
    (":federated-user/", "FederatedUser"),
)
TYPES: Final = {
    "account": "Root",
    "root": "Root",
    "user": "User",
    "role": "Role",
    "assumedrole": "Role",
    "federateduser": "FederatedUser",
    "service": "Service",
    "awsservice": "Service",
    "anonymous": "Anonymous",
}
TYPE_KEY: Final = {
    "Root": "Account",
    "User": "User",
    "Role": "AssumedRole",
    "FederatedUser": "FederatedUser",
    "Anonymous": "Anonymous",
}


class Caller(NamedTuple):
    """Who asks: `type` is Root, User, Role (a session too), FederatedUser, Service or Anonymous."""

    arn: str
    type: str
    account: str

    @property
    def role(self) -> str:
        """ARN of the role of a session, as far as it can be told from the session's."""
        if ":assumed-role/" not in self.arn:
            return self.arn
        partition, name = self.arn.split(":")[1], self.arn.split("/")[1]
        return f"arn:{partition}:iam::{self.account}:role/{name}"

    @property
    def service_linked(self) -> bool:
        return self.type == "Role" and ":role/aws-service-role/" in self.role


def caller_of(principal: dict[str, Any]) -> Caller:
    arn = principal.get("arn") or ""
    named = principal.get("type")
    kind = TYPES[named.lower()] if named else next((name for part, name in BY_ARN if part in arn), "Anonymous")
    parts = arn.split(":")
    account = principal.get("account") or (parts[4] if len(parts) == 6 else "")
    return Caller(arn, TYPES[kind.lower()], account)


def names_of(element: Any) -> list[str]:
    """Everybody an element names; the kind of a name shows in the name itself."""
    if isinstance(element, str):
        return [element]
    return [name for kind in element.values() for name in ([kind] if isinstance(kind, str) else kind)]


def names_account(name: str, account: str) -> bool:
    return bool(account) and (name == account or re.fullmatch(rf"arn:[a-z-]+:iam::{account}:root", name) is not None)


def how_named(element: Any, caller: Caller) -> set[str]:
    """In what ways the caller is named: `everybody`, `account`, `role`, `itself`; empty when it is not."""
    ways = set()
    for name in names_of(element):
        if name == "*":
            ways.add("everybody")
        elif names_account(name, caller.account) and caller.type not in ("Service", "Anonymous"):
            ways.add("account")
        elif caller.type == "Role" and name == caller.role:
            ways.add("role")
        elif caller.arn and name == caller.arn:
            ways.add("itself")
    return ways


def spared(element: Any, caller: Caller) -> bool:
    """Whether `NotPrincipal` leaves the caller alone; naming an account spares its root user only."""
    ways = how_named(element, caller)
    return bool(ways - {"account"}) or (caller.type == "Root" and "account" in ways)
