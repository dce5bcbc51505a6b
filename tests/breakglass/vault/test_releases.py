from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pyotp
import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.breakglass.custody.people import ACCOUNT, CANARY, KEYS, OTHER, URI, custodians
from tests.breakglass.vault.world import GROUP, PASSWORD, PASSWORDS, SEED

from rootwarden.breakglass.custody.age import Identity
from rootwarden.breakglass.custody.export import read_export, sign_export
from rootwarden.breakglass.custody.sealed import read_sealed
from rootwarden.breakglass.custody.spelling import digest
from rootwarden.breakglass.vault import messages as said
from rootwarden.breakglass.vault.client import RefusedByVault

if TYPE_CHECKING:
    from tests.breakglass.vault.world import Sealed, World

    from rootwarden.breakglass.vault.messages import Material

TOTP = pyotp.TOTP(CANARY.decode())
PASSWORD_TEXT = 'correct horse "battery" \\ staple — ü'


def test_bg_15_an_enrolment_gives_exactly_two_codes_in_a_row(world: World) -> None:
    world.found()
    world.open("o-1", uses=2, lease="enrol")
    sealed = world.seal("o-1", URI.encode())
    assert sealed.version == 1
    assert len(sealed.fingerprint.split()) == 4
    step = world.step
    world.write("enrolment-served", f"enrol/phone/{step}", {"binding": SEED, "digest": sealed.digest})
    request = said.EnrolmentCodes(opening="o-1", lease="enrol", device="phone", step=step, record=sealed.record)
    answer, beside = world.ask(request)
    assert bytes(beside.content).decode().split() == [TOTP.at(step * 30), TOTP.at(step * 30 + 30)]
    assert isinstance(answer, said.Code)
    assert (answer.valid_until - answer.valid_from).total_seconds() == 60
    _, beside = world.ask(request)
    assert bytes(beside.content).decode().split() == [TOTP.at(step * 30), TOTP.at(step * 30 + 30)]
    world.write("enrolment-served", f"enrol/phone/{step + 1}", {"binding": SEED, "digest": sealed.digest})
    with pytest.raises(RefusedByVault, match="opened for the codes they gave"):
        world.ask(msgspec.structs.replace(request, step=step + 1))
    (left,) = world.answer(said.Status(), said.Stands).open.values()
    assert 0 < left <= 60, "the keys stay while the codes are good, and no longer"


def test_bg_7_a_code_comes_with_its_step_and_window(sealed: Sealed) -> None:
    step = sealed.step
    sealed.open("o-1")
    sealed.allow_code("L-1", step)
    answer, code = sealed.code("o-1", "L-1", step)
    assert code == TOTP.at(step * 30)
    assert answer.step == step
    assert answer.valid_from == datetime.fromtimestamp(step * 30, UTC)
    assert answer.valid_until == datetime.fromtimestamp(step * 30 + 30, UTC)
    assert (answer.server_time, answer.seconds_left) == (sealed.now, 20)


def test_a_cold_key_serves_one_release(sealed: Sealed) -> None:
    step = sealed.step
    sealed.open("o-1")
    sealed.allow_code("L-1", step)
    first = sealed.code("o-1", "L-1", step)[1]
    assert sealed.code("o-1", "L-1", step)[1] == first, "the same release, shown again"
    sealed.allow_code("L-1", step + 1)
    with pytest.raises(RefusedByVault, match="opened for the codes they gave"):
        sealed.code("o-1", "L-1", step + 1)
    (left,) = sealed.answer(said.Status(), said.Stands).open.values()
    assert 0 < left <= 30, "the keys stay while the code is good, and no longer"


def test_same_lease_and_step_is_the_same_code_and_another_lease_gets_none(sealed: Sealed) -> None:
    """BG-6: the ledger is the vault's own; a log that allowed a step twice would not help."""
    step = sealed.step
    sealed.open("o-1", uses=9)
    sealed.allow_code("L-1", step)
    sealed.allow_code("L-2", step)
    assert sealed.code("o-1", "L-1", step)[1] == sealed.code("o-1", "L-1", step)[1]
    sealed.open("o-2", lease="L-2")
    with pytest.raises(RefusedByVault, match="was released before"):
        sealed.code("o-2", "L-2", step)


def test_an_opening_serves_the_lease_it_was_opened_for_and_no_other(sealed: Sealed) -> None:
    step = sealed.step
    sealed.allow_code("L-2", step)
    sealed.open("o-1", uses=9)
    with pytest.raises(RefusedByVault, match="opening `o-1` serves another lease") as caught:
        sealed.code("o-1", "L-2", step)
    assert caught.value.step == "O1"


def test_bg_6_the_ledger_outlives_the_process(sealed: Sealed) -> None:
    step = sealed.step
    sealed.open("o-1")
    sealed.allow_code("L-1", step)
    sealed.code("o-1", "L-1", step)
    sealed.restart()
    sealed.open("o-2", lease="L-2")
    sealed.allow_code("L-2", step)
    with pytest.raises(RefusedByVault, match="was released before"):
        sealed.code("o-2", "L-2", step)


def test_bg_4_no_entry_no_code(sealed: Sealed) -> None:
    step = sealed.step
    sealed.open("o-1")
    sealed.allow_code("L-1", step + 1)
    for lease, asked in (("L-1", step), ("L-2", step), ("L-2", step + 1)):
        with pytest.raises(RefusedByVault, match="the log has no `code-released`") as caught:
            sealed.code("o-1", lease, asked)
        assert caught.value.step == "R1"


def test_nothing_is_released_without_custodians(sealed: Sealed) -> None:
    step = sealed.step
    sealed.allow_code("L-1", step)
    for opening in ("", "o-1", "enrolment"):
        with pytest.raises(RefusedByVault, match="no keys of"):
            sealed.code(opening, "L-1", step)
    sealed.log_opening("o-1", sealed.begin("o-1"))
    sealed.give("o-1", "ada")
    with pytest.raises(RefusedByVault, match="no keys of"):
        sealed.code("o-1", "L-1", step)


def test_a_record_that_is_not_the_one_in_the_log_stays_shut(sealed: Sealed) -> None:
    """V3, for every byte the database could have changed: one is enough here, test_sealed.py does them all."""
    step = sealed.step
    sealed.open("o-1")
    sealed.allow_code("L-1", step)
    flipped = bytearray(sealed.record)
    flipped[-20] ^= 1
    with pytest.raises(RefusedByVault, match="is not the one in the log") as caught:
        sealed.code("o-1", "L-1", step, bytes(flipped))
    assert caught.value.step == "V3"
    # And where the log itself had the digest of something else, the blob does not open.
    sealed.open("o-2", lease="L-2")
    sealed.allow_code("L-2", step, digest=digest(bytes(flipped)))
    with pytest.raises(RefusedByVault, match=r"damaged|does not open"):
        sealed.code("o-2", "L-2", step, bytes(flipped))


@pytest.mark.parametrize("change", [{"version": 2}, {"record": "token"}])
def test_a_blob_does_not_pass_for_another_record(sealed: Sealed, change: dict[str, Any]) -> None:
    step = sealed.step
    sealed.open("o-1")
    sealed.allow_code("L-1", step, binding=msgspec.structs.replace(SEED, **change))
    with pytest.raises(RefusedByVault, match="the blob is the totp-seed `phone`"):
        sealed.code("o-1", "L-1", step)


@pytest.mark.parametrize("change", [{"epoch": 2}, {"group": "passwords"}])
def test_keys_of_one_group_and_epoch_serve_no_other(sealed: Sealed, change: dict[str, Any]) -> None:
    step = sealed.step
    sealed.open("o-1")
    sealed.allow_code("L-1", step, binding=msgspec.structs.replace(SEED, **change))
    with pytest.raises(RefusedByVault, match="not of the group and epoch that were opened"):
        sealed.code("o-1", "L-1", step)


@pytest.mark.parametrize("away", [-3, 3, 1_000_000])
def test_a_step_that_is_not_now_is_refused_and_not_spent(sealed: Sealed, away: int) -> None:
    step = sealed.step
    sealed.open("o-1")
    sealed.allow_code("L-1", step + away)
    sealed.allow_code("L-1", step)
    with pytest.raises(RefusedByVault, match="not the present one or the next") as caught:
        sealed.code("o-1", "L-1", step + away)
    assert caught.value.step == "V5"
    assert sealed.code("o-1", "L-1", step)[1] == TOTP.at(step * 30)


# --- what is brought to be sealed


def picture(text: str) -> bytes:
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=4)
    return drawn.getvalue()


@pytest.mark.parametrize(
    ("material", "content"),
    [("text", URI.encode()), ("text", CANARY), ("picture", picture(URI))],
    ids=["address", "base32", "picture"],
)
def test_a_seed_comes_as_text_or_picture(world: World, material: Material, content: bytes) -> None:
    world.found()
    world.open("o-1", lease="enrol")
    sealed = world.seal("o-1", content, material=material)
    world.open("o-2")
    step = world.step
    world.write("code-released", f"L-1/phone/{step}", {"binding": SEED, "digest": sealed.digest})
    request = said.ReleaseCode(opening="o-2", lease="L-1", device="phone", step=step, record=sealed.record)
    assert bytes(world.ask(request).secret.content).decode() == TOTP.at(step * 30)


@pytest.mark.parametrize(
    ("material", "content", "why"),
    [
        ("text", b"otpauth://totp/x", "has no parameters"),
        ("text", b"\xff\xfe", "is no text"),
        ("text", b"", "there is no text"),
        ("text", URI.replace(ACCOUNT, OTHER).encode(), f"is for account `{OTHER}`"),
        ("text", URI.encode() + b"&period=60", "makes a code every 60 s"),
        ("picture", b"\x89PNG", "cannot be read"),
        ("picture", URI.encode(), "cannot be read"),
        ("password", b"hunter2", "a password is no totp-seed"),
    ],
)
def test_what_is_no_seed_is_refused_without_a_word_of_it(
    world: World, material: Material, content: bytes, why: str
) -> None:
    world.found()
    world.open("o-1", lease="enrol")
    with pytest.raises(RefusedByVault, match=why) as caught:
        world.seal("o-1", content, material=material)
    assert CANARY.decode()[:8] not in caught.value.message + caught.value.hint + "".join(world.journal)


def test_no_enrolment_no_sealing(world: World) -> None:
    world.found()
    world.open("o-1")
    request = said.SealRecord(opening="o-1", lease="none", device="phone", material="text")
    with pytest.raises(RefusedByVault, match="the log has no `enrolment`"):
        world.ask(request, URI.encode())


# --- passwords


def with_password(world: World) -> bytes:
    world.found(PASSWORDS)
    world.open("p-1", PASSWORDS, lease="enrol")
    sealed = world.seal("p-1", PASSWORD_TEXT.encode(), PASSWORD, material="password", device="")
    assert sealed.fingerprint == ""
    return sealed.record


def release_password(world: World, record: bytes, recipient: str) -> tuple[said.Password, bytes]:
    world.open("p-2", PASSWORDS)
    world.write("password-released", "L-1", {"binding": PASSWORD, "digest": digest(record)})
    world.write("recipient", "L-1", recipient)
    answer, beside = world.ask(said.ReleasePassword(opening="p-2", lease="L-1", record=record))
    assert isinstance(answer, said.Password)
    return answer, bytes(beside.content)


def test_a_password_leaves_encrypted_to_its_recipient(world: World) -> None:
    record = with_password(world)
    client = Identity.fresh()
    answer, beside = release_password(world, record, client.recipient)
    assert answer.recipient == client.recipient
    assert PASSWORD_TEXT.encode() not in beside
    assert client.decrypt(beside, "password").content == PASSWORD_TEXT.encode()


def test_a_password_without_a_recipient_leaves_over_the_socket_once(world: World) -> None:
    record = with_password(world)
    answer, beside = release_password(world, record, "")
    assert answer.recipient == ""
    assert beside.decode() == PASSWORD_TEXT
    with pytest.raises(RefusedByVault, match="no keys of opening"):
        world.ask(said.ReleasePassword(opening="p-2", lease="L-1", record=record))


def test_bg_8_custodians_of_the_seed_do_not_open_the_password(world: World) -> None:
    record = with_password(world)
    world.found()
    world.open("o-1")
    world.write("password-released", "L-1", {"binding": PASSWORD, "digest": digest(record)})
    world.write("recipient", "L-1", "")
    with pytest.raises(RefusedByVault, match="not of the group and epoch that were opened"):
        world.ask(said.ReleasePassword(opening="o-1", lease="L-1", record=record))


# --- exports


def test_bg_1_an_export_leaves_only_when_the_log_has_its_digest(sealed: Sealed) -> None:
    sealed.open("o-1")
    grant = {"account": ACCOUNT, "group": GROUP, "records": [{"binding": SEED, "digest": digest(sealed.record)}]}
    with pytest.raises(RefusedByVault, match="the log has no `export`"):
        sealed.ask(said.MakeExport(opening="o-1", lease="L-1", records=[sealed.record]))
    sealed.write("export", "L-1", grant)
    made = sealed.answer(said.MakeExport(opening="o-1", lease="L-1", records=[sealed.record]), said.MadeExport)
    with pytest.raises(RefusedByVault, match="the log has no `export-released`"):
        sealed.ask(said.ReleaseExport(lease="L-1"))
    sealed.write("export-released", "L-1", digest(b"another"))
    with pytest.raises(RefusedByVault, match="another export was released"):
        sealed.ask(said.ReleaseExport(lease="L-1"))
    sealed.write("export-released", "L-1", made.digest)
    released = sealed.answer(said.ReleaseExport(lease="L-1"), said.ReleasedExport)
    assert digest(released.body) == made.digest
    key = Ed25519PrivateKey.generate()
    export = read_export(sign_export(released.body, key), [key.public_key()])
    layer = export.nestings[0].age.encode()
    for name in export.nestings[0].custodians:
        layer = bytes(KEYS[name].decrypt(layer, "layer").content)
    assert CANARY in layer


def test_an_export_of_other_records_than_the_log_says_is_refused(sealed: Sealed) -> None:
    sealed.open("o-1")
    grant = {"account": ACCOUNT, "group": GROUP, "records": [{"binding": SEED, "digest": digest(b"other")}]}
    sealed.write("export", "L-1", grant)
    for records, why in (([sealed.record], "is not the one in the log"), ([], "the log has 1 records")):
        with pytest.raises(RefusedByVault, match=why):
            sealed.ask(said.MakeExport(opening="o-1", lease="L-1", records=records))
    with pytest.raises(RefusedByVault, match="there is no export of lease `L-1` here"):
        sealed.ask(said.ReleaseExport(lease="L-1"))


# --- new epochs


def test_a_removed_custodian_opens_nothing_of_the_new_epoch(sealed: Sealed) -> None:
    after = msgspec.structs.replace(GROUP, epoch=2, custodians=custodians(4)[1:])
    sealed.open("o-1", purpose="rewrap")
    sealed.write("rewrap", "seeds", {"group": after, "records": [{"binding": SEED, "digest": digest(sealed.record)}]})
    made = sealed.answer(said.Rewrap(opening="o-1", records=[sealed.record]), said.SealedEpoch)
    sealed.write("group", "seeds/2", after)
    sealed.take_over(after, made)
    (record,) = made.records
    assert read_sealed(record).binding == msgspec.structs.replace(SEED, epoch=2, version=2)
    assert sealed.answer(said.Status(), said.Stands).open == {}

    sealed.open("o-2", after)
    step = sealed.step
    sealed.allow_code("L-1", step, binding=read_sealed(record).binding, digest=digest(record))
    assert sealed.code("o-2", "L-1", step, record)[1] == TOTP.at(step * 30)
    begun = sealed.begin("o-3", after)
    sealed.log_opening("o-3", begun, after)
    with pytest.raises(RefusedByVault, match="`ada` is not wanted") as caught:
        sealed.results("o-3", "ada")
    assert caught.value.custodian == "ada"


def test_an_opening_is_for_one_purpose(sealed: Sealed) -> None:
    step = sealed.step
    sealed.allow_code("L-1", step)
    sealed.open("o-1", purpose="rewrap")
    with pytest.raises(RefusedByVault, match="serves nothing else"):
        sealed.code("o-1", "L-1", step)
    sealed.open("o-2")
    with pytest.raises(RefusedByVault, match="is not for a new epoch"):
        sealed.ask(said.Rewrap(opening="o-2", records=[sealed.record]))


# --- warm


def test_a_key_stays_warm_only_under_a_waiver_in_the_log(sealed: Sealed) -> None:
    step = sealed.step
    sealed.open("o-1")
    with pytest.raises(RefusedByVault, match=f"account {ACCOUNT} is cold"):
        sealed.ask(said.KeepWarm(opening="o-1", account=ACCOUNT))
    sealed.write("warm", ACCOUNT, 900)
    assert sealed.answer(said.KeepWarm(opening="o-1", account=ACCOUNT), said.Warm).seconds == 900
    stands = sealed.answer(said.Status(), said.Stands)
    ((name, left),) = stands.open.items()
    assert name == f"account {ACCOUNT} (group seeds)"
    assert 800 < left <= 900
    sealed.allow_code("L-1", step)
    assert [sealed.code("", "L-1", step)[1] for _ in range(2)] == [TOTP.at(step * 30)] * 2
    assert sealed.answer(said.Forget(), said.Forgotten).number == 1
    with pytest.raises(RefusedByVault, match=f"no keys of account {ACCOUNT}"):
        sealed.code("", "L-1", step)


def test_warm_keys_do_not_outlive_the_process(sealed: Sealed) -> None:
    sealed.open("o-1")
    sealed.write("warm", ACCOUNT, 900)
    sealed.answer(said.KeepWarm(opening="o-1", account=ACCOUNT), said.Warm)
    sealed.restart()
    assert sealed.answer(said.Status(), said.Stands).open == {}
