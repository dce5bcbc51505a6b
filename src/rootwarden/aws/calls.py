"""One AWS call as data: what is asked, where, the evidence file its answer belongs in, and how it fails."""

from __future__ import annotations

import re
from typing import TypeAlias

import msgspec

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
JsonObject: TypeAlias = dict[str, Json]

# Where IAM writes a service otherwise than botocore.
_PREFIXES = {"accessanalyzer": "access-analyzer"}
_THROTTLES = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|PriorRequestNotComplete")


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call and where its answer is kept.

    Attributes:
        service: botocore's name of the service: `iam`, `cloudwatch`, `events`.
        operation: The operation as the API spells it: `GetAccountSummary`.
        parameters: Request parameters.
        region: Region to ask; empty for the home region of the partition.
        file: Path below the account's evidence folder, `regions/us-east-1/describe-trails.json`.
        changes: It changes something: it is not sent again where nobody knows what became of it.
    """

    service: str
    operation: str
    file: str
    parameters: dict[str, Json] = {}
    region: str = ""
    changes: bool = False

    @property
    def action(self) -> str:
        """The IAM action that allows it, `iam:GetAccountSummary`."""
        return f"{_PREFIXES.get(self.service, self.service)}:{self.operation}"


class CallFailed(Exception):  # noqa: N818 - becomes a fact's reason, never reaches people as an error
    """A call that gave no answer.

    Attributes:
        code: AWS's error code, or one of ours: `Timeout`, `ConnectionError`, `MalformedAnswer`, `NotAsked`.
        detail: More of it, for people.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail

    @property
    def throttled(self) -> bool:
        """Whether AWS asks to be asked more slowly."""
        return _THROTTLES.search(self.code) is not None
