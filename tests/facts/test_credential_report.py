from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.errors import InputError
from rootwarden.facts.credential_report import MAXIMUM_BYTES, parse_credential_report, root_row
from rootwarden.facts.fact import Absent, Known, Source, Unknown, Why

if TYPE_CHECKING:
    from collections.abc import Callable

    from rootwarden.facts.credential_report import CredentialReportRow
    from rootwarden.facts.fact import Fact

SOURCE: Final = Source(call="iam:GetCredentialReport", observed_at=datetime(2026, 3, 2, 12, tzinfo=UTC))
BOOLEANS: Final = (
    "password_enabled",
    "mfa_active",
    "access_key_1_active",
    "access_key_2_active",
    "cert_1_active",
    "cert_2_active",
)
INSTANTS: Final = (
    "user_creation_time",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "cert_1_last_rotated",
    "cert_2_last_rotated",
)
TEXTS: Final = (
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
)
# The order of https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
COLUMNS: Final = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
)
ROOT: Final = {
    "user": "<root_account>",
    "arn": "arn:aws:iam::111122223333:root",
    "user_creation_time": "2019-05-06T07:08:09+00:00",
    "password_enabled": "true",
    "password_last_used": "2026-03-01T10:00:00+00:00",
    "password_last_changed": "not_supported",
    "password_next_rotation": "not_supported",
    "mfa_active": "true",
    "access_key_1_active": "true",
    "access_key_1_last_rotated": "2020-01-02T03:04:05+00:00",
    "access_key_1_last_used_date": "2026-02-27T23:30:00+00:00",
    "access_key_1_last_used_region": "us-east-1",
    "access_key_1_last_used_service": "s3",
    "access_key_2_active": "false",
    "access_key_2_last_rotated": "N/A",
    "access_key_2_last_used_date": "N/A",
    "access_key_2_last_used_region": "N/A",
    "access_key_2_last_used_service": "N/A",
    "cert_1_active": "false",
    "cert_1_last_rotated": "N/A",
    "cert_2_active": "true",
    "cert_2_last_rotated": "2021-01-02T03:04:05+00:00",
}
ALICE: Final = {**ROOT, "user": "alice", "arn": "arn:aws:iam::111122223333:user/alice", "mfa_active": "false"}


def report(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, end: str = "\n") -> bytes:
    lines = [",".join(columns), *(",".join(row[column] for column in columns) for row in rows)]
    return (end.join(lines) + end).encode()


def root_of(content: bytes) -> CredentialReportRow:
    fact = root_row(parse_credential_report(content, SOURCE))
    assert isinstance(fact, Known), fact
    return fact.value


def facts_of(row: CredentialReportRow) -> dict[str, Fact[object]]:
    return {
        **{name: row.boolean(name) for name in BOOLEANS},
        **{name: row.instant(name) for name in INSTANTS},
        **{name: row.text(name) for name in TEXTS},
    }


EXPECTED: Final[dict[str, object]] = {
    "password_enabled": True,
    "mfa_active": True,
    "access_key_1_active": True,
    "access_key_2_active": False,
    "cert_1_active": False,
    "cert_2_active": True,
    "user_creation_time": datetime(2019, 5, 6, 7, 8, 9, tzinfo=UTC),
    "password_last_used": datetime(2026, 3, 1, 10, tzinfo=UTC),
    "access_key_1_last_rotated": datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC),
    "access_key_1_last_used_date": datetime(2026, 2, 27, 23, 30, tzinfo=UTC),
    "access_key_1_last_used_region": "us-east-1",
    "access_key_1_last_used_service": "s3",
    "cert_2_last_rotated": datetime(2021, 1, 2, 3, 4, 5, tzinfo=UTC),
}
NOT_SUPPORTED: Final = {"password_last_changed", "password_next_rotation"}


def check_whole(row: CredentialReportRow) -> None:
    for name, fact in facts_of(row).items():
        if name in EXPECTED:
            assert fact == Known(EXPECTED[name], (SOURCE,)), name
        elif name in NOT_SUPPORTED:
            assert isinstance(fact, Unknown), name
            assert fact.why is Why.NOT_SUPPORTED, name
        else:
            assert isinstance(fact, Absent), name


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(report(ROOT), id="22 columns"),
        pytest.param(report(ROOT, end="\r\n"), id="CRLF"),
        pytest.param(b"\xef\xbb\xbf" + report(ROOT), id="byte-order mark"),
        pytest.param(report(ROOT).rstrip(b"\n"), id="no newline at the end"),
        pytest.param(report(ROOT) + b"\n\r\n\n", id="blank lines at the end"),
        pytest.param(b"\n" + report(ROOT), id="blank line first"),
        pytest.param(report(ALICE, ALICE, ROOT), id="root last"),
        pytest.param(report(ALICE, ROOT, ALICE), id="root between"),
        pytest.param(report(ROOT, columns=tuple(reversed(COLUMNS))), id="columns in another order"),
        pytest.param(report(ROOT, columns=COLUMNS).replace(b"user,arn", b" USER , Arn ", 1), id="header in any case"),
        pytest.param(
            report({name: value.upper() if name in BOOLEANS else value for name, value in ROOT.items()}),
            id="TRUE and FALSE as the documentation prints them",
        ),
        pytest.param(
            report({name: "n/a" if value == "N/A" else value for name, value in ROOT.items()}), id="n/a in lower case"
        ),
        pytest.param(
            report({name: value.title() if value == "not_supported" else value for name, value in ROOT.items()}),
            id="not_supported in another case",
        ),
        pytest.param(
            report({**ROOT, "additional_credentials_count": "0"}, columns=(*COLUMNS, "additional_credentials_count")),
            id="a column of the future",
        ),
        pytest.param(report({**ROOT, "user": "root"}), id="root known by its ARN alone"),
    ],
)
def test_one_meaning_however_it_is_written(content: bytes) -> None:
    check_whole(root_of(content))


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn", "aws-iso", "aws-iso-b", "aws-eusc"])
def test_every_partition_has_its_root_row(partition: str) -> None:
    row = root_of(report(ALICE, {**ROOT, "arn": f"arn:{partition}:iam::111122223333:root"}))
    assert row.arn == f"arn:{partition}:iam::111122223333:root"


def test_an_extra_column_is_kept() -> None:
    row = root_of(report({**ROOT, "New_Column": "value"}, columns=(*COLUMNS, "New_Column")))
    assert row.text("new_column") == Known("value", (SOURCE,))


@pytest.mark.parametrize("missing", COLUMNS[2:])
def test_a_missing_column_is_unknown_and_spoils_no_other(missing: str) -> None:
    whole = facts_of(root_of(report(ROOT)))
    partly = facts_of(root_of(report(ROOT, columns=tuple(name for name in COLUMNS if name != missing))))
    lost = partly.pop(missing)
    del whole[missing]
    assert isinstance(lost, Unknown)
    assert lost.why is Why.NOT_COLLECTED
    assert missing in lost.reason
    assert partly == whole


def test_an_export_of_twenty_columns() -> None:
    older = tuple(name for name in COLUMNS if not name.endswith("_last_used_service"))
    assert len(older) == 20
    row = root_of(report(ROOT, columns=older))
    assert row.boolean("mfa_active") == Known(True, (SOURCE,))
    assert row.instant("cert_2_last_rotated") == Known(EXPECTED["cert_2_last_rotated"], (SOURCE,))
    assert isinstance(row.text("access_key_1_last_used_service"), Unknown)


SPECIAL: Final[list[tuple[str, str, type[object]]]] = [
    ("boolean", "not_supported", Unknown),
    ("boolean", "no_information", Unknown),
    ("boolean", "N/A", Unknown),
    ("boolean", "yes", Unknown),
    ("boolean", "1", Unknown),
    ("boolean", "", Unknown),
    ("instant", "not_supported", Unknown),
    ("instant", "N/A", Absent),
    ("instant", "no_information", Absent),
    ("instant", "NO_INFORMATION", Absent),
    ("instant", "", Unknown),
    ("instant", "yesterday", Unknown),
    ("instant", "2026-03-02", Unknown),
    ("instant", "2026-13-02T00:00:00+00:00", Unknown),
    ("instant", "0000-00-00T00:00:00+00:00", Unknown),
    ("text", "N/A", Absent),
]


@pytest.mark.parametrize(("kind", "cell", "expected"), SPECIAL, ids=str)
def test_special_cells_each_mean_their_own(kind: str, cell: str, expected: type[object]) -> None:
    row = root_of(report({**ROOT, "password_enabled": cell, "password_last_used": cell, "cert_1_active": cell}))
    read: dict[str, Callable[[], Fact[object]]] = {
        "boolean": lambda: row.boolean("password_enabled"),
        "instant": lambda: row.instant("password_last_used"),
        "text": lambda: row.text("password_last_used"),
    }
    assert isinstance(read[kind](), expected)


def test_no_information_says_since_when_it_is_recorded() -> None:
    used = root_of(report({**ROOT, "password_last_used": "no_information"})).instant("password_last_used")
    assert isinstance(used, Absent)
    assert "2014-10-20" in used.note


@pytest.mark.parametrize("quoted", [True, False])
@pytest.mark.parametrize("name", ["last, first", "a,b,c", ",", ",,x"])
def test_commas_in_user_names(name: str, *, quoted: bool) -> None:
    arn = f"arn:aws:iam::111122223333:user/{name}"
    cells = {"user": f'"{name}"', "arn": f'"{arn}"'} if quoted else {"user": name, "arn": arn}
    rows = parse_credential_report(report({**ALICE, **cells, "password_enabled": "false"}, ROOT), SOURCE)
    assert [row.user for row in rows] == [name, "<root_account>"]
    assert rows[0].arn == arn
    assert rows[0].boolean("password_enabled") == Known(False, (SOURCE,))
    check_whole(rows[1])


def test_a_user_cannot_pass_for_root() -> None:
    impostor = {**ALICE, "user": "root", "arn": "arn:aws:iam::111122223333:user/root"}
    rows = parse_credential_report(report(impostor), SOURCE)
    assert not rows[0].is_root
    assert isinstance(root_row(rows), Unknown)


@pytest.mark.parametrize(("rows", "said"), [((ALICE,), "no root row"), ((ROOT, ALICE, ROOT), "several root rows")])
def test_none_or_several_root_rows_are_unknown(rows: tuple[dict[str, str], ...], said: str) -> None:
    fact = root_row(parse_credential_report(report(*rows), SOURCE))
    assert isinstance(fact, Unknown)
    assert said in fact.reason
    assert fact.why is Why.MALFORMED


def test_a_report_with_only_a_header_has_no_root_row() -> None:
    assert isinstance(root_row(parse_credential_report(report(), SOURCE)), Unknown)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\n\n\n", id="only newlines"),
        pytest.param(b"\xef\xbb\xbf", id="only a byte-order mark"),
        pytest.param(b"\x00\x01\x02\xff\xfe", id="binary"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(1000), id="a picture"),
        pytest.param("user,arn\n".encode("utf-16"), id="UTF-16"),
        pytest.param(b"not a report", id="text"),
        pytest.param(b"<html>sign in</html>", id="a sign-in page"),
        pytest.param(b"user,password_enabled\n<root_account>,true\n", id="no arn column"),
        pytest.param(b"user,arn,arn\n", id="a column twice"),
        pytest.param(b"user,ARN,mfa_active,MFA_Active\n<root_account>,x,true,false\n", id="twice in another case"),
        pytest.param(b"user,arn\n" + b"x" * 200_000 + b",y\n", id="giant field"),
    ],
)
def test_what_is_no_report_is_refused(content: bytes) -> None:
    with pytest.raises(InputError) as refused:
        parse_credential_report(content, SOURCE)
    assert refused.value.hint


def test_a_gigantic_report_is_refused_before_it_is_read() -> None:
    with pytest.raises(InputError, match="64 MiB"):
        parse_credential_report(bytes(MAXIMUM_BYTES + 1), SOURCE)


def decided(content: bytes) -> dict[str, object]:
    """What the report decides about root: known values, and None for "there is none"."""
    try:
        found = root_row(parse_credential_report(content, SOURCE))
    except InputError:
        return {}
    if not isinstance(found, Known):
        return {}
    facts = facts_of(found.value)
    return {name: getattr(fact, "value", None) for name, fact in facts.items() if not isinstance(fact, Unknown)}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("columns", [COLUMNS, tuple(reversed(COLUMNS))], ids=["usual order", "reversed"])
def test_truncation_never_changes_a_decided_fact(columns: tuple[str, ...], newline: str) -> None:
    whole = report(ROOT, ALICE, columns=columns, end=newline)
    truth = decided(whole)
    assert truth
    for length in range(len(whole)):
        for name, value in decided(whole[:length]).items():
            assert value == truth[name], (length, name, whole[:length][-30:])


CELLS = st.sampled_from(["true", "FALSE", "N/A", "not_supported", "no_information", "2026-03-01T10:00:00+00:00", "s3"])


@given(cells=st.lists(CELLS, min_size=20, max_size=20), cut=st.integers(min_value=0))
def test_truncation_of_any_report(cells: list[str], cut: int) -> None:
    root = {**ROOT, **dict(zip(COLUMNS[2:], cells, strict=True))}
    whole = report(root)
    truth = decided(whole)
    partly = decided(whole[: cut % len(whole)])
    assert {name: truth[name] for name in partly} == partly


@given(content=st.binary(max_size=400))
def test_bytes_never_raise_anything_else(content: bytes) -> None:
    decided(content)


@given(text=st.text(alphabet='",\r\n\x00 aN/true<>_:\u2028', max_size=200))
def test_text_below_a_header_never_raises_anything_else(text: str) -> None:
    decided(report() + text.encode())
