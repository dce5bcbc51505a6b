"""The same world in another partition, or standing at another instant.

Worlds are written once, in the partition `aws` and at 2026-03-02T12:00:00Z. Retelling walks a record and replaces
ARNs, Regions and instants; in GovCloud it also takes root's console access away, which AWS does not offer there.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from rootwarden.errors import UsageError
from rootwarden.simulator.account import Account
from rootwarden.simulator.moment import NOW

if TYPE_CHECKING:
    from datetime import timedelta

R = TypeVar("R", bound=msgspec.Struct)

HOME_REGIONS: Final = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
_SECOND_REGIONS: Final = {"aws": "eu-central-1", "aws-us-gov": "us-gov-east-1", "aws-cn": "cn-northwest-1"}


class Elsewhere:
    """Retells records of a world for one partition and instant; raises `UsageError` for an unknown partition."""

    def __init__(self, partition: str, now: datetime) -> None:
        if partition not in HOME_REGIONS:
            raise UsageError(f"no partition `{partition}`", hint=f"choose one of {', '.join(HOME_REGIONS)}")
        self.partition = partition
        self.now = now
        self._later: timedelta = now - NOW
        self._words = [
            ("arn:aws:", f"arn:{partition}:"),
            (HOME_REGIONS["aws"], HOME_REGIONS[partition]),
            (_SECOND_REGIONS["aws"], _SECOND_REGIONS[partition]),
        ]

    @property
    def is_home(self) -> bool:
        """Whether there is nothing to retell."""
        return self.partition == "aws" and not self._later

    def retell(self, record: R) -> R:
        """A copy of a record as it is elsewhere."""
        names = record.__struct_fields__
        told = msgspec.structs.replace(record, **{name: self._value(getattr(record, name)) for name in names})
        if self.partition == "aws-us-gov" and isinstance(told, Account):
            told.root.password = False
            told.root.password_spelling = "not_supported"  # noqa: S105 - what GovCloud's report says, no password
            told.root.password_last_used = None
            told.root.devices = []
        return told

    def _value(self, value: object) -> object:
        if isinstance(value, msgspec.Struct):
            return self.retell(value)
        if isinstance(value, list | tuple | set):
            return type(value)(self._value(item) for item in value)
        if isinstance(value, dict):
            return {self._value(key): self._value(item) for key, item in value.items()}
        return self._scalar(value)

    def _scalar(self, value: object) -> object:
        if isinstance(value, datetime):
            return value + self._later
        if isinstance(value, str) and not isinstance(value, Enum):
            for old, new in self._words:
                value = value.replace(old, new)
        return value
