"""A log that is played, and what would be refused on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.breakglass.core.wellmade import WELL_MADE, signed
from tests.breakglass.core.world import World

from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.rehearsal.cast import cosign

if TYPE_CHECKING:
    from rootwarden.breakglass.core import change as changes


class Maker:
    """Plays a log, and stops now and then to note what would be refused there."""

    def __init__(self) -> None:
        self.world = World(founded_only=True, passkeys=("rita", "rob", "pia"))
        self.refused: list[dict[str, Any]] = []

    def no(self, step: str, why: str, entry: log.Entry | bytes) -> None:
        """What has to be refused now, and by which step."""
        content = entry if isinstance(entry, bytes) else log.to_bytes(entry)
        self.refused.append(
            {"name": f"{len(self.refused) + 1:02}-{step}", "step": step, "why": why}
            | {"after": len(self.world.entries), "entry": content.decode()}
        )

    def made(self, kind: str, who: str, **changed: Any) -> log.Entry:
        """A well-made entry with some fields changed before it is signed."""
        entry = WELL_MADE[kind](self.world, who)
        if not changed:
            return entry
        bare = {name: getattr(entry, name) for name in entry.__struct_fields__} | changed
        if isinstance(entry, log.SignedEntry):
            fields = {name: bare[name] for name in bare if name not in {"at", "actor", "nonce", "authenticator"}}
            return signed(self.world, type(entry), who, **fields)
        if isinstance(entry, log.JointEntry):
            names = [one.person for one in entry.signers]
            unsigned = type(entry)(**bare | {"signers": ()})
            return cosign(unsigned, tuple(self.world.players[name] for name in names), self.world.state)
        return type(entry)(**bare)

    def request(self, **fields: Any) -> log.Entry:
        who = fields.pop("requester", "rita")
        return signed(self.world, log.RequestFiled, who, request=self.world.request("new", who, **fields))

    def change(self, change: changes.Change) -> log.Entry:
        return signed(self.world, log.ChangeProposed, "ada", proposal="new", change=change)

    def joint(self, kind: type[log.JointEntry], *names: str, **fields: Any) -> log.Entry:
        fields = {"at": self.world.now, "actor": log.SYSTEM, "nonce": self.world.nonce(), "signers": (), **fields}
        players = tuple(self.world.players[name] for name in names)
        return cosign(kind(**fields), players, self.world.state)
