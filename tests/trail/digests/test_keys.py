"""Public keys: asked from AWS once, kept in a file, refused or absent; and what each means for a digest."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.trail.digests.worlds import START, key

from rootwarden.aws.door import Door
from rootwarden.errors import InputError
from rootwarden.simulator import running
from rootwarden.simulator.digests import publish
from rootwarden.simulator.knobs import Deny, EmptyPage
from rootwarden.simulator.worlds import make_world
from rootwarden.trail.digests.keys import AskedKeys, KeptKeys, NoKey, keys_file, load_keys

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rootwarden.simulator import Simulator

CALL = "cloudtrail:ListPublicKeys"


@pytest.fixture
def simulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    with running(make_world("greenfield", 2)) as made:
        publish(made.state, key(), key("eu-west-1"))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", made.world.credentials.access_key_id)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", made.world.credentials.secret_access_key)
        yield made


def asked(simulator: Simulator) -> AskedKeys:
    return AskedKeys(Door(endpoint=simulator.endpoint, region="us-east-1"))


def test_keys_are_asked_once_and_kept(simulator: Simulator, tmp_path: Path) -> None:
    keys = asked(simulator)
    for hour in range(5):
        assert keys.find("us-east-1", key().public.fingerprint, START + timedelta(hours=hour)) == key().public
    assert simulator.calls.of_call(CALL) == {simulator.world.management_id: 1}
    assert keys.find("eu-west-1", key("eu-west-1").public.fingerprint, START) == key("eu-west-1").public
    file = tmp_path / "keys.json"
    file.write_bytes(keys_file(keys))
    kept = load_keys(file)
    assert kept.known() == keys.known() == tuple(sorted((key().public, key("eu-west-1").public)))
    assert kept.find("us-east-1", key().public.fingerprint, START) == key().public


def test_a_fingerprint_aws_does_not_know_refutes(simulator: Simulator) -> None:
    keys = asked(simulator)
    for _ in range(3):
        found = keys.find("us-east-1", "fa4e", START)
        assert isinstance(found, NoKey)
        assert found.refuted
    assert simulator.calls.of_call(CALL) == {simulator.world.management_id: 1}


def test_a_fingerprint_a_file_does_not_have_proves_nothing() -> None:
    found = KeptKeys((key().public,), "keys.json").find("us-east-1", "fa4e", START)
    assert isinstance(found, NoKey)
    assert not found.refuted


def test_a_region_that_refuses_is_asked_once(simulator: Simulator) -> None:
    simulator.knobs.add(Deny(account="*", call=CALL))
    keys = asked(simulator)
    found = [keys.find("us-east-1", "fa4e", START + timedelta(hours=hour)) for hour in range(4)]
    assert found == [NoKey("cloudtrail:ListPublicKeys was refused in us-east-1 (AccessDeniedException)")] * 4
    assert sum(simulator.calls.of_call(CALL).values()) == 1


def test_every_page_is_read(simulator: Simulator) -> None:
    simulator.knobs.add(EmptyPage(account="*", call=CALL))
    found = asked(simulator).find("us-east-1", key().public.fingerprint, START)
    assert found == key().public


@pytest.mark.parametrize(("minutes", "good"), [(-61, False), (-60, True), (0, True), (60, True), (61, False)])
def test_a_key_counts_within_an_hour_of_its_validity(minutes: int, good: bool) -> None:
    own = key().public
    edge = own.valid_from if minutes < 0 else own.valid_to
    found = KeptKeys((own,), "keys.json").find("us-east-1", own.fingerprint, edge + timedelta(minutes=minutes))
    assert (found == own) is good
    assert good or (isinstance(found, NoKey) and found.refuted)


@pytest.mark.parametrize(
    "value", ["", "!!!", base64.b64encode(b"junk").decode(), base64.b64encode(b"0" * 5000).decode()]
)
def test_a_key_that_is_none_verifies_nothing(value: str) -> None:
    broken = msgspec.structs.replace(key().public, value=value)
    assert not broken.verifies(key().sign(b"text"), b"text")


@pytest.mark.parametrize("signature", ["", "zz", "00", "00" * 256, "00" * 100_000])
def test_a_signature_that_is_none(signature: str) -> None:
    assert not key().public.verifies(signature, b"text")
    assert key().public.verifies(key().sign(b"text"), b"text")
    assert not key().public.verifies(key().sign(b"text"), b"texT")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"schema":"rootwarden.public-keys/2","keys":[]}', b"\xff", b"[" * 100_000]
)
def test_a_file_that_holds_no_keys(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_bytes(content)
    with pytest.raises(InputError, match="no file of public keys"):
        load_keys(tmp_path / "keys.json")
    with pytest.raises(InputError, match="cannot be read"):
        load_keys(tmp_path / "nowhere.json")
