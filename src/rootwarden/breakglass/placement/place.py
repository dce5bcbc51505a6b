"""Clues about where this machine stands, and the place they add up to; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Clue(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What one source says; `source` names it."""

    source: str


class AccountClue(_Clue, frozen=True, kw_only=True):
    """The machine is in this AWS account."""

    account: str


class AwsClue(_Clue, frozen=True, kw_only=True):
    """The machine is in AWS; whose account it is, is not told."""


class ElsewhereClue(_Clue, frozen=True, kw_only=True):
    """The machine is somebody else's."""

    provider: str


class CredentialsClue(_Clue, frozen=True, kw_only=True):
    """The machine holds AWS credentials of an account, which says nothing about where it stands."""

    account: str


class NoClue(_Clue, frozen=True, kw_only=True):
    """The source tells nothing, and why."""

    why: str


Clue: TypeAlias = AccountClue | AwsClue | ElsewhereClue | CredentialsClue | NoClue


class InAccounts(msgspec.Struct, frozen=True, kw_only=True):
    """In AWS; several accounts when sources disagree, or one machine stands in another's."""

    accounts: tuple[str, ...]
    sources: tuple[str, ...]


class InAws(msgspec.Struct, frozen=True, kw_only=True):
    """In AWS, in an account nobody named."""

    sources: tuple[str, ...]


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """Known not to be in AWS."""

    provider: str
    sources: tuple[str, ...]


class UnknownPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody knows; `why` has what each source said."""

    why: str


Place: TypeAlias = InAccounts | InAws | Elsewhere | UnknownPlace


def place_of(clues: Iterable[Clue]) -> Place:
    """The place clues add up to: the closest to AWS that any of them names.

    A single clue of AWS outweighs all others: one machine may stand inside another, and taking AWS for elsewhere is the
    dangerous mistake.
    """
    given = tuple(clues)
    accounts = tuple(sorted({each.account for each in given if isinstance(each, AccountClue)}))
    aws = tuple(each.source for each in given if isinstance(each, AccountClue | AwsClue))
    if accounts:
        return InAccounts(accounts=accounts, sources=aws)
    if aws:
        return InAws(sources=aws)
    others = [each for each in given if isinstance(each, ElsewhereClue)]
    if others:
        providers = sorted({each.provider for each in others})
        return Elsewhere(provider=", ".join(providers), sources=tuple(each.source for each in others))
    said = "; ".join(f"{each.source}: {each.why}" for each in given if isinstance(each, NoClue))
    return UnknownPlace(why=said or "nothing was asked")
