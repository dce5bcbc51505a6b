"""The doors over a log that was played: everybody of the cast, a proven device, and a client for each of them."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
from tests.web.direct import Direct

from rootwarden.breakglass.broker.acting import Acting
from rootwarden.breakglass.broker.broker import Broker
from rootwarden.breakglass.broker.releases import Releases
from rootwarden.breakglass.identity.browser import RelyingParty
from rootwarden.breakglass.identity.limits import Limits, Rate, Rates
from rootwarden.breakglass.identity.sessions import COOKIE, Method
from rootwarden.breakglass.rehearsal.cast import cast
from rootwarden.breakglass.rehearsal.memory import MemoryKeeper
from rootwarden.breakglass.rehearsal.play import ACCOUNT, BEGAN, CHECKPOINT, DEVICE, DIGEST, Play
from rootwarden.breakglass.rehearsal.vault import SINK, StageAnchors, StageVault
from rootwarden.breakglass.sinks.panel import Health
from rootwarden.breakglass.sinks.sink import SinkKind
from rootwarden.transparency.head import sign_head
from rootwarden.web.app import build
from rootwarden.web.behind import Behind
from rootwarden.web.house import House, Place

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rootwarden.breakglass.core.settings import Settings
    from rootwarden.breakglass.rehearsal.cast import Player

ORIGIN = "https://localhost"
SEED = bytes(range(20))
KEYS = (b"k" * 32,)
MANY = Rate(burst=100_000, per_minute=100_000)
UNLIMITED = Rates(network=MANY, person=MANY, share=MANY, account=MANY, everything=MANY)
EVERYBODY = ("ada", "ben", "ida", "rita", "rob", "anna", "omar", "sven", "carl", "cleo", "cora", "dan")
FILE: dict[str, Any] = {
    "wish": "file",
    "account": ACCOUNT,
    "task": "s3-mfa-delete",
    "ticket": "OPS-1",
    "reason": "the bucket keeps what must go",
    "code_to": "rita",
    "device": DEVICE,
    "overrides_duties": True,
}


class Theatre:
    """A house, its play, and its clock."""

    def __init__(
        self,
        *,
        players: dict[str, Player] | None = None,
        settings: Settings | None = None,
        began: datetime = BEGAN,
        origin: str = ORIGIN,
        rates: Rates = UNLIMITED,
        clock: Callable[[], datetime] | None = None,
        guarded: bool = True,
        empty: bool = False,
        **house: Any,
    ) -> None:
        self.play = Play(players=players or cast(), settings=settings, at=began)
        if guarded:
            self.play.guard()
        self.now = self.play.now + timedelta(minutes=1)
        self.keeper = MemoryKeeper()
        if not empty:
            self.keeper.entries = list(self.play.entries)
            tree = self.play.state.tree
            self.keeper.heads = [sign_head(CHECKPOINT, size=tree.size, root=tree.root, at=self.now)]
        clock = clock or self.clock
        self.broker = Broker(self.keeper, CHECKPOINT, now=clock, host=lambda: ("boot", 0))
        self.vault = StageVault(self.broker.state, clock, {(ACCOUNT, DEVICE): SEED})
        self.anchors = StageAnchors()
        # What the play only names by its digest.
        self.keeper.put_blob(DIGEST, b"sealed")
        releases = Releases(self.broker, self.vault, self.anchors)
        self.behind = Behind(Acting(self.broker, releases), releases, self.health)
        host = origin.partition("://")[2]
        party = RelyingParty(id=host.partition(":")[0], name="Rootwarden", origins=(origin,))
        place = Place(party=party, hosts=(host,), tls=origin.startswith("https"))
        self.ticks = 0.0
        self.house = House(
            self.broker, self.behind, place, KEYS, limits=Limits(rates), wall=clock, tick=lambda: self.ticks, **house
        )
        self.application = build(self.house)

    def clock(self) -> datetime:
        return self.now

    def wait(self, **length: float) -> None:
        self.now += timedelta(**length)
        self.ticks += timedelta(**length).total_seconds()

    def health(self) -> tuple[Health, ...]:
        size = self.broker.state().size
        return (Health(sink=SINK, kind=SinkKind.FILE, counts=True, accepted=size, accepted_at=self.now, error=""),)

    def stranger(self) -> Person:
        return Person(self, None)

    def person(self, name: str) -> Person:
        """Somebody with a session of their own key, in a cookie."""
        return Person(self, self.play.players[name]).sign_in()

    def request(self, **fields: Any) -> tuple[str, str]:
        """A request of `rita`: its name and phrase."""
        signed, draft = self.person("rita").do({**FILE, **fields})
        return signed["names"]["request"], draft["phrase"]

    def approved(self, **fields: Any) -> str:
        """A request that may be opened."""
        name, phrase = self.request(**fields)
        for approver in ("anna", "omar"):
            self.person(approver).do({"wish": "approve", "request": name, "phrase": phrase})
        return name

    def lease(self, **fields: Any) -> str:
        """An open lease of `rita`, whose custodians gave."""
        name = self.begun(**fields)
        opening = self.person("rita").read(f"/leases/{name}")["opening"]
        for custodian in ("carl", "cleo"):
            self.person(custodian).do(self.share(custodian, opening))
        return name

    def begun(self, **fields: Any) -> str:
        """An open lease of `rita`, whose custodians were asked."""
        said = self.person("rita").say({"say": "open-lease", "request": self.approved(**fields)})
        assert said["trouble"] is None
        return str(said["lease"])

    def share(self, custodian: str, opening: str) -> dict[str, Any]:
        """What a custodian wishes to give."""
        work = self.person(custodian).read(f"/openings/{opening}/work")
        return {
            "wish": "give-share",
            "opening": opening,
            "fingerprint": work["fingerprint"],
            "peeled": [base64.b64encode(b"peeled").decode() for _ in work["layers"]],
        }

    def ended(self) -> str:
        """A lease that was given back."""
        name = self.lease()
        self.wait(minutes=1)
        self.person("rita").say({"say": "give-back", "lease": name})
        return name


class Person:
    """Somebody at a client."""

    def __init__(self, theatre: Theatre, player: Player | None) -> None:
        self.theatre, self.player = theatre, player
        self.client = httpx.Client(
            transport=Direct(theatre.application), base_url=ORIGIN, headers={"origin": ORIGIN}, trust_env=False
        )

    def get(self, path: str) -> httpx.Response:
        return self.client.get(f"/api/v1{path}" if not path.startswith("/page") else path.removeprefix("/page"))

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.client.post(f"/api/v1{path}", json=body)

    def read(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sign_in(self, *, bearer: bool = False) -> Person:
        assert self.player is not None
        offer = self.post("/sign-in/offers", {}).json()
        answered = self.answer(offer["message"])
        body = {"token": offer["token"], "authenticator": answered, "bearer": bearer}
        answer = self.post("/sign-in", body)
        assert answer.status_code == 200, answer.text
        if bearer:
            self.client.headers["authorization"] = f"Bearer {answer.json()['session']}"
        return self

    def answer(self, message: str) -> Any:
        assert self.player is not None
        return msgspec.to_builtins(self.player.answer(message.encode()))

    def prepare(self, wish: Any) -> httpx.Response:
        return self.post("/drafts", {"wish": wish})

    def sign(self, draft: Any) -> httpx.Response:
        return self.post(f"/drafts/{draft['id']}/signatures", {"authenticator": self.answer(draft["message"])})

    def do(self, wish: Any) -> tuple[Any, Any]:
        """What became of a wish, and its draft."""
        prepared = self.prepare(wish)
        assert prepared.status_code == 200, prepared.text
        signed = self.sign(prepared.json())
        assert signed.status_code == 200, signed.text
        return signed.json(), prepared.json()

    def say(self, said: Any) -> Any:
        answer = self.post("/says", {"say": said})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def carry(self, session: str) -> Person:
        """Send this session, whatever the answers set."""
        self.client.headers["cookie"] = f"{COOKIE}={session}"
        self.client.cookies.clear()
        return self


def login_of(theatre: Theatre, name: str) -> Person:
    """Somebody who came through a provider."""
    session = theatre.house.sessions.begin(name, Method.OIDC, at=theatre.now, epoch=1)
    header = theatre.house.sessions.set_cookie(session, at=theatre.now)
    return theatre.stranger().carry(header.partition("=")[2].partition(";")[0])
