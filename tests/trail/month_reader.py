"""A reader of generated months that shares nothing with the product: gzip, json, and the definition of root."""

from __future__ import annotations

import gzip
import json
import zlib
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = dict[str, Any]


class Seen(NamedTuple):
    """A record and where it was."""

    file: str
    record: Json


def log_files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*.json.gz") if "/CloudTrail/" in path.as_posix()
    )


def read(folder: Path, file: str) -> tuple[list[Json], bool]:
    """The records of a file, and whether it is whole."""
    try:
        content = gzip.decompress((folder / file).read_bytes())
    except EOFError:
        return before_the_cut((folder / file).read_bytes()), False
    return json.loads(content)["Records"], True


def before_the_cut(packed: bytes) -> list[Json]:
    text = zlib.decompressobj(31).decompress(packed).decode(errors="ignore")
    decoder, place = json.JSONDecoder(), text.index("[") + 1
    found: list[Json] = []
    while True:
        while text[place : place + 1] in set(" \t\r\n,"):
            place += 1
        try:
            record, place = decoder.raw_decode(text, place)
        except json.JSONDecodeError:
            return found
        found.append(record)


def everything(folder: Path) -> Iterator[Seen]:
    for file in log_files(folder):
        for record in read(folder, file)[0]:
            yield Seen(file, record)


def is_root(record: Json) -> bool:
    """Reference: type Root; a session that root issued; a service event in root's name."""
    who = record["userIdentity"]
    issuer = who.get("sessionContext", {}).get("sessionIssuer", {})
    if str(who.get("type")).lower() == "root" or issuer.get("type") == "Root":
        return True
    return record["eventType"] == "AwsServiceEvent" and str(who.get("arn")).endswith(":root")


def distinct(records: list[Json]) -> list[Json]:
    """One record for each event: the one with an addendum, if there is one."""
    found: dict[str, Json] = {}
    for record in records:
        name = record.get("eventID") or json.dumps(record, sort_keys=True)
        if name not in found or "addendum" in record:
            found[name] = record
    return list(found.values())


def instant(record: Json) -> datetime | None:
    try:
        return datetime.fromisoformat(record["eventTime"])
    except (KeyError, TypeError, ValueError):
        return None


def day_of(file: str) -> str:
    """`2026-03-02`, from the path."""
    return "-".join(PurePosixPath(file).parts[-4:-1])


def said(value: object) -> bool:
    return str(value).lower() in {"true", "yes"}
