"""The tables of the page about the HTTP API, made from its endpoints, wishes and sayings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args, get_origin

from rootwarden.breakglass.broker.wishes import AnyWish
from rootwarden.web.app import ENDPOINTS
from rootwarden.web.call import Access
from rootwarden.web.says import AnySay

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rootwarden.web.api.endpoint import Endpoint

_ACCESS: Final = {Access.ANYBODY: "anybody", Access.SIGNED_IN: "a session", Access.SIGNER: "a session of one's own key"}


def endpoints_table() -> str:
    """A row for each endpoint."""
    head = "| | path | what for | takes | gives | needs |\n|---|---|---|---|---|---|\n"
    rows = (
        f"| {one.method} | `{_path(one)}` | {one.summary} | {_type(one.takes)} | {_type(one.gives) or one.media} "
        f"| {_ACCESS[one.access]} |\n"
        for one in ENDPOINTS
    )
    return head + "".join(rows)


def wishes_table() -> str:
    """A row for each wish and each thing to say."""
    head = "| | what it asks for | fields |\n|---|---|---|\n"
    return head + "".join([*_rows(AnyWish), *_rows(AnySay)])


def _rows(union: Any) -> Iterator[str]:
    for kind in get_args(union):
        field, tag = kind.__struct_config__.tag_field, kind.__struct_config__.tag
        what = " ".join((kind.__doc__ or "").split("\n\n", maxsplit=1)[0].split())
        fields = ", ".join(f"`{name}`" for name in kind.__struct_encode_fields__)
        yield f"| `{field}`: `{tag}` | {what} | {fields} |\n"


def _path(endpoint: Endpoint) -> str:
    query = "&".join(f"{name}={default}" for name, default in endpoint.query)
    return f"{endpoint.path}?{query}" if query else str(endpoint.path)


def _type(kind: Any) -> str:
    if kind is None:
        return ""
    if get_origin(kind) is dict:
        return "`{}`"
    (inner, *_) = get_args(kind) or (kind,)
    return f"list of `{inner.__name__}`" if get_args(kind) else f"`{inner.__name__}`"
