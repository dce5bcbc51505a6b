"""Custody and the vault's child: sizes of envelopes and exports, and what nesting, opening and a code take.

    python -m benchmarks.custody

The first table stands in docs/vault-format.md. Times are the least of several runs, in milliseconds of this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from functools import partial
from math import perm
from typing import TYPE_CHECKING

from rootwarden.breakglass.custody.age import Identity
from rootwarden.breakglass.custody.export import Opened, make_export
from rootwarden.breakglass.custody.hierarchy import Group
from rootwarden.breakglass.custody.keys import Key, Secret
from rootwarden.breakglass.custody.nesting import Custodian, nest, peel, read_envelope
from rootwarden.breakglass.custody.opening import Opening
from rootwarden.breakglass.custody.records import seed_record
from rootwarden.breakglass.custody.sealed import Binding, Kind, seal
from rootwarden.breakglass.vault.child import in_child
from rootwarden.breakglass.vault.work import make_codes

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT = "000011112222"
SHAPES = ((2, 2), (2, 3), (3, 5), (3, 7), (4, 6), (4, 7))
BINDING = Binding(group="g", epoch=1, account=ACCOUNT, kind=Kind.TOTP_SEED, record="phone", version=1)


def milliseconds(work: Callable[[], object], runs: int) -> float:
    """The least of several runs."""
    best = float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best * 1000


def record() -> Secret:
    uri = f"otpauth://totp/Amazon%20Web%20Services%3Aroot%40{ACCOUNT}?issuer=Amazon%20Web%20Services&secret={'A' * 64}"
    return seed_record(Secret(bytearray(uri.encode()), "address"))


def custody() -> None:
    print("| custodians | nestings | layers | envelope | made in | checked in | all shares peeled in | export |")
    print("|---|---|---|---|---|---|---|---|")
    vault, ephemeral = Identity.fresh(), Identity.fresh()
    for threshold, number in SHAPES:
        keys = [Identity.fresh() for _ in range(number)]
        people = [Custodian(name=f"custodian-{at}", recipient=key.recipient) for at, key in enumerate(keys)]
        with Key.fresh("epoch key") as key:
            make = partial(nest, key, people, threshold, [vault.recipient], group="g", epoch=1)
            made, envelope = milliseconds(make, 3), make()
            checked = milliseconds(partial(read_envelope, envelope), 3)
            peeled = milliseconds(partial(opened, envelope, keys[:threshold], ephemeral, vault, key), 2)
        group = Group(
            name="g", keeps=Kind.TOTP_SEED, epoch=1, accounts=[ACCOUNT], custodians=people, threshold=threshold
        )
        export = make_export([Opened(BINDING, record())], account=ACCOUNT, group=group, made_at=datetime.now(UTC))
        layers = sum(perm(number, length) for length in range(threshold + 1))
        print(
            f"| {threshold} of {number} | {perm(number, threshold)} | {layers} | {len(envelope) / 1000:.0f} kB "
            f"| {made:.0f} ms | {checked:.0f} ms | {peeled:.0f} ms | {len(export) / 1000:.0f} kB |"
        )


def opened(envelope: bytes, keys: list[Identity], ephemeral: Identity, vault: Identity, expected: Key) -> None:
    opening = Opening(read_envelope(envelope))
    for at, key in enumerate(keys):
        name = f"custodian-{at}"
        opening = opening.take(name, peel(opening.for_custodian(name), key, ephemeral.recipient), ephemeral)
    with opening.key(vault) as key_found:
        assert key_found == expected


def codes() -> None:
    key = Key.fresh("account key")
    blob = seal(key, BINDING, record())
    print(f"\nblob of a seed with 64 letters: {len(blob)} bytes")
    step = int(time.time()) // 30

    def in_a_child() -> None:
        in_child(lambda: make_codes(key, BINDING, blob, [step]), first=lambda: None)

    start = milliseconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True), 5)
    print(f"code, in this process: {milliseconds(lambda: make_codes(key, BINDING, blob, [step]), 50):.2f} ms")
    times = sorted(milliseconds(in_a_child, 1) for _ in range(200))
    print(f"code, in a child: {times[100]:.1f} ms in the middle, {times[197]:.1f} ms of 99 in 100")
    print(f"start of a bare Python: {start:.0f} ms; of one with what a child needs: {with_imports():.0f} ms")


def with_imports() -> float:
    command = [sys.executable, "-c", "import rootwarden.breakglass.vault.work"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return milliseconds(lambda: subprocess.run(command, check=True, env=environment), 3)


if __name__ == "__main__":
    custody()
    codes()
