"""The configuration file `rootwarden.toml`: who owns an account, and which parameters hold for it.

[owner]
tag = "team"                         # account tag that names the owner
default = "platform"

[owner.organizational_units]
"/Root/Workloads/Payments" = "payments"

[[parameters]]
units = ["/Root/Workloads/Sandbox"]
rule = "root-usage"
values = { window = 7 }
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import msgspec

from rootwarden.audit.overrides import ParameterTable
from rootwarden.errors import InputError
from rootwarden.facts.fact import Known

if TYPE_CHECKING:
    from rootwarden.facts.account import Account


class Owners(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to find the owner of an account: its tag, else the deepest matching unit, else the default."""

    tag: str = ""
    default: str = ""
    organizational_units: dict[str, str] = {}

    def of(self, account: Account) -> str:
        """The owner of an account, or an empty text."""
        if self.tag and isinstance(account.tags, Known):
            tagged = account.tags.value.get(self.tag)
            if tagged:
                return tagged
        path = account.unit_path.value if isinstance(account.unit_path, Known) else ""
        matching = [unit for unit in self.organizational_units if path == unit or path.startswith(f"{unit}/")]
        return self.organizational_units[max(matching, key=len)] if matching else self.default


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    owner: Owners = Owners()
    parameters: tuple[ParameterTable, ...] = ()


def parse_settings(text: str, *, name: str) -> Settings:
    """Read the configuration file.

    Raises:
        InputError: When it is wrong; unknown names are, so that a misspelt one is not ignored.
    """
    try:
        return msgspec.convert(tomllib.loads(text), Settings)
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        raise InputError(f"the configuration `{name}` is wrong: {error}", hint="see docs/configuration.md") from error
