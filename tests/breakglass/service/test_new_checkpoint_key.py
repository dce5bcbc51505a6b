"""Two administrators put another checkpoint key in the place of the one there is: broker and vault go on with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pyotp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.breakglass.logs import pem

from rootwarden.breakglass.broker.notices import notices_of
from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.rehearsal.troupe import SEED
from rootwarden.breakglass.vault import messages as vault_says
from rootwarden.breakglass.vault.client import RefusedByVault
from rootwarden.errors import UsageError
from rootwarden.transparency.head import head_is_signed, sign_head

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.rehearsal.stage import Stage
    from rootwarden.breakglass.rehearsal.troupe import Troupe

NEW = Ed25519PrivateKey.generate()


@pytest.fixture
def ready(troupe: Troupe) -> Troupe:
    troupe.guard()
    troupe.enrol()
    (enrolment,) = troupe.broker.state().leases
    troupe.check_in(enrolment)
    return troupe


def change_key(troupe: Troupe, key: Ed25519PrivateKey = NEW) -> None:
    troupe.change(changes.SetCheckpointKey(key=pem(key), reason="a new year"))


def put(folder: Path, key: Ed25519PrivateKey = NEW) -> None:
    (folder / "checkpoint.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def a_code(troupe: Troupe) -> None:
    request, phrase = troupe.file(overrides_duties=True)
    troupe.approve(request, phrase)
    lease = troupe.open(request)
    shown, code = troupe.code(lease)
    assert code == pyotp.TOTP(SEED).at(shown.step * 30)
    troupe.acting.end("rita", lease)


def newest_is_signed_by(on_stage: Stage, key: Ed25519PrivateKey) -> bool:
    head = on_stage.house.store.newest_head()
    assert head is not None
    return head_is_signed(head, [key.public_key()])


def test_heads_are_signed_with_the_new_key_from_when_it_lies_in_its_place_on(
    on_stage: Stage, ready: Troupe, tmp_path: Path
) -> None:
    change_key(ready)
    on_stage.house.look_after()
    assert "`checkpoint.pem` is not the checkpoint key the log names by now" in str(on_stage.house.troubles[-1])
    assert not newest_is_signed_by(on_stage, NEW)
    a_code(ready)
    put(tmp_path)
    on_stage.clocks.wait(6)
    on_stage.house.look_after()
    a_code(ready)
    assert newest_is_signed_by(on_stage, NEW)
    on_stage.restart_vault()
    a_code(ready)
    on_stage.restart()
    a_code(ready)
    assert newest_is_signed_by(on_stage, NEW)


def test_a_broker_that_starts_with_the_new_key_before_the_vault_heard_of_it(
    on_stage: Stage, ready: Troupe, tmp_path: Path
) -> None:
    change_key(ready)
    put(tmp_path)
    on_stage.reopen()
    a_code(ready)
    assert newest_is_signed_by(on_stage, NEW)


def test_a_broker_that_starts_with_the_key_before_is_told_so(on_stage: Stage, ready: Troupe) -> None:
    change_key(ready)
    with pytest.raises(UsageError, match=r"`checkpoint.pem` is not the checkpoint key of this log"):
        on_stage.reopen()


def test_after_a_head_with_the_new_key_the_vault_takes_none_with_the_one_before(
    on_stage: Stage, ready: Troupe, tmp_path: Path
) -> None:
    from rootwarden.breakglass.service.key_files import private_key

    old = private_key(tmp_path / "checkpoint.pem")
    change_key(ready)
    put(tmp_path)
    on_stage.house.look_after()
    a_code(ready)
    house = on_stage.house
    house.broker.say(log.SinkChanged(at=house.broker.now(), actor=log.SYSTEM, sink="x", works=False))
    state = house.broker.state()
    known = house.vault.ask(vault_says.Status()).answer
    assert isinstance(known, vault_says.Stands)
    head = sign_head(old, size=state.size, root=state.tree.root, at=state.newest_at)
    part = vault_says.LogPart(since=known.size, entries=list(house.store.read(known.size)), head=head)
    with pytest.raises(RefusedByVault, match="not signed with a checkpoint key"):
        house.vault.ask(vault_says.Advance(log=part))
    a_code(ready)


def test_a_key_that_nobody_seconded_is_not_learned(on_stage: Stage, ready: Troupe) -> None:
    from rootwarden.breakglass.broker import wishes

    ready.do("ada", wishes.Propose(change=changes.SetCheckpointKey(key=pem(NEW), reason="a new year")))
    house, state = on_stage.house, on_stage.house.broker.state()
    known = house.vault.ask(vault_says.Status()).answer
    assert isinstance(known, vault_says.Stands)
    head = sign_head(NEW, size=state.size, root=state.tree.root, at=state.newest_at)
    part = vault_says.LogPart(since=known.size, entries=list(house.store.read(known.size)), head=head)
    with pytest.raises(RefusedByVault, match="not signed with a checkpoint key"):
        house.vault.ask(vault_says.Advance(log=part))
    a_code(ready)


def test_everybody_is_told_of_a_new_checkpoint_key(ready: Troupe) -> None:
    change_key(ready)
    entries = [log.from_bytes(content) for content in ready.broker.keeper.read(0)]
    (proposed,) = [
        one
        for one in entries
        if isinstance(one, log.ChangeProposed) and isinstance(one.change, changes.SetCheckpointKey)
    ]
    told = notices_of(ready.broker.state(), proposed)
    assert {"ben", "ida"} <= {notice.person for notice in told}
    assert all("another checkpoint key" in notice.subject for notice in told)
    assert msgspec.structs.asdict(proposed)["proposal"]
