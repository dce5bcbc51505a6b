"""The evidence folder of the design contract (docs/evidence-folder.md): one AWS CLI answer a file.

A missing file is *not collected*; an error written down beside it says why. Whatever is unreadable becomes a reason in
the facts and is remembered in `unreadable`, so that the exit code can say that part of the input could not be read.
"""

from __future__ import annotations

import base64
import re
from pathlib import PurePath
from typing import TYPE_CHECKING

import msgspec

from rootwarden.collect import files
from rootwarden.collect.disk import read_file
from rootwarden.collect.evidence import (
    CallRecord,
    decode_document,
    fact_of_record,
    not_collected,
    source_of,
)
from rootwarden.collect.pages import joined_pages
from rootwarden.collect.read import instant_or_none
from rootwarden.errors import InputError, UsageError
from rootwarden.facts.declarations import DECLARABLE, Declaration
from rootwarden.facts.fact import Known, Source, Unknown, Why
from rootwarden.facts.instant import Instant, sensible

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rootwarden.aws.calls import JsonObject
    from rootwarden.facts.fact import Fact

COLLECTION_SCHEMA = "rootwarden.collection/1"
_ACCOUNT = re.compile(r"[0-9]{12}")


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """`collection.json`: what was asked when, written beside the answers."""

    schema: str
    as_of: Instant
    calls: tuple[CallRecord, ...] = ()


class EvidenceFolder:
    """A folder of exported answers.

    Args:
        path: The folder.

    Raises:
        InputError: When it is no folder, or neither an organization nor any account is in it.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise InputError(
                f"`{path}` is not a folder", hint="give the folder that holds `accounts/` or `accounts.json`"
            )
        self.path = path
        self.unreadable: dict[str, str] = {}
        self._collection = self._read_collection()
        calls = self._collection.calls if self._collection else ()
        self._records = {record.file: record for record in calls}
        if not self.account_folders() and not (path / files.ACCOUNTS).exists():
            raise InputError(
                f"`{path}` holds no account: neither `accounts/` with 12-digit folders nor `accounts.json`",
                hint=_nearby(path) or "docs/evidence-folder.md tells how to make one",
            )

    @property
    def as_of(self) -> datetime | None:
        """The instant of the collection: from `collection.json`, else the newest report's generation, else `None`."""
        if self._collection:
            return self._collection.as_of
        instants = [self._generated(account) for account in self.account_folders()]
        known = [instant for instant in instants if instant is not None]
        return max(known) if known else None

    def account_folders(self) -> tuple[str, ...]:
        """Ids of the accounts that have a folder, or what should be one, in order."""
        return tuple(sorted(each.name for each in self.below("accounts") if _ACCOUNT.fullmatch(each.name)))

    def account(self, account: str, partition: str = "aws") -> FolderAnswers:
        """The answers about one account."""
        return FolderAnswers(self, account, partition)

    def answer(self, file: str) -> Fact[JsonObject]:
        """The document in a file of the folder, or why there is none; `file` is relative to the folder."""
        raw = self._read(file)
        record = self._records.get(file)
        action = files.action_of(file)
        if raw is None:
            return fact_of_record(record, action) if record and record.error else not_collected(file)
        source = source_of(record) if record else Source(call=action or file)
        if isinstance(raw, str):
            return Unknown(f"`{file}` cannot be read: {raw}", Why.MALFORMED, "", (source,))
        fact = decode_document(raw, file, source)
        if isinstance(fact, Unknown) and file.endswith(f"/{files.AUTHORIZATION_DETAILS}"):
            fact = joined_pages(raw, file, source) or fact
        if isinstance(fact, Unknown):
            self.unreadable[file] = fact.reason.removeprefix(f"`{file}` ")
        return fact

    def refused(self, below: str) -> tuple[Fact[JsonObject], ...]:
        """Every call `collection.json` has an error for, with an answer file below a folder."""
        records = (each for each in self._records.values() if each.error and each.file.startswith(f"{below}/"))
        return tuple(fact_of_record(record, files.action_of(record.file)) for record in records)

    def names(self, folder: str) -> tuple[str, ...]:
        """Stems of the JSON files in a sub-folder, in order."""
        return tuple(sorted(each.stem for each in self.below(folder) if each.suffix == ".json"))

    def below(self, folder: str) -> tuple[Path, ...]:
        """What is in a sub-folder; one that cannot be listed is remembered."""
        try:
            return tuple((self.path / folder).iterdir())
        except FileNotFoundError:
            return ()
        except OSError as error:
            self.unreadable[folder] = f"`{folder}` cannot be listed: {error.strerror}"
            return ()

    def declarations(self) -> Fact[tuple[Declaration, ...]]:
        """What people declared; unknown when there is no `declarations.json` or it is not one."""
        raw = self._read(files.DECLARATIONS)
        if raw is None:
            return Unknown("`declarations.json` was not given")
        if isinstance(raw, str):
            return Unknown(f"`{files.DECLARATIONS}` cannot be read: {raw}", Why.MALFORMED)
        try:
            return Known(parse_declarations(raw))
        except InputError as error:
            self.unreadable[files.DECLARATIONS] = error.message
            return Unknown(error.message, Why.MALFORMED)

    def read_bytes(self, file: str) -> bytes | None:
        """The bytes of a file, or `None` when it does not exist; an unreadable one is remembered and gives b""."""
        raw = self._read(file)
        return b"" if isinstance(raw, str) else raw

    def _read(self, file: str) -> bytes | str | None:
        path = self.path / file
        if "\0" in file or ".." in PurePath(file).parts:  # made of a name in an answer, which others wrote
            self.unreadable[file] = "it would lie outside of the folder"
            return self.unreadable[file]
        try:
            return read_file(path)
        except FileNotFoundError:
            if not path.is_symlink():
                return None
            said = "it is a link to nowhere"
        except OSError as error:
            said = error.strerror or "unreadable"
        self.unreadable[file] = said
        return said

    def _read_collection(self) -> Collection | None:
        raw = self._read(files.COLLECTION)
        if raw is None:
            return None
        try:
            collection = msgspec.json.decode(raw if isinstance(raw, bytes) else b"", type=Collection)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
            self.unreadable[files.COLLECTION] = f"it is not of the schema {COLLECTION_SCHEMA}: {error}"
            return None
        if not sensible(collection.as_of):
            self.unreadable[files.COLLECTION] = f"it was collected in the year {collection.as_of.year}"
            return None
        if collection.schema != COLLECTION_SCHEMA:
            said = f"it has the schema `{collection.schema}`; this version reads `{COLLECTION_SCHEMA}`"
            self.unreadable[files.COLLECTION] = said
            return None
        return collection

    def _generated(self, account: str) -> datetime | None:
        report = self.answer(f"accounts/{account}/{files.CREDENTIAL_REPORT}")
        return instant_or_none(report.value.get("GeneratedTime")) if isinstance(report, Known) else None


def _code(said: str) -> str:
    """AWS's error code out of what somebody wrote down: the code itself, or the sentence the AWS CLI prints."""
    sentence = re.match(r"\s*An error occurred \(([A-Za-z.]+)\)", said)
    return sentence.group(1) if sentence else said


def _nearby(path: Path) -> str:
    """An evidence folder right below, which was probably meant."""
    for below in sorted(each for each in path.iterdir() if each.is_dir()):
        if (below / files.ACCOUNTS).exists() or (below / "accounts").is_dir():
            return f"did you mean `{below}`?"
    return ""


class FolderAnswers:
    """The answers about one account of an evidence folder."""

    def __init__(self, folder: EvidenceFolder, account: str, partition: str) -> None:
        self._folder = folder
        self._base = f"accounts/{account}"
        self.account = account
        self.partition = partition
        self._errors = self._read_errors()

    def answer(self, file: str) -> Fact[JsonObject]:
        """The document in a file of the account, or why there is none."""
        fact = self._folder.answer(f"{self._base}/{file}")
        if not (isinstance(fact, Unknown) and fact.why is Why.NOT_COLLECTED):
            return fact
        if file == files.CREDENTIAL_REPORT:
            raw = self._folder.read_bytes(f"{self._base}/{files.CREDENTIAL_REPORT_CSV}")
            if raw is not None:
                return wrap_credential_report(raw)
        return self._refused(file) or fact

    def regions(self) -> tuple[str, ...]:
        """Regions that have a folder, in order."""
        return tuple(sorted(each.name for each in self._folder.below(f"{self._base}/regions") if each.is_dir()))

    def refusals(self) -> list[Unknown]:
        """Every call about the account that is written down as refused, and every file that could not be read."""
        unknowns = [fact for fact in self._folder.refused(self._base) if isinstance(fact, Unknown)]
        if not unknowns:
            # `collection.json` says the same and more; without it `errors.json` is all there is.
            for name, code in self._errors.items():
                action = files.action_named(name)
                fact = fact_of_record(CallRecord(file=name, call=action, error=code), action)
                unknowns += [fact] if isinstance(fact, Unknown) else []
        wrong = [(file, said) for file, said in self._folder.unreadable.items() if file.startswith(f"{self._base}/")]
        return unknowns + [
            Unknown(said, Why.MALFORMED, "", (Source(call=files.action_of(file)),)) for file, said in wrong
        ]

    def answered_any(self) -> bool:
        """Whether the account's folder holds more than errors; a run that asked nothing leaves it empty."""
        below = self._folder.path / self._base
        names = {each.name for each in below.iterdir()} if below.is_dir() else {files.ERRORS}
        return names != {files.ERRORS}

    def _refused(self, file: str) -> Fact[JsonObject] | None:
        action = files.action_of(file)
        operation = action.partition(":")[2]
        stem = file.removesuffix(".json")
        for key in (file, stem, action, operation):
            code = self._errors.get(key)
            if key and code is not None:
                return fact_of_record(CallRecord(file=file, call=action, account="", error=code), action)
        return None

    def _read_errors(self) -> dict[str, str]:
        fact = self._folder.answer(f"{self._base}/{files.ERRORS}")
        if not isinstance(fact, Known):
            return {}
        codes = {name: _code(code) for name, code in fact.value.items() if isinstance(code, str)}
        if len(codes) < len(fact.value):
            self._folder.unreadable[f"{self._base}/{files.ERRORS}"] = "it holds something else than error codes"
        return codes


def wrap_credential_report(csv_bytes: bytes) -> Known[JsonObject]:
    """Give a decoded CSV the shape of GetCredentialReport's answer, without a generation instant."""
    document: JsonObject = {"Content": base64.b64encode(csv_bytes).decode("ascii"), "ReportFormat": "text/csv"}
    return Known(document, (Source(call="iam:GetCredentialReport"),))


def parse_declarations(raw: bytes) -> tuple[Declaration, ...]:
    """Read `declarations.json`.

    Raises:
        InputError: When it is not a list of declarations, or names a fact nobody can declare.
    """
    try:
        declarations = msgspec.json.decode(raw, type=tuple[Declaration, ...])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            f"`{files.DECLARATIONS}` is not a list of declarations: {error}",
            hint='each is {"account", "fact", "value", "by", "observed_at", "until"}; see docs/evidence-folder.md',
        ) from error
    for each in declarations:
        if each.fact not in DECLARABLE:
            raise InputError(
                f"`{files.DECLARATIONS}` declares `{each.fact}`, which is not a fact that can be declared",
                hint="facts that can be declared: " + ", ".join(DECLARABLE),
            )
    return declarations


def as_of_of(folder: EvidenceFolder, given: datetime | None) -> datetime:
    """The instant to judge at: what was asked for, else what the folder tells; never the wall clock.

    Raises:
        UsageError: When neither tells.
    """
    instant = given or folder.as_of
    if instant is None:
        raise UsageError(
            f"`{folder.path}` does not tell when it was collected",
            hint="give --as-of with the instant the files were exported, for example --as-of 2026-03-02T12:00:00Z",
        )
    return instant
