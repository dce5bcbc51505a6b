"""Runs the vault on its own replay of the log, with its own trusted clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rootwarden.breakglass.codes.clock import Kind, Reference
from rootwarden.breakglass.codes.clock_source import read_clocks
from rootwarden.breakglass.core.anchor import Witnessed
from rootwarden.breakglass.service.clock import TrustedClock
from rootwarden.breakglass.vault.process import run
from rootwarden.breakglass.vault.replayed import ReplayedAuthority

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from rootwarden.breakglass.codes.clock import Reading
    from rootwarden.breakglass.core.anchor import Proof
    from rootwarden.breakglass.vault.process import Settings

# From the witness's signature until it reaches the vault, and the second its time is cut to.
ON_THE_WAY: Final = 3.0


def run_vault(
    settings: Settings,
    *,
    checkpoint_keys: Sequence[Ed25519PublicKey],
    reading: Callable[[], Reading] = read_clocks,
) -> None:
    """Be the vault until told to end.

    Args:
        settings: Where it keeps what, and who may ask.
        checkpoint_keys: Keys that sign heads of the log.
        reading: Reads this machine's clocks.

    Raises:
        VaultError: The vault does not run here.
    """
    authority = ReplayedAuthority()
    clock = TrustedClock(lambda: authority.state, reading=reading)

    def learn(proofs: Sequence[Proof]) -> None:
        for proof in proofs:
            if isinstance(proof, Witnessed):
                clock.learn(_reference(proof, reading()))

    authority.anchored = learn
    run(
        settings,
        authority=authority,
        checkpoint_keys=checkpoint_keys,
        clock=lambda: _checked(clock),
        monotonic=lambda: reading().steady,
    )


def _checked(clock: TrustedClock) -> datetime:
    clock.check()
    return clock.now()


def _reference(proof: Witnessed, now: Reading) -> Reference:
    statement = proof.cosignature
    names = (statement.witness,)
    return Reference(kind=Kind.WITNESS, names=names, instant=statement.time, uncertainty=ON_THE_WAY, at=now)
