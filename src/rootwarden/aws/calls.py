"""One AWS call as data: what is asked, where, and the evidence file its answer belongs in."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | float | bool | None
JsonObject: TypeAlias = dict[str, Json]

# Where IAM writes a service otherwise than botocore.
_PREFIXES = {"accessanalyzer": "access-analyzer"}


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
