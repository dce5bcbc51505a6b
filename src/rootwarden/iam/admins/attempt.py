"""What a step of a way up is made of: who takes it, with what powers, what is asked, what comes of it."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

import msgspec

from rootwarden.iam.admins.conditions import Scene
from rootwarden.iam.admins.holders import Attachment, Holder
from rootwarden.iam.admins.powers import Powers
from rootwarden.iam.context import Context
from rootwarden.iam.escalation.path import EscalationPath
from rootwarden.iam.layer import Policy

# Of a node: the same for equal nodes.
Key: TypeAlias = tuple[int, int]


class End(StrEnum):
    """Where a step may end beside with another principal."""

    ADMINISTRATOR = "administrator"
    ROOT = "root"


class Node(msgspec.Struct, frozen=True, eq=False):
    """A principal with powers, its own or those a step gave it."""

    holder: Holder
    powers: Powers

    @property
    def key(self) -> Key:
        """The same for equal nodes."""
        return id(self.holder), id(self.powers)


class Asked(msgspec.Struct, frozen=True):
    """One request of a step, as it is allowed; `assumes` is what the actor is taken to know."""

    action: str
    resource: str
    context: Context
    assumes: tuple[str, ...] = ()


Result: TypeAlias = Node | End


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A path on a target, before anything was asked.

    Attributes:
        node: Who asks.
        whose: Whose own permissions it changes, where it does: who asks, or another who is in hand as well.
        bindings: What stands for the names in its templates.
        full: ARNs of the policies of the account that allow everything.
        version: The version of a policy that it goes back to.
        boundary: The boundary of the principal it makes, if any.
    """

    path: EscalationPath
    node: Node
    whose: Node
    scene: Scene
    bindings: dict[str, str]
    full: tuple[str, ...] = ()
    version: Policy | None = None
    boundary: Attachment | None = None
    requires: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
