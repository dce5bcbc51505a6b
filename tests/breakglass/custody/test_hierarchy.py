from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from tests.breakglass.custody.people import ACCOUNT, CANARY, KEYS, OTHER, custodians, give_all

from rootwarden.breakglass.custody.age import Identity
from rootwarden.breakglass.custody.hierarchy import (
    Group,
    check_group,
    enrol_account,
    found,
    renew,
    seal_record,
)
from rootwarden.breakglass.custody.keys import Key, Secret
from rootwarden.breakglass.custody.nesting import read_envelope
from rootwarden.breakglass.custody.opening import Opening
from rootwarden.breakglass.custody.sealed import Binding, Kind, account_key_binding, read_sealed, unseal, unseal_key
from rootwarden.breakglass.custody.troubles import CustodyError

if TYPE_CHECKING:
    from rootwarden.breakglass.custody.nesting import Custodian

VAULT = Identity.fresh()
GROUP = Group(name="g", keeps=Kind.TOTP_SEED, epoch=1, accounts=[ACCOUNT, OTHER], custodians=custodians(3), threshold=2)
NEXT = msgspec.structs.replace(GROUP, epoch=2, custodians=[*custodians(4)[1:]], threshold=3)


def binding(account: str = ACCOUNT, record: str = "phone", **change: Any) -> Binding:
    whole = Binding(group="g", epoch=1, account=account, kind=Kind.TOTP_SEED, record=record, version=1)
    return msgspec.structs.replace(whole, **change)


def secret(text: bytes = CANARY) -> Secret:
    return Secret(bytearray(text), "seed")


class Kept:
    """A group of two accounts with three records, as the broker's database would hold it."""

    def __init__(self) -> None:
        self.envelope, self.epoch_key = found(GROUP, [VAULT.recipient])
        self.account_keys: dict[str, bytes] = {}
        self.records: list[bytes] = []
        for account, names in {ACCOUNT: ["phone", "token"], OTHER: ["phone"]}.items():
            key, self.account_keys[account] = enrol_account(self.epoch_key, group="g", epoch=1, account=account)
            self.records += [seal_record(key, binding(account, name), secret()) for name in names]


def test_from_custodians_to_record_and_back() -> None:
    kept = Kept()
    ephemeral = Identity.fresh()
    opening = give_all(Opening(read_envelope(kept.envelope)), ("cleo", "ada"), ephemeral)
    expected = account_key_binding(group="g", epoch=1, account=ACCOUNT)
    with opening.key(VAULT) as epoch_key, unseal_key(epoch_key, kept.account_keys[ACCOUNT], expected) as account_key:
        assert unseal(account_key, kept.records[1], binding(record="token")).content == CANARY


def test_two_accounts_have_two_keys() -> None:
    kept = Kept()
    one, other = (
        unseal_key(kept.epoch_key, kept.account_keys[each], account_key_binding(group="g", epoch=1, account=each))
        for each in (ACCOUNT, OTHER)
    )
    assert one != other
    with pytest.raises(CustodyError, match="sealed under another key"):
        unseal(other, kept.records[0], binding())


def test_a_new_epoch_renews_every_key_and_every_record() -> None:
    kept = Kept()
    renewed = renew(
        kept.epoch_key, account_keys=kept.account_keys, records=kept.records, group=NEXT, vault=[VAULT.recipient]
    )
    opening = give_all(Opening(read_envelope(renewed.envelope)), ("dora", "ben", "cleo"), Identity.fresh())
    with opening.key(VAULT) as new_key:
        assert new_key != kept.epoch_key
        for old, new in zip(kept.records, renewed.records, strict=True):
            before, after = read_sealed(old).binding, read_sealed(new).binding
            assert after == msgspec.structs.replace(before, epoch=2, version=2)
            where = account_key_binding(group="g", epoch=2, account=after.account)
            with unseal_key(new_key, renewed.account_keys[after.account], where) as account_key:
                assert unseal(account_key, new, after).content == CANARY
                # Whoever kept the old account key reads nothing new.
                old_where = account_key_binding(group="g", epoch=1, account=after.account)
                with unseal_key(kept.epoch_key, kept.account_keys[after.account], old_where) as old_key:
                    assert old_key != account_key
                    with pytest.raises(CustodyError, match="another key"):
                        unseal(old_key, new, after)


def test_a_removed_custodian_is_no_part_of_the_new_epoch() -> None:
    kept = Kept()
    renewed = renew(
        kept.epoch_key, account_keys=kept.account_keys, records=kept.records, group=NEXT, vault=[VAULT.recipient]
    )
    envelope = read_envelope(renewed.envelope)
    assert envelope.place("ada") is None
    for nesting in envelope.nestings:
        with pytest.raises(CustodyError):
            KEYS["ada"].decrypt(nesting.sealed, "layer")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"epoch": 3}, "not the account-key"),
        ({"epoch": 1}, "has none before it"),
        ({"accounts": [ACCOUNT]}, "belongs to no account"),
        ({"name": "h"}, "not the account-key"),
        ({"keeps": Kind.ROOT_PASSWORD}, "not the root-password"),
        ({"threshold": 5}, "5 of 3"),
    ],
)
def test_a_new_epoch_that_does_not_fit_is_refused(change: dict[str, Any], why: str) -> None:
    kept = Kept()
    group = msgspec.structs.replace(NEXT, **change)
    with pytest.raises(CustodyError, match=why):
        renew(
            kept.epoch_key, account_keys=kept.account_keys, records=kept.records, group=group, vault=[VAULT.recipient]
        )


def test_accounts_come_and_go_with_an_epoch() -> None:
    kept, new = Kept(), "000055556666"
    group = msgspec.structs.replace(NEXT, accounts=[new, ACCOUNT])
    renewed = renew(
        kept.epoch_key,
        account_keys=kept.account_keys,
        records=kept.records[:2],
        group=group,
        vault=[VAULT.recipient],
    )
    assert set(renewed.account_keys) == {new, ACCOUNT}
    assert [read_sealed(each).account for each in renewed.records] == [ACCOUNT, ACCOUNT]


def test_an_account_whose_key_was_left_out_does_not_lose_its_records() -> None:
    kept = Kept()
    del kept.account_keys[OTHER]
    with pytest.raises(CustodyError, match="belongs to no account"):
        renew(kept.epoch_key, account_keys=kept.account_keys, records=kept.records, group=NEXT, vault=[VAULT.recipient])


def test_a_record_of_a_stranger_is_not_lost_in_silence() -> None:
    kept = Kept()
    stranger = "000055556666"
    key, _ = enrol_account(kept.epoch_key, group="g", epoch=1, account=stranger)
    records = [*kept.records, seal_record(key, binding(stranger), secret())]
    with pytest.raises(CustodyError, match="belongs to no account"):
        renew(kept.epoch_key, account_keys=kept.account_keys, records=records, group=NEXT, vault=[VAULT.recipient])


def test_accounts_swapped_in_the_database_are_noticed() -> None:
    kept = Kept()
    swapped = {ACCOUNT: kept.account_keys[OTHER], OTHER: kept.account_keys[ACCOUNT]}
    with pytest.raises(CustodyError, match="the blob is the account-key"):
        renew(kept.epoch_key, account_keys=swapped, records=kept.records, group=NEXT, vault=[VAULT.recipient])


def password_group(people: list[Custodian], accounts: list[str]) -> Group:
    return Group(name="p", keeps=Kind.ROOT_PASSWORD, epoch=1, accounts=accounts, custodians=people, threshold=2)


OTHERS = custodians(7)[3:]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"keeps": Kind.ACCOUNT_KEY}, "keeps `account-key`"),
        ({"accounts": [ACCOUNT, ACCOUNT]}, "names an account twice"),
        ({"threshold": 1}, "1 of 3"),
    ],
)
def test_a_group_that_cannot_be_is_refused(change: dict[str, Any], why: str) -> None:
    group = msgspec.structs.replace(GROUP, **change)
    for attempt in (lambda: check_group(group), lambda: found(group, [VAULT.recipient])):
        with pytest.raises(CustodyError, match=why):
            attempt()


def test_a_key_is_no_record() -> None:
    with pytest.raises(CustodyError, match="a record is a"):
        seal_record(Key(bytearray(32), "key"), account_key_binding(group="g", epoch=1, account=ACCOUNT), secret())
