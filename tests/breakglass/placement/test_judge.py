"""BG-14: refused inside a protected account and where the place is unknown; what is circular is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rootwarden.breakglass.core.text import Name
from rootwarden.breakglass.placement.declared import Declarations, Dependency, Need, parse_declarations
from rootwarden.breakglass.placement.judge import judge
from rootwarden.breakglass.placement.place import AccountClue, AwsClue, CredentialsClue, ElsewhereClue, NoClue
from rootwarden.errors import InputError
from rootwarden.rules.verdict import Severity

if TYPE_CHECKING:
    from pathlib import Path

    from rootwarden.breakglass.placement.judge import Finding, Placement
    from rootwarden.breakglass.placement.place import Clue

PROTECTED, OTHER = "000011112222", "111122223333"
IN_PROTECTED = AccountClue(source="instance metadata", account=PROTECTED)
IN_OTHER = AccountClue(source="instance metadata", account=OTHER)
IN_AWS = AwsClue(source="firmware")
OUTSIDE = ElsewhereClue(source="firmware", provider="Hetzner")
NOTHING = NoClue(source="firmware", why="says nothing")

WHOLE = Declarations(
    protected=(PROTECTED,), dependency=tuple(Dependency(need=need, name=need, in_aws=False) for need in Need)
)


def judged(*clues: Clue, declared: Declarations = WHOLE, waivers: tuple[str, ...] = ()) -> Placement:
    return judge(clues, declared, waivers=set(waivers))


def ids(placement: Placement) -> list[str]:
    return [each.id for each in placement.findings]


PLACES = [
    ([IN_PROTECTED], [f"runs-in:{PROTECTED}"], False),
    ([IN_PROTECTED, OUTSIDE], [f"runs-in:{PROTECTED}"], False),
    ([IN_OTHER, IN_PROTECTED], [f"runs-in:{PROTECTED}", "runs-in-aws"], False),
    ([IN_OTHER], ["runs-in-aws"], True),
    ([IN_AWS], ["place-unknown"], False),
    ([IN_AWS, OUTSIDE], ["place-unknown"], False),
    ([NOTHING], ["place-unknown"], False),
    ([], ["place-unknown"], False),
    ([OUTSIDE, NOTHING], [], True),
    ([OUTSIDE, CredentialsClue(source="sts", account=PROTECTED)], [f"credentials-of:{PROTECTED}"], True),
    ([OUTSIDE, CredentialsClue(source="sts", account=OTHER)], [], True),
    ([CredentialsClue(source="sts", account=OTHER)], ["place-unknown"], False),
]


@pytest.mark.parametrize(("clues", "expected", "may_run"), PLACES)
def test_where_it_may_run(clues: list[Clue], expected: list[str], may_run: bool) -> None:
    placement = judged(*clues)
    assert (ids(placement), placement.may_run) == (expected, may_run)


@pytest.mark.parametrize("clues", [[IN_PROTECTED], [IN_AWS], [NOTHING], [IN_OTHER, IN_PROTECTED]])
def test_a_waiver_is_for_one_thing_only(clues: list[Clue]) -> None:
    blocking = [each.waiver for each in judged(*clues).blocking]
    assert len(blocking) == 1
    assert not judged(
        *clues,
        waivers=("placement", "placement:", f"placement:runs-in:{OTHER}", f"runs-in:{PROTECTED}", "place-unknown", ""),
    ).may_run
    waived = judged(*clues, waivers=tuple(blocking))
    assert waived.may_run
    assert [each.waived for each in waived.findings if each.blocks] == [True], "it is shown all the same"


def test_a_waiver_for_one_account_does_not_follow_the_machine() -> None:
    third = "222233334444"
    declared = Declarations(protected=(PROTECTED, third))
    moved = judged(
        AccountClue(source="x", account=third), declared=declared, waivers=(f"placement:runs-in:{PROTECTED}",)
    )
    assert not moved.may_run


def test_any_account_is_refused_while_nobody_says_which_are_protected() -> None:
    placement = judged(IN_OTHER, declared=Declarations())
    assert not placement.may_run
    assert f"runs-in:{OTHER}" in ids(placement)


@pytest.mark.parametrize("need", list(Need))
def test_each_dependency_in_a_protected_account_is_circular(need: Need) -> None:
    circular = Dependency(need=need, name="x", account=PROTECTED)
    fine = Dependency(need=need, name="y", account=OTHER)
    placement = judged(OUTSIDE, declared=Declarations(protected=(PROTECTED,), dependency=(circular, fine)))
    found = [each for each in placement.findings if each.id == f"circular:{need}:x"]
    assert len(found) == 1
    assert PROTECTED in found[0].words
    assert f"circular:{need}:y" not in ids(placement)
    assert placement.may_run, "what is circular is told; where it runs is what is refused"


@pytest.mark.parametrize("need", list(Need))
def test_what_is_not_declared_is_a_finding_and_not_fine(need: Need) -> None:
    rest = tuple(each for each in WHOLE.dependency if each.need is not need)
    assert ids(judged(OUTSIDE, declared=Declarations(protected=(PROTECTED,), dependency=rest))) == [
        f"undeclared:{need}"
    ]
    nothing = (*rest, Dependency(need=need, name="none", none=True))
    assert ids(judged(OUTSIDE, declared=Declarations(protected=(PROTECTED,), dependency=nothing))) == []


def found_of(text: str) -> list[Finding]:
    declared = parse_declarations(text.encode(), name="placement.toml")
    whole = Declarations(
        protected=declared.protected,
        dependency=(*WHOLE.dependency, *declared.dependency),
        domain=declared.domain,
    )
    return list(judged(OUTSIDE, declared=whole).findings)


DEPENDENCIES = [
    ('name = "a"', [("owner-unknown:database:a", Severity.HIGH)]),
    ('name = "a"\naccount = "111122223333"', []),
    ('name = "a"\nin_aws = false\nhost = "192.0.2.7"', []),
    (
        'name = "a"\nin_aws = false\nhost = "x.eu-west-1.rds.amazonaws.com"',
        [("owner-unknown:database:a", Severity.HIGH)],
    ),
    ('name = "a"\nin_aws = false\nhost = "db.example.org"', []),
    ('name = "a"\nin_aws = false\nhost = "DB.Example.Net"', [("undeclared-domain:db.example.net", Severity.LOW)]),
    (
        'name = "a"\nin_aws = false\nhost = "db.served.example.org"',
        [("circular-name:database:a", Severity.MEDIUM)],
    ),
]
DOMAINS = """
[[domain]]
name = "example.org"
expires = 2027-05-01
[[domain]]
name = "served.example.org"
expires = 2027-05-01
dns_account = "111122223333"
"""


@pytest.mark.parametrize(("lines", "expected"), DEPENDENCIES)
def test_who_owns_it_and_who_serves_its_name(lines: str, expected: list[tuple[str, Severity]]) -> None:
    text = f'protected = ["{PROTECTED}"]\n[[dependency]]\nneed = "database"\n{lines}\n{DOMAINS}'
    text = text.replace('dns_account = "111122223333"', f'dns_account = "{PROTECTED}"')
    found = [(each.id, each.severity) for each in found_of(text) if not each.id.startswith("circular-domain")]
    assert found == expected


def test_a_domain_that_is_registered_or_served_from_what_it_protects() -> None:
    owned = f'dns_account = "{PROTECTED}"\nregistrar_account = "{PROTECTED}"'
    text = f'protected = ["{PROTECTED}"]\n[[domain]]\nname = "example.org"\n{owned}'
    assert [each.id for each in found_of(text)] == [
        "circular-domain:example.org:registered",
        "circular-domain:example.org:served",
        "expiry-unknown:example.org",
    ]


BAD = [
    b"\xff",
    b"[",
    b"x = 1",
    b'protected = ["12"]',
    b'[[dependency]]\nneed = "coffee"\nname = "x"',
    b'[[dependency]]\nneed = "ntp"\nname = ""',
    b'[[dependency]]\nneed = "ntp"\nname = "x"\nhost = "a b"',
    b'[[dependency]]\nneed = "ntp"\nname = "x"\nin_aws = false\naccount = "000011112222"',
    b'[[dependency]]\nneed = "ntp"\nname = "x"\nnone = true\nhost = "h"',
    b'[[domain]]\nname = "example.org"\nexpires = "soon"',
    b"#" * 300_000,
    b"x = " + b"[" * 5000,
]


@pytest.mark.parametrize("content", BAD)
def test_declarations_that_cannot_be_meant(content: bytes) -> None:
    with pytest.raises(InputError, match=r"`placement\.toml`"):
        parse_declarations(content, name="placement.toml")


def test_declarations_that_are_not_there(tmp_path: Path) -> None:
    from rootwarden.breakglass.placement.declared import read_declarations

    with pytest.raises(InputError, match="cannot be read"):
        read_declarations(tmp_path / "none.toml")
    (tmp_path / "some.toml").write_text(f'protected = ["{PROTECTED}"]')
    assert read_declarations(tmp_path / "some.toml").protected == (PROTECTED,)


CLUES = st.lists(st.sampled_from([IN_PROTECTED, IN_OTHER, IN_AWS, OUTSIDE, NOTHING]), max_size=5)


@given(CLUES, st.sampled_from([IN_PROTECTED, IN_OTHER, IN_AWS, NOTHING]))
def test_one_more_clue_of_aws_never_opens_what_was_refused(clues: list[Clue], more: Clue) -> None:
    """But for learning that an unnamed account of AWS is not a protected one."""
    before, after = judged(*clues), judged(*clues, more)
    learnt = more is IN_OTHER and IN_PROTECTED not in clues
    assert before.may_run or not after.may_run or learnt


@given(CLUES)
def test_it_runs_only_where_somebody_says_it_stands_outside_what_it_protects(clues: list[Clue]) -> None:
    if judged(*clues).may_run:
        assert IN_PROTECTED not in clues
        assert IN_OTHER in clues or (OUTSIDE in clues and IN_AWS not in clues)


def test_what_blocks_is_waived_by_names_the_log_takes() -> None:
    """C7 takes `placement:<finding>`, and names of one line."""
    for clues in ([IN_PROTECTED], [IN_AWS], [NOTHING]):
        for each in judged(*clues).blocking:
            assert each.waiver.startswith("placement:")
            assert msgspec.convert(each.waiver, Name) == each.waiver
