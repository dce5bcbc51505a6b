"""Somebody at their own terminal: signed in, asking, and signing what was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from rootwarden.breakglass.broker.audit_views import Consistency, HeadView
from rootwarden.breakglass.broker.wishes import Approve
from rootwarden.breakglass.client.checking import check_sign_in, check_wish, fields_of
from rootwarden.breakglass.client.door import part
from rootwarden.breakglass.client.heads import Point
from rootwarden.breakglass.client.replies import Arrived, Draft, Offer, Said, Signed
from rootwarden.breakglass.client.troubles import Distrusted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rootwarden.breakglass.broker.wishes import AnyWish
    from rootwarden.breakglass.client.door import Door
    from rootwarden.breakglass.client.heads import KeptHeads
    from rootwarden.breakglass.client.signer import Signer
    from rootwarden.transparency.head import Head

T = TypeVar("T")


class Seen(NamedTuple):
    """The log as it was shown now, after it was held against what was seen before.

    Attributes:
        view: As the service shows it.
        head: Its signed head, kept by now.
        before: The newest head kept before; none when this is the first.
    """

    view: HeadView
    head: Head
    before: Head | None


class Session:
    """One person, signed in with their key.

    Args:
        door: The way to the service.
        signer: Their key.
        heads: The heads they keep.
        service: The domain the service goes by.

    Attributes:
        person: Who they are there.

    Raises:
        Refused: The service does not know the key.
        Distrusted: What it wants signed is no sign-in.
        ServerError: It does not answer.
    """

    def __init__(self, door: Door, signer: Signer, heads: KeptHeads, *, service: str = "") -> None:
        self.door, self._signer, self.heads = door, signer, heads
        offer = door.post("/sign-in/offers", {}, Offer)
        message = check_sign_in(offer.message, service=service or door.host)
        answer = {"token": offer.token, "authenticator": signer.sign(message), "bearer": True}
        arrived = door.post("/sign-in", answer, Arrived)
        door.bearer, self.person = arrived.session, arrived.person

    def get(self, path: str, kind: type[T], /, *names: str, **query: int) -> T:
        """Ask for something; `{}` in the path stands for a name.

        Raises:
            Refused: It is not there, or not for this person.
            ServerError: There is no answer.
        """
        return self.door.get(path.format(*map(part, names)), kind, **query)

    def say(self, said: Mapping[str, Any]) -> Said:
        """Say what needs no signature.

        Raises:
            Refused: A step refused it.
        """
        return self.door.post("/says", {"say": said}, Said)

    def prepare(self, wish: AnyWish) -> Draft:
        """Have the entry of a wish prepared; nothing is signed yet.

        Raises:
            Refused: It would not be allowed, whoever signed it.
        """
        return self.door.post("/drafts", {"wish": msgspec.to_builtins(wish)}, Draft)

    def wish(
        self,
        wish: AnyWish,
        *,
        also: Mapping[str, Any] | None = None,
        ask: Callable[[Draft], None] | None = None,
        signer: Signer | None = None,
    ) -> tuple[Draft, Signed]:
        """Have the entry of a wish prepared, check it, and sign it.

        Args:
            wish: What is wished for.
            also: Fields the entry must have beside those of the wish, as this side knows them.
            ask: Shows the draft to the person; raises `Declined` when they do not want it.
            signer: Another key of theirs: one that is offered signs for itself.

        Raises:
            Distrusted: The entry is another one; an approval is over a log that is not the one seen before.
            Refused: A step refused it.
        """
        draft = self.prepare(wish)
        fields = check_wish(wish, draft, me=self.person, also=also)
        if isinstance(wish, Approve):
            self.look(_point_of(fields))
        if ask is not None:
            ask(draft)
        return draft, self.sign(draft, signer)

    def draft(self, name: str) -> tuple[Draft, dict[str, Any]]:
        """A draft of somebody else that waits for signatures, and what it says.

        Raises:
            Refused: There is none.
            Distrusted: It is not what it seems.
        """
        draft = self.get("/drafts/{}", Draft, name)
        return draft, fields_of(draft)

    def sign(self, draft: Draft, signer: Signer | None = None) -> Signed:
        """Sign a draft that was checked.

        Raises:
            Refused: A step refused it.
        """
        answer = {"authenticator": (signer or self._signer).sign(draft.message.encode())}
        return self.door.post(f"/drafts/{part(draft.id)}/signatures", answer, Signed)

    def authenticate(self, message: bytes) -> Any:
        """A signature with one's own key, over a message that was made here."""
        return self._signer.sign(message)

    def look(self, *points: Point) -> Seen:
        """Hold the log of the service against the heads that are kept, and keep the newest.

        Args:
            points: Other sizes and roots that must be of the same log.

        Raises:
            Distrusted: It is another one.
        """
        view = self.door.get("/audit/heads", HeadView)
        head, before = self.heads.take(view, self._consistency, *points)
        return Seen(view, head, before)

    def shown(self) -> tuple[HeadView, Head | None]:
        """The log as the service shows it, unchecked, and the newest head kept here: after a rollback they differ."""
        view = self.door.get("/audit/heads", HeadView)
        kept = self.heads.heads(view.log)
        return view, kept[-1] if kept else None

    def _consistency(self, first: int, second: int) -> Consistency:
        return self.door.get("/audit/consistency", Consistency, first=first, second=second)


def _point_of(fields: Mapping[str, Any]) -> Point:
    """The head an approval says its signer saw."""
    size, root = fields.get("head_size"), fields.get("head_root")
    if not isinstance(size, int) or not isinstance(root, str):
        raise Distrusted("the approval the service wants signed is over no head of the log")
    return Point(size, root)
