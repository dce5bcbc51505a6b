"""Small facts: instants, kinds of devices, contacts, declarations."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.facts.contacts import Contact, Contacts, all_same, contact_field, count_contacts, one_for_all
from rootwarden.facts.declarations import DECLARABLE, Declaration, declared
from rootwarden.facts.fact import Absent, Known, Unknown, Why, transform, value_or_none
from rootwarden.facts.instant import format_instant, parse_instant
from rootwarden.facts.root_user import MfaKind, mfa_kind

if TYPE_CHECKING:
    from rootwarden.facts.fact import Fact

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACCOUNT: Final = "111122223333"


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T12:00:00Z",
        "2026-03-02T12:00:00+00:00",
        "2026-03-02T12:00:00",
        "2026-03-02 12:00:00",
        "2026-03-02t12:00:00z",
        "2026-03-02T13:30:00+01:30",
        "2026-03-02T12:00:00.000000+00:00",
    ],
)
def test_spellings_of_one_instant(text: str) -> None:
    assert parse_instant(text) == NOON


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-03-02", "2026-03-02T12", "2026-03-02T12:00", "2026-03-02T12:00:0", "2026-02-30T12:00:00Z"],
)
def test_no_whole_instant(text: str) -> None:
    assert parse_instant(text) is None


@given(
    instant=st.datetimes(
        min_value=datetime(1970, 1, 3),  # noqa: DTZ001 - hypothesis wants naive bounds
        max_value=datetime(8999, 12, 29),  # noqa: DTZ001 - as above
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=11, minutes=30))]),
    )
)
def test_printed_and_read_again(instant: datetime) -> None:
    again = parse_instant(format_instant(instant))
    assert again == instant.astimezone(UTC).replace(microsecond=0)


@given(text=st.text(max_size=40))
def test_no_text_makes_it_raise(text: str) -> None:
    parse_instant(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_an_instant_beyond_the_calendar_is_none(text: str) -> None:
    assert parse_instant(text) is None


@pytest.mark.parametrize(
    ("serial", "kind"),
    [
        ("arn:aws:iam::111122223333:mfa/root-account-mfa-device", MfaKind.VIRTUAL),
        ("arn:aws:iam::111122223333:mfa/phone-of-somebody", MfaKind.VIRTUAL),
        ("arn:aws-us-gov:iam::111122223333:mfa/x", MfaKind.VIRTUAL),
        ("arn:aws:iam::111122223333:u2f/root/key-A1B2C3", MfaKind.FIDO),
        ("arn:aws:iam::111122223333:u2f/user/alice/key-A1B2C3", MfaKind.FIDO),
        ("GAHT12345678", MfaKind.HARDWARE_TOTP),
        ("1234-5678", MfaKind.HARDWARE_TOTP),
        ("arn:aws:iam::111122223333:sms-mfa/x", MfaKind.UNKNOWN),
        ("arn:aws:iam::111122223333:mfa", MfaKind.UNKNOWN),
        ("", MfaKind.UNKNOWN),
        ("not a serial!", MfaKind.UNKNOWN),
    ],
)
def test_kind_of_device_by_its_serial_number(serial: str, kind: MfaKind) -> None:
    assert mfa_kind(serial) is kind


DENIED: Final = Unknown("refused", Why.DENIED)
texts: st.SearchStrategy[Fact[str]] = st.one_of(
    st.builds(Known, st.sampled_from(["a", "A ", "b", ""])), st.just(Absent()), st.just(DENIED)
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((Known("Pat Doe"), Known("pat  doe")), True),
        ((Known("+49 30 1234"), Known("+49-30-1234")), True),
        ((Known("Pat"), Known("Kim")), False),
        ((Known("Pat"), Absent()), False),
        ((Known("Pat"),), False),
        ((), False),
        ((Absent(), Absent()), False),
        ((Known("Pat"), Known("Kim"), DENIED), False),
        ((Known("Pat"), Known("Pat"), DENIED), None),
        ((Known("Pat"), DENIED), None),
        ((DENIED, DENIED), None),
        ((Known(""), Known("")), False),
        ((Known(" "), Known(" ")), False),
        ((Known("a.b@example.com"), Known("ab@example.com")), False),
        ((Known("A.B@example.com "), Known("a.b@example.com")), True),
        ((Known("-"), Known("?")), False),
        ((DENIED, Absent()), False),
    ],
)
def test_all_same(values: tuple[Fact[str], ...], expected: bool | None) -> None:
    assert value_or_none(all_same(values)) is expected


A, B, NONE = Known("a@example.com"), Known("b@example.com"), Absent()


@pytest.mark.parametrize(
    ("first", "alternates", "expected"),
    [
        (B, (A, A, A), True),
        (B, (A, A, NONE), True),
        (A, (A, NONE, NONE), True),
        (A, (A, A, A), True),
        (A, (A, A, B), False),
        (B, (A, NONE, NONE), False),
        (A, (NONE, NONE, NONE), False),
        (DENIED, (NONE, NONE, NONE), False),
        (DENIED, (A, A, A), True),
        (DENIED, (A, A, B), False),
        (DENIED, (A, NONE, NONE), None),
        (A, (A, A, DENIED), None),
        (B, (A, A, DENIED), None),
        (B, (A, NONE, DENIED), None),
        (B, (NONE, NONE, DENIED), None),
    ],
)
def test_alternates_are_also_judged_by_themselves(
    first: Fact[str], alternates: tuple[Fact[str], ...], expected: bool | None
) -> None:
    assert value_or_none(one_for_all(first, alternates)) is expected


@given(first=texts, alternates=st.tuples(texts, texts, texts), learned=st.sampled_from(["a", "b", ""]))
def test_learning_an_alternate_never_flips(first: Fact[str], alternates: tuple[Fact[str], ...], learned: str) -> None:
    before = one_for_all(first, alternates)
    settled = [Known(learned) if isinstance(each, Unknown) else each for each in (first, *alternates)]
    after = one_for_all(settled[0], tuple(settled[1:]))
    assert isinstance(after, Known)
    assert isinstance(before, Unknown) or value_or_none(before) == after.value


@given(values=st.lists(texts, max_size=4), learned=st.sampled_from(["a", "b", ""]))
def test_learning_a_contact_never_flips(values: list[Fact[str]], learned: str) -> None:
    before = all_same(tuple(values))
    after = all_same(tuple(Known(learned) if isinstance(each, Unknown) else each for each in values))
    assert isinstance(after, Known)
    assert isinstance(before, Unknown) or value_or_none(before) == after.value


def test_count_of_contacts() -> None:
    pat = Known(Contact(name="Pat"))
    assert value_or_none(count_contacts(Contacts(primary=pat, billing=Absent(), operations=pat, security=pat))) == 3
    assert count_contacts(Contacts(primary=pat, billing=DENIED, operations=pat, security=pat)) == DENIED
    blank = Known(Contact(name=" ", phone_number="\t"))
    assert value_or_none(count_contacts(Contacts(primary=blank, billing=pat, operations=pat, security=pat))) == 3


def test_a_field_of_a_contact() -> None:
    assert contact_field(Known(Contact(name="Pat")), "name") == Known("Pat")
    assert contact_field(Known(Contact(name="Pat")), "email_address") == Absent()
    assert contact_field(DENIED, "name") == DENIED


@pytest.mark.parametrize("field", ["name", "company", "email_address", "phone_number"])
@pytest.mark.parametrize("blank", ["", " ", "\t \u00a0"])
def test_a_blank_field_of_a_contact_is_missing(field: str, blank: str) -> None:
    assert contact_field(Known(Contact(**{field: blank})), field) == Absent()
    assert contact_field(Known(Contact(**{field: f"{blank}Pat{blank}"})), field) == Known("Pat")


def declaration(value: str | int | bool | list[str] | None = 2, **changed: Any) -> Declaration:
    fields: dict[str, Any] = {"account": ACCOUNT, "fact": "root-mfa-devices", "by": "pat", "observed_at": NOON}
    return Declaration(**{**fields, "value": value, **changed})


AS_OF: Final = NOON + timedelta(days=1)
CASES: Final[list[tuple[str, tuple[Declaration, ...], object]]] = [
    ("one for the account", (declaration(2),), 2),
    ("one for every account", (declaration(3, account="*"),), 3),
    ("its own goes before everybody's", (declaration(2), declaration(3, account="*", observed_at=AS_OF)), 2),
    ("the newer of two", (declaration(1), declaration(4, observed_at=NOON + timedelta(hours=1))), 4),
    ("that of another account", (declaration(2, account="444455556666"),), None),
    ("another fact", (declaration(2, fact="root-vaulted-totp"),), None),
    ("run out", (declaration(2, until=NOON),), None),
    ("run out at this very instant", (declaration(2, until=AS_OF),), None),
    ("still in force", (declaration(2, until=AS_OF + timedelta(seconds=1)),), 2),
    ("its own has run out", (declaration(2, until=NOON), declaration(3, account="*")), 3),
    ("none at all", (), None),
]


@pytest.mark.parametrize(("_name", "declarations", "expected"), CASES, ids=[case[0] for case in CASES])
def test_declared(_name: str, declarations: tuple[Declaration, ...], expected: object) -> None:
    for order in itertools.permutations(declarations):
        fact = declared(Known(order), ACCOUNT, "root-mfa-devices", AS_OF)
        assert value_or_none(fact) == expected
        assert isinstance(fact, Known if expected is not None else Unknown)


def test_a_declaration_names_who_said_so() -> None:
    fact = declared(Known((declaration(2),)), ACCOUNT, "root-mfa-devices", AS_OF)
    assert isinstance(fact, Known)
    assert fact.sources[0].call == "declared by pat"
    assert fact.sources[0].observed_at == NOON


def test_null_declares_that_there_is_none() -> None:
    fact = declared(Known((declaration(None),)), ACCOUNT, "root-mfa-devices", AS_OF)
    assert isinstance(fact, Absent)


def test_a_declaration_that_ran_out_is_named() -> None:
    fact = declared(Known((declaration(2, until=NOON),)), ACCOUNT, "root-mfa-devices", AS_OF)
    assert isinstance(fact, Unknown)
    assert "run out" in fact.reason


@pytest.mark.parametrize("name", DECLARABLE)
def test_nothing_declared_is_unknown(name: str) -> None:
    assert isinstance(declared(Unknown("not given"), ACCOUNT, name, AS_OF), Unknown)


@given(fact=texts)
def test_transform_keeps_absent_and_unknown(fact: Fact[str]) -> None:
    changed = transform(fact, len)
    assert changed == (Known(len(fact.value)) if isinstance(fact, Known) else fact)
