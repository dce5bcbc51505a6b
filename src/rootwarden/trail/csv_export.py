"""CSV exports of Athena and CloudTrail Lake: a header row, structs as JSON or as Hive prints them.

Column names are those of the table CloudTrail's console makes for Athena (*Querying AWS CloudTrail logs*, Athena user
guide), in any letter case. Rows are few beside what log files hold, so every one is read.
"""

from __future__ import annotations

import codecs
import csv
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rootwarden.trail.document import document_of, unwrapped
from rootwarden.trail.hive_text import HiveTextError, read_struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.filter_pattern import Value

# Names as CloudTrail spells them, by how tables do (*CloudTrail record contents*, *userIdentity element*).
_NAMES: Final = """
eventVersion userIdentity eventTime eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage
requestParameters responseElements additionalEventData requestID eventID readOnly resources eventType apiVersion
managementEvent recipientAccountId sharedEventID vpcEndpointId eventCategory addendum sessionCredentialFromConsole
tlsDetails serviceEventDetails edgeDeviceDetails insightDetails type principalId arn accountId accessKeyId userName
invokedBy sessionContext sessionIssuer attributes creationDate mfaAuthenticated assumedRoot webIdFederationData
federatedProvider inScopeOf onBehalfOf identityStoreArn userId credentialId identityProvider reason updatedFields
originalEventID originalRequestID
"""
_SPELLED: Final = MappingProxyType({name.lower(): name for name in _NAMES.split()})
_HOLDS_JSON: Final = frozenset({"requestParameters", "responseElements", "additionalEventData", "serviceEventDetails"})
_STRUCTS: Final = frozenset({"userIdentity", "tlsDetails", "addendum", "resources"})
_WHOLE: Final = ("eventjson", "eventdata")
_ENOUGH: Final = ("eventname", "useridentity")
_MOST_HEADER: Final = 64 * 1024


def is_export(first: bytes) -> bool:
    """Whether a file begins with a header row of CloudTrail columns."""
    if first[:1] in {b"{", b"[", b""}:
        return False
    head = first[:_MOST_HEADER].removeprefix(codecs.BOM_UTF8).partition(b"\n")[0].lower()
    names = [name.strip(b' \r"') for name in head.split(b",")]
    return any(name.encode() in names for name in (*_WHOLE, *_ENOUGH)) and not head.lstrip().startswith((b"{", b"["))


class Export:
    """One export being read.

    Args:
        most: Most letters a cell may have.

    Attributes:
        rows: Rows read so far.
        unreadable: Rows of which not even the identity could be read.
        broken: Why the table ended early; empty when it did not.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.rows = 0
        self.unreadable = 0
        self.broken = ""

    def documents(self, pieces: Iterable[bytes]) -> Iterator[Document]:
        """The records of the rows, as far as columns and cells tell them.

        Args:
            pieces: The file.
        """
        csv.field_size_limit(self._most)
        table = csv.reader(_lines(pieces, self._most), strict=True)
        try:
            columns = [name.strip().lower() for name in next(table, [])]
            for row in table:
                if not row:
                    continue
                self.rows += 1
                yield from self._records(dict(zip(columns, row, strict=False)))
        except csv.Error as error:
            self.broken = f"row {self.rows + 1} cannot be read: {error}"

    def _records(self, cells: dict[str, str]) -> Iterator[Document]:
        for name in _WHOLE:
            whole = document_of(cells[name].encode()) if cells.get(name) else None
            if whole is not None:
                yield from unwrapped(whole)
                return
        document = {_SPELLED[name]: value for name, text in cells.items() if name in _SPELLED and (value := text)}
        try:
            yield {name: _cell(name, text) for name, text in document.items()}
        except HiveTextError:
            self.unreadable += 1


def _cell(name: str, text: str) -> Value:
    """A cell's value.

    Raises:
        HiveTextError: The identity can be read neither as JSON nor as Hive prints it.
    """
    if text == "null":
        return None
    found = document_of(text.encode()) if text.startswith("{") else None
    if found is not None:
        return _spelled(found)
    if name not in _STRUCTS | _HOLDS_JSON:
        return text
    try:
        return _spelled(read_struct(text))
    except HiveTextError:
        if name == "userIdentity":
            raise
        return text


def _spelled(value: Value) -> Value:
    """The names of an identity as CloudTrail spells them."""
    if isinstance(value, dict):
        return {_SPELLED.get(name.lower(), name): _spelled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    return value


def _lines(pieces: Iterable[bytes], most: int) -> Iterator[str]:
    """The file line by line.

    Raises:
        csv.Error: A line is longer than a row can be.
    """
    decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
    rest = ""
    for piece in pieces:
        *lines, rest = (rest + decode(piece)).split("\n")
        yield from (line + "\n" for line in lines)
        if len(rest) > most * 8:
            raise csv.Error("a line has no end")
    if rest:
        yield rest
