"""Endpoints that change something: drafts and their signatures, and what needs none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from rootwarden.breakglass.broker import views
from rootwarden.breakglass.broker.wishes import AnyWish, CheckIn, ConfirmRecord, Words
from rootwarden.breakglass.checkin.brought import Brought, judged
from rootwarden.breakglass.core.authenticator import Authenticator
from rootwarden.web import signing
from rootwarden.web.api.endpoint import JSON, Endpoint
from rootwarden.web.call import Access
from rootwarden.web.says import AnySay, Said, say

if TYPE_CHECKING:
    from rootwarden.breakglass.broker.releases import Material
    from rootwarden.web.call import Call


class WishBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody wishes for."""

    wish: AnyWish


class SignatureBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature over the message of a draft."""

    authenticator: Authenticator


class SayBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody says."""

    say: AnySay


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """An export waits in the vault: its digest is what `get-export` is wished for with."""

    digest: str


class EvidenceBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Evidence, as `rootwarden breakglass evidence` writes it, and the report in words."""

    brought: Brought
    report: Words = ""


class SeedBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A seed as text, `otpauth://…` or Base32; without a device a password; it does not print."""

    device: str
    text: str

    def __repr__(self) -> str:
        return "SeedBody(…)"


def _prepare(call: Call, body: WishBody) -> signing.DraftView:
    return signing.prepare(call.house, call.signed_in, body.wish)


def _draft(call: Call, _body: None) -> signing.DraftView:
    return signing.view_draft(call.house, call.path("id"), call.who)


def _sign(call: Call, body: SignatureBody) -> signing.Signed:
    return signing.sign(call.house, call.signed_in, call.path("id"), body.authenticator)


def _say(call: Call, body: SayBody) -> Said:
    return say(call.house, call.who, body.say, call.at)


def _seal(call: Call, body: SeedBody) -> ConfirmRecord:
    material: Material = "text" if body.device else "password"
    return call.house.behind.seal(call.who, call.path("id"), body.device, material, body.text.encode())


def _judge(call: Call, body: EvidenceBody) -> CheckIn:
    lease = call.house.broker.look(lambda state: views.lease_of(state, call.who, call.path("id"), call.at))
    return judged(body.brought, lease, report=body.report.strip())


def _make_export(call: Call, _body: None) -> Made:
    return Made(digest=call.house.behind.make_export(call.who, call.path("id")))


def _export(call: Call, _body: None) -> Response:
    content = signing.export_of(call.house, call.signed_in, call.path("id"))
    return Response(content, media_type=JSON, headers={"content-disposition": 'attachment; filename="export.json"'})


WRITING: tuple[Endpoint, ...] = (
    Endpoint(
        "POST", "/drafts", "Prepare an entry and learn what to sign", _prepare, signing.DraftView, WishBody,
        Access.SIGNER,
    ),
    Endpoint("GET", "/drafts/{id}", "A draft that waits for signatures", _draft, signing.DraftView),
    Endpoint(
        "POST", "/drafts/{id}/signatures", "Sign a draft; with the last signature it is written and takes effect",
        _sign, signing.Signed, SignatureBody, Access.SIGNER,
    ),
    Endpoint(
        "POST", "/says", "Say what needs no signature: withdraw, open a lease, give back, revoke",
        _say, Said, SayBody, Access.SIGNER,
    ),
    Endpoint(
        "POST", "/leases/{id}/seed", "Hand a seed or a password to the vault; wish next for what is answered", _seal,
        ConfirmRecord, SeedBody, Access.SIGNER,
    ),
    Endpoint(
        "POST", "/leases/{id}/evidence", "Have evidence judged, duty by duty; wish next for what is answered",
        _judge, CheckIn, EvidenceBody, Access.SIGNER,
    ),
    Endpoint(
        "POST", "/leases/{id}/export", "Have a sealed export made, and learn its digest", _make_export, Made,
        access=Access.SIGNER,
    ),
    Endpoint(
        "GET", "/leases/{id}/export", "The sealed export you signed for", _export, None, access=Access.SIGNER
    ),
)  # fmt: skip
