"""Files of escalation paths are read strictly: what nobody understands is refused, with what was probably meant."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.docs.pages import DOCS, blocks
from tests.docs.pages import text as read

from rootwarden.errors import InputError
from rootwarden.iam.escalation.path import Actor, Category, Context, Gain, Permission, TargetKind, Where
from rootwarden.iam.escalation.path_file import _KIND, _PathTable, read_path
from rootwarden.iam.escalation.template import filled, placeholders
from rootwarden.iam.escalation.words import read_words
from rootwarden.packs import escalation_words
from rootwarden.packs.content import texts

REQUIREMENTS = ("network", "agent")
PATH = """
id = "example"
title = "Do it"
category = "existing-passrole"
actor = "any"
gain = "target"
remedy = "Do not."
requires = ["network"]
assumes = ["agent"]
stops = ["iam:PassRole"]
notes = '''
two
lines'''
ended = "2024-07-31"

[target]
kind = "role"
trusts = ["example.amazonaws.com"]
where = ["not-reserved"]

[policy]
where = ["customer-managed"]

[[also]]
kind = "role"
where = ["may-assume-target"]

[existing]
type = "lambda:function"
resource = "arn:{partition}:lambda:*:{account}:function:*"

[[permission]]
action = "iam:PassRole"
resource = "{target}"
context = { "iam:PassedToService" = ["example.amazonaws.com"], "iam:PermissionsBoundary" = [] }

[[permission]]
action = "lambda:UpdateFunctionCode"
resource = "{existing}"

[catalogue]
pathfinding = ["lambda-001"]
lists = ["rhino"]
"""


def test_a_file_is_read() -> None:
    path = read_path(PATH, file="example.toml", requirements=REQUIREMENTS)
    assert (path.category, path.gain, path.target.kind) == (Category.EXISTING_PASSROLE, Gain.TARGET, TargetKind.ROLE)
    assert path.target.where == (Where.NOT_RESERVED,)
    assert path.policies == (Where.CUSTOMER_MANAGED,)
    assert path.also
    assert path.also.where == (Where.MAY_ASSUME_TARGET,)
    assert path.permissions[0] == Permission(
        action="iam:PassRole",
        resource="{target}",
        context=(Context("iam:PassedToService", ("example.amazonaws.com",)), Context("iam:PermissionsBoundary", ())),
    )
    assert path.existing
    assert path.existing.type == "lambda:function"
    assert path.actions == ("iam:PassRole", "lambda:UpdateFunctionCode")
    assert (path.requires, path.assumes, path.notes, path.ended) == (
        ("network",),
        ("agent",),
        "two lines",
        "2024-07-31",
    )


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        ('remedy = "Do not."', 'remdy = "Do not."', "unknown key `remdy`; did you mean `remedy`?"),
        ('remedy = "Do not."', 'remedy = " "', "`remedy` is empty"),
        ('remedy = "Do not."', "", "missing key `remedy`"),
        ('title = "Do it"', 'title = ""', "`title` is empty"),
        ('id = "example"', 'id = "Ex ample"', "the id `Ex ample` is not lower-case words"),
        ('id = "example"', 'id = "another"', "its id is `another`, not its file's name"),
        ('category = "existing-passrole"', 'category = "new"', "invalid enum value 'new'"),
        ('category = "existing-passrole"', 'category = "self"', "`[existing]` belong together"),
        ('gain = "target"', 'gain = "all"', "invalid enum value 'all'"),
        ('actor = "any"', 'actor = "group"', "invalid enum value 'group'"),
        ('requires = ["network"]', 'requires = ["netwrk"]', "no requirement `netwrk`; did you mean `network`?"),
        ('assumes = ["agent"]', 'assumes = ["agnt"]', "no requirement `agnt`; did you mean `agent`?"),
        ('stops = ["iam:PassRole"]', "stops = []", "`stops` is empty"),
        ('stops = ["iam:PassRole"]', 'stops = ["iam:PassRol"]', "no action of it `iam:PassRol`; did you mean"),
        ('where = ["not-reserved"]', 'where = ["reserved"]', "invalid enum value 'reserved'"),
        ('kind = "role"\ntrusts', 'kind = "user"\ntrusts', "only a role trusts services, and this is a user"),
        ('trusts = ["example.amazonaws.com"]', 'trusts = ["example"]', "`example` is no service principal"),
        ('action = "iam:PassRole"', 'action = "iam:*"', "`iam:*` is no action"),
        ('action = "iam:PassRole"', 'action = "PassRole"', "`PassRole` is no action"),
        ('resource = "{target}"', 'resource = "{role}"', "no name for a template `role`"),
        ('resource = "{target}"', 'resource = "{target"', "neither an ARN nor one name in braces"),
        ('resource = "{target}"', 'resource = "{{target}}"', "neither an ARN nor one name in braces"),
        ('resource = "{target}"', 'resource = "arn:{partition:s3:::x"', "no name for a template `{`"),
        ('resource = "{target}"', 'resource = "arn:aws:s3"', "neither an ARN nor one name in braces"),
        ('resource = "{target}"', 'resource = "everything"', "neither an ARN nor one name in braces nor `*`"),
        ('resource = "{target}"', 'resource = "{x}{target}"', "neither an ARN nor one name in braces nor `*`"),
        ('"iam:PassedToService" =', '"PassedToService" =', "`PassedToService` is no condition key"),
        ('"iam:PassedToService" = ["example.amazonaws.com"]', '"iam:X" = ["{y}"]', "no name for a template `y`"),
        ('type = "lambda:function"', 'type = "function"', "`function` is no key of the inventory"),
        ('[[also]]\nkind = "role"', '[[also]]\nkind = "role"\n[[also]]\nkind = "user"', "more than one `[[also]]`"),
        ('pathfinding = ["lambda-001"]', 'pathfinding = ["lambda-1"]', "`lambda-1` is no id of pathfinding.cloud"),
        ('lists = ["rhino"]', 'lists = ["hippo"]', "invalid enum value 'hippo'"),
        ('ended = "2024-07-31"', 'ended = "lately"', "`ended` is `lately`, not a day"),
    ],
)
def test_mistakes_are_named(change: str, to: str, said: str) -> None:
    assert change in PATH
    with pytest.raises(InputError) as caught:
        read_path(PATH.replace(change, to, 1), file="example.toml", requirements=REQUIREMENTS)
    assert caught.value.message.startswith("`example.toml` is not an escalation path: ")
    assert said in caught.value.message
    assert caught.value.hint == "docs/adding-an-escalation-path.md lists every key"


@pytest.mark.parametrize("name", ["also", "policy", "existing"])
def test_a_name_without_its_table_is_refused(name: str) -> None:
    bare = PATH.replace('resource = "{target}"', f'resource = "{{{name}}}"')
    tables = {
        "also": '[[also]]\nkind = "role"\nwhere = ["may-assume-target"]\n',
        "policy": '[policy]\nwhere = ["customer-managed"]\n',
        "existing": (
            '[existing]\ntype = "lambda:function"\nresource = "arn:{partition}:lambda:*:{account}:function:*"\n'
        ),
    }
    assert tables[name] in bare
    with pytest.raises(InputError, match=f"`{{{name}}}` is used, but no table says what it is"):
        read_path(bare.replace(tables[name], ""), file="example.toml", requirements=REQUIREMENTS)


@pytest.mark.parametrize(
    "text",
    ["x" * 300_000, "a" + ".a" * 5000 + " = 1", "a = " + "[" * 100_000, "", "[[permission]]", PATH + "\n[deep.er]\n"],
)
def test_hostile_files_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_path(text, requirements=REQUIREMENTS)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_path(text)


@given(st.text(alphabet="{}ab", max_size=12))
def test_a_template_is_filled_by_name(template: str) -> None:
    names = placeholders(template)
    values = {name: "x" for name in names if name not in {"{", "}", ""}}
    done = filled(template, values)
    if {"{", "}", ""}.isdisjoint(names):
        assert "{" not in done
    assert filled(template, {}) == template


def test_words_of_the_engine_have_a_meaning() -> None:
    ((file, text),) = texts("escalation", "shared")
    assert read_words(text, file=file) == escalation_words()
    for change, to, said in (
        ("not-actor = ", "not-acter = ", "the engine do not agree about `not-act"),
        ("generated = ", "made = ", "`template` and the engine do not agree about `generated`"),
        ("network = ", '"Net work" = ', "`Net work` is not lower-case words"),
        ("[requires]", "[requirements]", "unknown key `requirements`; did you mean `requires`?"),
    ):
        assert change in text
        with pytest.raises(InputError) as caught:
            read_words(text.replace(change, to, 1), file=file)
        assert said in caught.value.message


def test_the_page_lists_every_key_and_its_example_is_one() -> None:
    page = read(DOCS / "adding-an-escalation-path.md")
    kinds: tuple[type[msgspec.Struct], ...] = (_PathTable, *_KIND.parts)
    for kind in kinds:
        for field in msgspec.structs.fields(kind):
            assert any(form in page for form in (f"`{field.name}`", f"`[{field.name}]`", f"`[[{field.name}]]`")), field
    for values in (Category, Gain, TargetKind, Actor):
        assert all(f"`{value}`" in page for value in values)
    (example,) = blocks(DOCS / "adding-an-escalation-path.md", "toml")
    path = read_path(example.text, file="example-create-worker.toml", requirements=escalation_words().requires)
    assert path.target.trusts == ("example.amazonaws.com",)
