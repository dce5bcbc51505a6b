"""What the language knows of one attribute and of one entity."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class AttributeType(StrEnum):
    """Types of attributes. A date is a number of epoch seconds, and `0` or absent means never."""

    BOOLEAN = "boolean"
    STRING = "string"
    NUMBER = "number"
    DATE = "date"
    IP = "ip"
    LIST = "list"
    RECORD = "record"


class Attribute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that can be known of a resource.

    Attributes:
        path: Dotted path below the entity, `Password.LastUsedTime`; reached through a reference, the whole way there:
            `LogGroup.MetricFilters.Name`.
        type: Its type; a list without attributes below it holds plain values. A reference is a record, references are
            a list of records.
        to: The entity a reference leads to; what is below it is that entity's.
        unit: What a number counts; empty where its name says it.
        fed_by: The calls it may come from: `iam:GetAccountSummary`, `root:ListMFADevices` (an AssumeRoot session),
            `declaration:root-mfa-devices`. Any one of them may give it.
        absent: Whether "we looked, there is none" can happen.
        collected: False when the language knows the name but nothing here collects it.
        future: Whether a date may lie in the future; otherwise one that does is reported as clock skew.
        ours: Whether the name is ours; all others are spelled as other products spell them.
        values: Every value a string can have; empty when it can have any.
        describe: One clause for people; empty where nobody collects it and the name has to do.
    """

    path: str
    type: AttributeType
    to: str = ""
    unit: str = ""
    fed_by: tuple[str, ...] = ()
    absent: bool = False
    collected: bool = True
    future: bool = False
    ours: bool = False
    values: tuple[str, ...] = ()
    describe: str = ""

    @property
    def is_list(self) -> bool:
        """Whether it is read like a list: a list or references."""
        return self.type is AttributeType.LIST

    @property
    def is_record(self) -> bool:
        """Whether it is read like a record: a record or a reference."""
        return self.type is AttributeType.RECORD

    @property
    def kind(self) -> str:
        """Its type in words as a schema file has it: `date`, `reference IAMRole`, `references IAMGroup`."""
        if not self.to:
            return self.type.value
        return f"references {self.to}" if self.is_list else f"reference {self.to}"

    @property
    def permission(self) -> str:
        """The first IAM action that feeds it, or empty when none does."""
        actions = (call for call in self.fed_by if not call.startswith(("declaration:", "root:")))
        return next(actions, "")


class Entity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind of resource and its attributes.

    Attributes:
        entity: Its name in rules.
        summary: What it is, in one clause.
        ours: Other products have no such entity.
        single: There is exactly one where anything is collected at all.
        collected: False when nothing here lists them: then their list is unknown.
        fed_by: The calls that list them.
        attribute: Its attributes; a parent need not stand before its children.
    """

    entity: str
    summary: str
    ours: bool = False
    single: bool = False
    collected: bool = True
    fed_by: tuple[str, ...] = ()
    attribute: tuple[Attribute, ...]
