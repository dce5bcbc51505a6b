"""The demonstration: a page that leads a newcomer through a visit, and signs for the people of the cast.

Everything behind it is real: the log, the vault, the passkeys' signatures. Only the people are not, and what they would
do at desks of their own (custodians, an auditor with evidence) is a button here.
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from rootwarden.breakglass.codes.code import Parameters, code_at
from rootwarden.breakglass.codes.seed import Seed
from rootwarden.breakglass.core import strict_base64
from rootwarden.breakglass.core.state import Phase, Stage
from rootwarden.breakglass.rehearsal.troupe import SEED
from rootwarden.errors import RootwardenError
from rootwarden.web.pages.paper import environment, rehearsed_script, static_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from rootwarden.breakglass.core.state import Lease, State
    from rootwarden.breakglass.rehearsal.cast import Player
    from rootwarden.breakglass.rehearsal.troupe import Troupe

COOKIE: Final = "rootwarden-demo"
LARGEST: Final = 16 * 1024


class Asked(msgspec.Struct, frozen=True):
    """What a page wants signed: the challenge, and the passkeys that may; all in Base64url."""

    challenge: str
    allowed: tuple[str, ...] = ()


class Step(NamedTuple):
    """A step of the visit: what to do, as whom, and whether it is done."""

    title: str
    words: str
    person: str
    path: str
    done: bool


class Demonstration:
    """Routes of the demonstration.

    Args:
        troupe: The cast.
    """

    def __init__(self, troupe: Troupe) -> None:
        self._troupe = troupe
        self._said = ""

    def routes(self) -> list[Route]:
        """What goes before the routes of the pages."""
        return [
            Route("/demo", self._page, methods=["GET"]),
            Route("/demo/as/{name}", self._as, methods=["POST"]),
            Route("/demo/sign", self._sign, methods=["POST"]),
            Route("/demo/shares", self._shares, methods=["POST"]),
            Route("/demo/evidence", self._evidence, methods=["POST"]),
            Route("/static/passkey.js", self._script, methods=["GET"]),
        ]

    async def _page(self, request: Request) -> Response:
        def made() -> str:
            state = self._troupe.broker.state()
            visit = visits(state)[-1] if visits(state) else None
            steps = list(steps_of(state))
            content: str = (
                environment()
                .get_template("demo.html")
                .render(
                    steps=steps,
                    here=next((number for number, step in enumerate(steps) if not step.done), len(steps)),
                    who=request.cookies.get(COOKIE, ""),
                    phone=phone_shows(),
                    lease=visit,
                    said=self._said,
                )
            )
            return content

        return HTMLResponse(await run_in_threadpool(made))

    async def _as(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._troupe.players:
            return Response(status_code=404)
        there = request.query_params.get("next", "")
        known = any((step[2], step[3]) == (name, there) for step in _STEPS)
        answer = RedirectResponse(f"/sign-in?next={there}" if known else "/sign-in", status_code=303)
        answer.set_cookie(COOKIE, name, httponly=True, samesite="strict")
        # Whoever was signed in before is not any more.
        for cookie in request.cookies:
            if cookie != COOKIE:
                answer.delete_cookie(cookie, secure=True, httponly=True)
        return answer

    async def _sign(self, request: Request) -> Response:
        asked = msgspec.json.decode((await request.body())[:LARGEST], type=Asked)
        player = self._player(asked.allowed, request.cookies.get(COOKIE, ""))
        challenge = strict_base64.decode_url(asked.challenge)
        if player is None or player.passkey is None or challenge is None:
            return Response(status_code=404)
        return JSONResponse(player.passkey.sign(challenge).as_browser())

    async def _shares(self, _request: Request) -> Response:
        return await self._act(self._give_shares)

    async def _evidence(self, _request: Request) -> Response:
        return await self._act(self._check_in)

    async def _script(self, _request: Request) -> Response:
        own, kind = static_file("passkey.js") or ("", "text/javascript")
        return Response(own + rehearsed_script(), media_type=kind)

    async def _act(self, act: Callable[[], str]) -> Response:
        try:
            self._said = await run_in_threadpool(act)
        except RootwardenError as error:
            self._said = error.message
        return RedirectResponse("/demo", status_code=303)

    def _give_shares(self) -> str:
        state = self._troupe.broker.state()
        waiting = [name for name, opening in state.openings.items() if not opening.outcome]
        for name in waiting:
            self._troupe.give_shares(name)
        return "carl and cleo compared the fingerprint and gave their shares" if waiting else "nobody asked for shares"

    def _check_in(self) -> str:
        state = self._troupe.broker.state()
        owing = [lease for lease in visits(state) if lease.phase is Phase.DUTIES]
        for lease in owing:
            self._troupe.check_in(lease.id)
        return "dan brought evidence that everything is as it was" if owing else "no lease owes anything"

    def _player(self, allowed: tuple[str, ...], chosen: str) -> Player | None:
        for player in self._troupe.players.values():
            if player.passkey and strict_base64.encode_url(player.passkey.credential_id) in allowed:
                return player
        return self._troupe.players.get(chosen)


def steps_of(state: State) -> tuple[Step, ...]:
    """The steps of a visit, and which are done."""
    filed = [one for one in state.requests.values() if one.request.purpose == "visit"]
    newest = filed[-1] if filed else None
    approvals = len(newest.approvals) if newest else 0
    lease = visits(state)[-1] if visits(state) else None
    opened = any(one.outcome == "opened" and lease and one.reference == lease.id for one in state.openings.values())
    served = newest is not None and newest.stage is Stage.SERVED
    done = (
        newest is not None,
        approvals > 0,
        approvals > 1,
        served,
        opened,
        lease is not None and bool(lease.steps),
        lease is not None and lease.phase is not Phase.OPEN,
        lease is not None and lease.phase is Phase.CLOSED,
        False,
    )
    return tuple(Step(*step, done=is_done) for step, is_done in zip(_STEPS, done, strict=True))


def visits(state: State) -> list[Lease]:
    """Leases that give codes."""
    return [lease for lease in state.leases.values() if lease.request.purpose == "visit"]


def phone_shows() -> str:
    """What an authenticator app with the seed of the demonstration shows now."""
    with Seed(bytearray(base64.b32decode(SEED))) as seed:
        step = int(datetime.now(UTC).timestamp()) // 30
        return str(code_at(seed, step, Parameters()).reveal())


# Title, what to do, as whom, and where: a page, or a button for those at desks of their own.
_STEPS: Final = (
    ("Ask", "Rita asks for root of the management account. Note the phrase.", "rita", "/requests/new"),
    ("Approve", "Anna (security) types the phrase Rita reads out to her, and approves.", "anna", "/requests"),
    ("Approve once more", "Omar (operations) does the same: two groups, two people.", "omar", "/requests"),
    ("Begin", "Rita opens the lease; the custodians are asked for their shares.", "rita", "/requests"),
    ("Custodians", "Carl and Cleo compare a fingerprint and peel their layers, each at their own desk.", "", "shares"),
    ("The code", "Rita signs for one code with her passkey. It is the one a phone would show.", "rita", "/leases"),
    ("Give it back", "Rita ends the lease. What must be shown now is a list of duties.", "rita", "/leases"),
    ("Evidence", "Dan, the auditor, brings evidence that all is as it was. The lease closes.", "", "evidence"),
    ("The log", "Dan looks at the audit page: every step is there, and the tree proves it.", "dan", "/audit"),
)
