"""A custodian at their own machine: the work file in, the fingerprint compared, the share file out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from rootwarden.breakglass.broker.wishes import GiveShare
from rootwarden.breakglass.client.private_file import read_private
from rootwarden.breakglass.client.replies import Work
from rootwarden.breakglass.client.troubles import Distrusted
from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.custody import age
from rootwarden.breakglass.custody.nesting import MOST_NESTINGS, peel
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path


class Share(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a custodian hands in: the opening, the fingerprint they compared, the peeled layers in Base64."""

    opening: str
    fingerprint: str
    peeled: tuple[str, ...]

    def wish(self) -> GiveShare:
        """It as something to sign."""
        return GiveShare(opening=self.opening, fingerprint=self.fingerprint, peeled=self.peeled)


def read_work(content: bytes) -> Work:
    """Read a work file.

    Raises:
        InputError: It is none.
    """
    try:
        return msgspec.json.decode(content, type=Work)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        hint = "download it from the page of the opening, or use `rootwarden breakglass share`"
        raise InputError(f"this is no work file of an opening: {error}", hint=hint) from error


def read_share(content: bytes) -> Share:
    """Read a share file.

    Raises:
        InputError: It is none.
    """
    try:
        return msgspec.json.decode(content, type=Share)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise InputError("this is no share file", hint="`rootwarden breakglass custody peel` writes it") from error


def shown_fingerprint(work: Work) -> str:
    """The fingerprint of whom the layers will be encrypted to, made here, as people compare it.

    Raises:
        Distrusted: The file says another one than its own recipient has.
        CustodyError: The recipient is none.
    """
    age.check_recipient(work.recipient)
    made = age.fingerprint(work.recipient)
    if made != work.fingerprint:
        hint = "peel nothing; tell the others, and an administrator"
        raise Distrusted("the fingerprint in the work file is not that of its recipient", hint=hint)
    return age.in_groups(made)


def read_identity(path: Path) -> age.Identity:
    """A custodian's own key, from a file only they can read.

    Raises:
        InputError: Others can read it.
        CustodyError: It is no identity file.
    """
    content = read_private(path, most=4096)
    try:
        return age.Identity.read(bytes(content))
    finally:
        content[:] = bytes(len(content))


def share_of(work: Work, identity: age.Identity) -> Share:
    """Take one's own layer off, and encrypt the rest to the opening's recipient.

    Raises:
        InputError: The work file is damaged.
        CustodyError: A layer is not this custodian's.
    """
    layers = [strict_base64.decode(each) for each in work.layers[: MOST_NESTINGS + 1]]
    whole = [each for each in layers if each is not None]
    if len(whole) != len(work.layers) or not whole:
        raise InputError("the work file is damaged", hint="fetch it again")
    peeled = tuple(strict_base64.encode(each) for each in peel(whole, identity, work.recipient))
    return Share(opening=work.opening, fingerprint=work.fingerprint, peeled=peeled)
