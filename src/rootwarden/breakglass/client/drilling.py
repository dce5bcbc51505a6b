"""Drills: what is sent has a digest in the log before it leaves, so that only who got it can tell it."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.client.door import part
from rootwarden.breakglass.client.replies import Begun, Said
from rootwarden.breakglass.core.drilling import ANSWERED
from rootwarden.breakglass.core.phrase import spell

if TYPE_CHECKING:
    from rootwarden.breakglass.client.session import Session

# Four words of 16 bits: more than anybody guesses, and short enough to say on a telephone.
_BYTES: Final = 8


def begin(session: Session, account: str, kind: str) -> tuple[Begun, str]:
    """Begin a drill.

    Returns:
        It, and the words to send or say, where this kind sends something.

    Raises:
        Refused: There is no such kind, or no such account.
    """
    words = spell(secrets.token_bytes(_BYTES)) if kind in ANSWERED else ""
    digest = hashlib.sha256(words.encode()).hexdigest() if words else ""
    begun = session.door.post("/drills", {"account": account, "kind": kind, "nonce_digest": digest}, Begun)
    return begun, words


def finish(session: Session, drill: str, *, outcome: str, evidence: str, answer: str = "", lease: str = "") -> Said:
    """Say how a drill went.

    Raises:
        Refused: It was not begun, ended already, or nothing proves that it passed.
    """
    body = {"outcome": outcome, "evidence": evidence, "answer": answer, "lease": lease}
    return session.door.post(f"/drills/{part(drill)}", body, Said)
