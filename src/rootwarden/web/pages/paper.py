"""How a page is made: templates, what every page shows, and the tokens of its forms."""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import msgspec
from starlette.responses import HTMLResponse, RedirectResponse

from rootwarden.breakglass.core.people import Role
from rootwarden.report.sheet import templates
from rootwarden.transparency.canonical import canonical

if TYPE_CHECKING:
    import jinja2

    from rootwarden.breakglass.core.state import State
    from rootwarden.web.call import Call

# Path, name, and whose it is; no role: everybody's.
NAVIGATION: Final[tuple[tuple[str, str, tuple[Role, ...]], ...]] = (
    ("/", "Home", ()),
    ("/requests", "Requests", (Role.REQUESTER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)),
    ("/leases", "Leases", ()),
    ("/openings", "Custody", (Role.CUSTODIAN, Role.REQUESTER, Role.AUDITOR, Role.ADMINISTRATOR)),
    ("/duties", "Duties", (Role.APPROVER, Role.CUSTODIAN, Role.AUDITOR, Role.ADMINISTRATOR)),
    ("/people", "People", (Role.AUDITOR, Role.ADMINISTRATOR)),
    ("/drills", "Drills", (Role.AUDITOR, Role.ADMINISTRATOR)),
    ("/together", "Together", ()),
    ("/audit", "Audit", (Role.AUDITOR, Role.ADMINISTRATOR)),
    ("/me", "Me", ()),
)
_STATIC: Final = {
    "passkey.js": "text/javascript",
    "heads.js": "text/javascript",
    "merkle.js": "text/javascript",
    "countdown.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
# Signs for people who are not there: only the demonstration hands it out.
_REHEARSED: Final = "static/rehearsed.js"


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of somebody who is signed in shows: who they are, where they can go, how the log stands."""

    who: str
    name: str
    method: str
    navigation: tuple[tuple[str, str], ...]
    log: str
    size: int
    root: str
    epoch: int
    sealed: str


@functools.cache
def environment() -> jinja2.Environment:
    """The templates of the pages."""
    made = templates("rootwarden.web")
    made.filters |= {"groups": in_groups, "pretty": pretty, "digits": in_threes}
    return made


@functools.cache
def static_file(name: str) -> tuple[str, str] | None:
    """A file pages load: its text and kind; `None` when there is none of this name."""
    if name == "style.css":
        own = _read("rootwarden.web", "static/style.css")
        return _read("rootwarden.report", "templates/page.css") + own, "text/css"
    kind = _STATIC.get(name)
    return (_read("rootwarden.web", f"static/{name}"), kind) if kind else None


def rehearsed_script() -> str:
    """What the demonstration's pages load beside `passkey.js`; no other pages can."""
    return _read("rootwarden.web", _REHEARSED)


def page(call: Call, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """A page.

    Args:
        call: Who it is for.
        template: Name of the template, without its ending.
        status: Of HTTP.
        context: What the template takes.
    """
    around = call.house.broker.look(lambda state: _around(call, state)) if call.session else None
    text = (
        environment()
        .get_template(f"{template}.html")
        .render(
            around=around,
            here=call.request.url.path,
            now=call.at,
            token=functools.partial(form_token, call),
            party=call.house.party,
            **context,
        )
    )
    return HTMLResponse(text, status)


def see_other(path: str) -> RedirectResponse:
    """Go to another page of ours."""
    return RedirectResponse(path, 303)


def form_token(call: Call, action: str) -> str:
    """The token of a form that is sent to a path."""
    return call.house.forms.issue(call.signed_in, action)


def in_groups(text: str, size: int = 4) -> str:
    """A digest or fingerprint as people compare it: in groups."""
    return " ".join(text[at : at + size] for at in range(0, len(text), size))


def in_threes(text: str) -> str:
    """A code as people read it out."""
    return in_groups(text, 3)


def pretty(value: Any) -> str:
    """A record as JSON that people read, its names in order."""
    return msgspec.json.format(canonical(msgspec.to_builtins(value)), indent=2).decode()


def _around(call: Call, state: State) -> Around:
    roles = call.roles(state)
    shown = tuple((path, name) for path, name, whose in NAVIGATION if not whose or roles & set(whose))
    standing = state.people.get(call.who)
    return Around(
        who=call.who,
        name=standing.person.name if standing else call.who,
        method=call.signed_in.method.value,
        navigation=shown,
        log=state.log,
        size=state.size,
        root=state.tree.root.hex(),
        epoch=state.epoch,
        sealed=call.house.broker.sealed,
    )


def _read(package: str, path: str) -> str:
    return (resources.files(package) / path).read_text("utf-8")
