from __future__ import annotations

import pytest
from tests.breakglass.identity.instants import AT, KEYS

from rootwarden.breakglass.identity.forgery import FormTokens, check_origin
from rootwarden.breakglass.identity.refusals import ForgeryError
from rootwarden.breakglass.identity.seal import Seal
from rootwarden.breakglass.identity.sessions import Method, Session

OURS = ("https://rootwarden.example", "https://localhost:8443")


def _session(name: str) -> Session:
    return Session(id=name, person="ada", method=Method.PASSKEY, issued_at=AT, seen_at=AT, epoch=1)


# Method, headers, and whether it passes.
REQUESTS: dict[str, tuple[str, list[tuple[str, str]], bool]] = {
    "our own form": ("POST", [("origin", OURS[0]), ("sec-fetch-site", "same-origin")], True),
    "our own form at another place": ("POST", [("origin", OURS[1])], True),
    "a browser without fetch metadata": ("POST", [("origin", OURS[0])], True),
    "reading": ("GET", [("sec-fetch-site", "cross-site")], True),
    "asking for the head": ("HEAD", [], True),
    "another site": ("POST", [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], False),
    "another site that lies about its origin": ("POST", [("origin", OURS[0]), ("sec-fetch-site", "cross-site")], False),
    "a neighbour below the same domain": ("POST", [("origin", OURS[0]), ("sec-fetch-site", "same-site")], False),
    "a bookmark": ("POST", [("origin", OURS[0]), ("sec-fetch-site", "none")], False),
    "a sandboxed frame": ("POST", [("origin", "null"), ("sec-fetch-site", "cross-site")], False),
    "no origin": ("POST", [("sec-fetch-site", "same-origin")], False),
    "nothing": ("POST", [], False),
    "two origins": ("POST", [("origin", OURS[0]), ("origin", "https://evil.example")], False),
    "two opinions": (
        "POST", [("origin", OURS[0]), ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")], False,
    ),
    "our name without TLS": ("POST", [("origin", "http://rootwarden.example")], False),
    "our name at another port": ("POST", [("origin", "https://rootwarden.example:444")], False),
    "our name as a part": ("POST", [("origin", "https://rootwarden.example.evil.example")], False),
    "our name in capitals": ("POST", [("origin", "https://ROOTWARDEN.example")], False),
    "deleting": ("DELETE", [("origin", "https://evil.example")], False),
    "a method nobody knows": ("FROB", [], False),
    "a method in small letters": ("post", [], False),
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_where_a_request_comes_from(name: str) -> None:
    method, headers, passes = REQUESTS[name]
    sent = [(key.encode(), value.encode()) for key, value in headers]
    if passes:
        check_origin(method, sent, OURS)
    else:
        with pytest.raises(ForgeryError):
            check_origin(method, sent, OURS)


def test_a_token_is_for_one_session_and_one_action() -> None:
    tokens = FormTokens(KEYS)
    token = tokens.issue(_session("one"), "approve/r-1")
    tokens.check(token, _session("one"), "approve/r-1")
    for session, action in (("two", "approve/r-1"), ("one", "approve/r-2"), ("one", ""), ("", "approve/r-1")):
        with pytest.raises(ForgeryError):
            tokens.check(token, _session(session), action)


@pytest.mark.parametrize("token", ["", "x", "a.b", Seal(KEYS, "session").close(_session("one"))])
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(ForgeryError):
        FormTokens(KEYS).check(token, _session("one"), "approve/r-1")


def test_a_token_of_an_older_key_still_holds() -> None:
    token = FormTokens(KEYS[1:]).issue(_session("one"), "approve")
    FormTokens(KEYS).check(token, _session("one"), "approve")
