"""What is looked for in records, and what of it is kept: root, the way to root, root's creatures, canaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from rootwarden import packs
from rootwarden.detect.visits.actor import Suspect
from rootwarden.detect.visits.catalogue import STAGES, Catalogue
from rootwarden.detect.visits.declared import spellings
from rootwarden.detect.visits.event import Event, read_event
from rootwarden.detect.visits.interest import Interest, interest_of
from rootwarden.detect.visits.password_store import SETTING
from rootwarden.watch.setup.parts import CANARY_OPERATION, CANARY_ROLE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rootwarden.detect.filter_pattern import Event as Document
    from rootwarden.detect.visits.detection import Detection
    from rootwarden.detect.visits.settings import Settings

_PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov")


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    """Records, by what they are for.

    Attributes:
        kept: Events detection wants.
        canaries: Events of canaries, which only tell that the way here works.
    """

    kept: tuple[Event, ...]
    canaries: tuple[Event, ...]


class Looking(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for at the moment.

    Attributes:
        catalogue: Detections, tasks and policies.
        always: What is wanted whoever is a suspect.
        suspects: Identities whose deeds are wanted too.
    """

    catalogue: Catalogue
    always: Interest
    suspects: tuple[Suspect, ...] = ()

    def interest(self) -> Interest:
        """Everything worth decoding."""
        names = {CANARY_ROLE, *(each for suspect in self.suspects for each in _mentions(suspect))}
        return msgspec.structs.replace(self.always, mentions=self.always.mentions | names)

    def sort(self, events: Iterable[Event]) -> Sorted:
        """Tell what is kept from canaries, and leave out what only looked like either."""
        kept, canaries = [], []
        for event in events:
            if self.always.wants(event.document) or self._is_deed(event):
                kept.append(event)
            elif is_canary(event):
                canaries.append(event)
        return Sorted(kept=tuple(kept), canaries=tuple(canaries))

    def sort_records(self, records: Iterable[Document]) -> Sorted:
        """The same for records that came whole."""
        return self.sort(read_event(record) for record in records)

    def _is_deed(self, event: Event) -> bool:
        """Whether a suspect did something that counts: most deeds blind, widen or spend nothing."""
        return any(each.made(event) for each in self.suspects) and any(
            detection.topic in STAGES for detection, _ in self.catalogue.meant(event, root=False)
        )


def looking_for(settings: Settings) -> Looking:
    """What is looked for with these settings and the shipped packs, before anybody is a suspect.

    Raises:
        InputError: When a declared secret is none.
    """
    detections = packs.detections({SETTING: [one.arn for one in settings.password_store]})
    catalogue = Catalogue(detections, packs.root_tasks(), packs.task_policies())
    return Looking(catalogue=catalogue, always=_interest(detections, settings))


def is_canary(event: Event) -> bool:
    """Whether it is the canary's daily call: the one operation, by the role of that name."""
    issuer = event.identity
    role = issuer.issuer_kind == "Role" and issuer.issuer_arn.endswith(f":role/{CANARY_ROLE}")
    return role and event.name == CANARY_OPERATION and not event.error_code


def _interest(detections: Iterable[Detection], settings: Settings) -> Interest:
    """Reads of a password store are looked for by the secret, since every program reads some secret."""
    secrets = {spelling for secret in settings.password_store for spelling in spellings(secret.arn)}
    return interest_of(detections, mentions=sorted(secrets))


def _mentions(suspect: Suspect) -> tuple[str, ...]:
    """Texts one of which is, whole, in every record of a suspect: its name; for users without one, the ARN."""
    arns = (f"arn:{partition}:iam::{suspect.account}:user/{suspect.name}" for partition in _PARTITIONS)
    return (suspect.name, *(arns if suspect.sort == "user" else ()))


def names_of(interest: Interest) -> frozenset[str]:
    """Every `eventName` an interest wants whoever made the call: what event rules must send."""
    return frozenset(name for each in interest.calls for name in each.names)
