"""Accounts judged as `iam admins` judges them: evidence folders, crowds, worlds, dumps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from rootwarden.audit.census import Census
from rootwarden.audit.root_equivalents import Bureau, of_details
from rootwarden.cli.iam_reading import collected_in
from rootwarden.collect.principals import details_in
from rootwarden.iam.admins.building import Library, household
from rootwarden.iam.admins.holders import AccountSeat
from rootwarden.iam.admins.landscape import ExistingResource
from rootwarden.iam.document import read_document
from rootwarden.iam.layer import Policy
from rootwarden.simulator.crowd.crowd import Crowd, Size
from rootwarden.simulator.crowd.write import write_crowd

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.audit.root_equivalents import RootEquivalents
    from rootwarden.iam.admins.landscape import Inventory
    from rootwarden.iam.admins.verdict import PrincipalVerdict


def judged_folder(folder: Path, inventory: dict[str, list[dict[str, str]]] | None = None) -> RootEquivalents:
    """The verdicts on an evidence folder."""
    found: Inventory | None = None
    if inventory is not None:
        found = msgspec.convert(inventory, dict[str, tuple[ExistingResource, ...]])
    collected, census = collected_in(folder), Census()
    for account in collected.accounts:
        census.digest(account, collected.organization, collected.as_of)
    return census.judged(collected, found)


def judged_dump(dump: dict[str, Any]) -> RootEquivalents:
    """The verdicts on the authorization details of one account."""
    return judged_bytes(msgspec.json.encode(dump))


def judged_bytes(content: bytes) -> RootEquivalents:
    """The same of a file."""
    details = details_in(content, "dump.json")
    return of_details({details.account: details.details}, None, None)


def by_arn(found: RootEquivalents) -> dict[str, PrincipalVerdict]:
    """The verdict on each principal."""
    return {one.arn: one for one in found.principals}


def classes(found: RootEquivalents) -> dict[str, str]:
    """The class of each principal."""
    return {one.arn: one.kind.value for one in found.principals}


def crowd(folder: Path, *, principals: int, seed: int, accounts: int = 1) -> dict[str, str]:
    """Write a crowd and give the true class of everybody."""
    size = Size(accounts=accounts, principals=principals, seed=seed)
    aside = folder.parent / f"{folder.name}.truth.json"
    write_crowd(Crowd(size), folder, aside)
    truth = msgspec.json.decode(aside.read_bytes())
    return {arn: one["class"] for arn, one in truth["principals"].items()}


def classes_of_dump(dump: dict[str, Any], scp: list[dict[str, Any]] | None = None) -> dict[str, str]:
    """The class of everybody in a dump, under levels of service control policies where there are some."""
    found = details_in(msgspec.json.encode(dump), "dump.json")
    bureau = Bureau(None)
    levels = tuple((Policy(f"scp{number}", read_document(one)),) for number, one in enumerate(scp or ()))
    seat = AccountSeat(id=found.account, scp=levels)
    made = household(found.details, seat, bureau.book, Library())
    return classes(bureau.judged([made], None))
