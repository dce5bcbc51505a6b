"""What one run left behind: the card of a snapshot, its name, and the checksum of its content.

The card travels in the Parquet file's own metadata, so that a file explains itself wherever it is copied.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC
from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden.collect.answers import file_name
from rootwarden.errors import InputError
from rootwarden.facts.account import Account
from rootwarden.facts.fact import Absent, Known
from rootwarden.facts.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rootwarden.facts.fact import Fact
    from rootwarden.facts.organization import Organization

SCHEMA: Final = "rootwarden.snapshot/1"
# Version of the canonical facts: the JSON of `facts/account.py`.
FACTS_VERSION: Final = 1
SUFFIX: Final = ".parquet"
STANDALONE: Final = "standalone"
UNKNOWN: Final = "unknown"
FACTS_COLUMN: Final = "facts"
CARD_KEY: Final = "rootwarden"
ORGANIZATION_KEY: Final = "rootwarden.organization"
NAME: Final = re.compile(r"(?P<scope>[^/]+)/(?P<instant>[0-9]{8}T[0-9]{6}Z)-(?P<content>[0-9a-f]{16})\.parquet")
# Copies of the tables of many small snapshots (`bundle.py`).
BUNDLE: Final = re.compile(r"bundles/[0-9a-f]{32}\.parquet")
_ACCOUNT = msgspec.json.Decoder(Account)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The card of a snapshot.

    Attributes:
        schema: Of the card.
        run_id: Names the run: scope, instant and the beginning of `content`.
        as_of: The instant the run judged at.
        organization_id: `o-…`; empty unless known.
        organization_state: `known`, `absent` (accounts in no organization) or `unknown`.
        organization_name: What people call it; empty when nobody said.
        accounts: Rows, closed accounts among them.
        closed: Accounts that are listed and not ACTIVE.
        unreadable: Active accounts nothing was answered about.
        observation_version: Of the observation table's columns (`fleet/observation.py`).
        facts_version: Of the canonical facts.
        content: SHA-256 over everything but this card, in hexadecimal.
        described: What was looked at, for people.
        interrupted: The run was ended early.
        written_by: The version of Rootwarden that wrote it.
    """

    schema: str = SCHEMA
    run_id: str
    as_of: Instant
    organization_id: str
    organization_state: str
    organization_name: str = ""
    accounts: int
    closed: int = 0
    unreadable: int = 0
    observation_version: int
    facts_version: int = FACTS_VERSION
    content: str
    described: str = ""
    interrupted: bool = False
    written_by: str = ""

    @property
    def scope(self) -> str:
        """The folder of the archive it belongs in."""
        if self.organization_state == "known":
            return scope_of(self.organization_id)
        return STANDALONE if self.organization_state == "absent" else UNKNOWN

    @property
    def name(self) -> str:
        """The name of its file, below the archive; the same content has the same name."""
        return file_of(self.scope, self.as_of, self.content)


def scope_of(organization: str) -> str:
    """The folder of an organization."""
    return file_name(organization)


def file_of(scope: str, as_of: datetime, content: str) -> str:
    """`o-example/20260302T120000Z-0123456789abcdef.parquet`."""
    return f"{scope}/{as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}-{content[:16]}{SUFFIX}"


def run_of(scope: str, as_of: datetime, content: str) -> str:
    """The id of a run: the name of its file without the suffix."""
    return file_of(scope, as_of, content).removesuffix(SUFFIX)


def state_of(fact: Fact[str]) -> str:
    """A fact's state in words."""
    return "known" if isinstance(fact, Known) else "absent" if isinstance(fact, Absent) else "unknown"


def encode_facts(account: Account) -> bytes:
    """The canonical facts of an account: JSON, keys of mappings sorted; the same facts give the same bytes."""
    return _canonical(account)


def decode_facts(content: bytes) -> Account:
    """The facts of an account, as `encode_facts` wrote them.

    Raises:
        InputError: When they are not.
    """
    try:
        return _ACCOUNT.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"the canonical facts cannot be read: {error}") from error


def encode_organization(organization: Organization) -> bytes:
    """The canonical facts of an organization: its accounts, tree and policies."""
    return _canonical(organization)


class Content:
    """The checksum of a snapshot's content, row by row in order of account id.

    Made of the cells of every row but the run's id, as JSON, and of the canonical facts: what it says does not depend
    on how Parquet packs it.
    """

    def __init__(self, as_of: datetime, organization: bytes) -> None:
        self._sum = hashlib.sha256(msgspec.json.encode([SCHEMA, as_of.astimezone(UTC)]))
        self._part(organization)

    def row(self, cells: Sequence[object], facts: bytes) -> None:
        """Take in the next row; `cells` are those after the run's id."""
        self._part(msgspec.json.encode(list(cells)))
        self._part(facts)

    def hexadecimal(self) -> str:
        """The checksum."""
        return self._sum.hexdigest()

    def _part(self, part: bytes) -> None:
        self._sum.update(len(part).to_bytes(8, "big"))
        self._sum.update(part)


def whole(text: str) -> str:
    """A text as UTF-8 can carry it: half a surrogate pair, which JSON can spell, becomes a letter code."""
    return text.encode("utf-8", "backslashreplace").decode()


def _canonical(value: Account | Organization) -> bytes:
    try:
        return msgspec.json.encode(value, order="deterministic")
    except UnicodeEncodeError:
        return msgspec.json.encode(_whole(msgspec.to_builtins(value)), order="deterministic")


def _whole(value: object) -> object:
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {_whole(name): _whole(each) for name, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, list | tuple) else value
