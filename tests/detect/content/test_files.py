"""Content files are read strictly: what nobody understands is refused, with what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.docs.pages import DOCS, blocks, text

from rootwarden.detect.event_pattern import read_event_pattern
from rootwarden.detect.export.event_bridge import event_patterns
from rootwarden.detect.visits.case_runs import run_cases
from rootwarden.detect.visits.declared import spellings
from rootwarden.detect.visits.detection import Detection
from rootwarden.detect.visits.detection_file import read_detection
from rootwarden.detect.visits.event import read_event
from rootwarden.detect.visits.pattern_mutants import mutants
from rootwarden.detect.visits.playbook_file import read_playbook, read_shared_steps
from rootwarden.detect.visits.task_file import read_task, read_task_policy
from rootwarden.errors import InputError
from rootwarden.packs.content import callers

if TYPE_CHECKING:
    from rootwarden.detect.filter_pattern import Event as Document

DETECTION = """
id = "example"
title = "Something happened"
topic = "visit"
who = "root"
severity = "page"
reason = "it matters"
false_positives = "none"
misses = "much"
playbook = "root-used"

[pattern]
eventSource = ["iam.amazonaws.com"]
eventName = ["CreateUser"]

[[case]]
name = "by root"
fits = true
caller = "console"
record = { eventName = "CreateUser" }
"""
TASK = """
id = "example"
title = "Do it"
source = "https://docs.aws.amazon.com/"

[writes]
eventSource = ["iam.amazonaws.com"]
eventName = ["CreateUser"]

[[case]]
name = "by root"
fits = true
caller = "console"
record = { eventName = "CreateUser" }
"""
STEP = """
[[step]]
phase = "keep"
who = "on-call engineer"
what = "look"
why = "it goes away"
check = "seen"
"""
BOOK = 'id = "example"\ntitle = "t"\nwhen = "w"\nharmless = "h"\n'


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        ('playbook = "root-used"', 'playbok = "root-used"', "unknown key `playbok`; did you mean `playbook`?"),
        ('playbook = "root-used"', 'playbook = " "', "`playbook` is empty"),
        ('id = "example"', 'id = "Ex ample"', "the id `Ex ample` is not lower-case words"),
        ('severity = "page"', 'severity = "critical"', "invalid enum value 'critical'"),
        ('misses = "much"', "", "missing key `misses`"),
        ('caller = "console"', 'caller = "consol"', "no way of calling `consol`; did you mean `console`?"),
        ('eventName = ["CreateUser"]', 'eventName = [{ prefix = "Create" }]', "every `eventName` it means as exact"),
        ('eventName = ["CreateUser"]', 'eventName = [""]\nuserIdentity = 5', "a value where an object or a list"),
        (
            'eventName = ["CreateUser"]',
            'eventName = ["X"]\nuserIdentity = {}',
            "an empty object, which EventBridge refuses",
        ),
        ('eventSource = ["iam.amazonaws.com"]', "", "every `eventSource` it means as exact text"),
        ('eventName = ["CreateUser"]', 'eventName = [{ sounds-like = "x" }]', "uses the operator `sounds-like`"),
        ('eventName = ["CreateUser"]', "eventName = [2026-03-02]", "a date, which no record can have"),
        ('eventName = ["CreateUser"]', 'eventName = ["X"]\nawsRegion = [{ setting = "x" }]', "the setting `x`"),
        ('record = { eventName = "CreateUser" }', "record = '[1]'", "is no JSON object"),
        ('record = { eventName = "CreateUser" }', "record = { eventTime = 2026-03-02 }", "holds a date; write it as"),
        ("fits = true", 'fits = "perhaps"', "invalid enum value 'perhaps'"),
        ("fits = true", "fits = 1", "expected `bool | str`"),
    ],
)
def test_mistakes_are_named(change: str, to: str, said: str) -> None:
    assert change in DETECTION
    with pytest.raises(InputError) as caught:
        read_detection(DETECTION.replace(change, to), file="example.toml", callers=callers())
    assert caught.value.message.startswith("`example.toml` is not a detection: ")
    assert said in caught.value.message
    assert caught.value.hint == "docs/adding-a-detection.md lists every key"


@pytest.mark.parametrize(
    "text",
    [
        "x" * 300_000,
        "a" + ".a" * 5000 + " = 1",
        "a = " + "[" * 100_000,
        DETECTION.replace(
            'eventName = ["CreateUser"]', 'eventName = ["X"]\n[pattern.' + "a." * 50 + "a]\n" + "a." * 50 + "a = [1]"
        ),
        DETECTION + 'each = { eventName = ["' + '", "'.join(str(number) for number in range(1500)) + '"] }',
        DETECTION + '[[case]]\nname = "by root"\nfits = true\nrecord = {}\n',
        DETECTION + 'each = { eventName = ["A"], eventSource = ["B"] }\n',
        "\x00",
        "",
    ],
    ids=["large", "dots", "brackets", "deep", "many cases", "two of one name", "two fields", "control", "empty"],
)
def test_hostile_files_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_detection(text, file="example.toml", callers=callers())


@given(st.text(max_size=400))
def test_any_text_is_a_detection_or_refused(written: str) -> None:
    for wanted in (written, DETECTION.replace('"it matters"', written)):
        assert said_of(wanted).isprintable()


def said_of(text: str) -> str:
    try:
        return read_detection(text, callers=callers()).id
    except InputError as error:
        return error.message


def test_a_detection_is_read_whole() -> None:
    one = read_detection(DETECTION, callers=callers())
    assert (one.id, one.names, one.sources) == ("example", ("CreateUser",), ("iam.amazonaws.com",))
    assert one.means(read_event(one.cases[0].record)) is True


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        ('title = "Do it"', 'title = "Do it"\navoidable = "assume-root"', "belong together"),
        ('title = "Do it"', 'title = "Do it"\ntask_policy = "S3Unlock"', "belong together"),
        ('title = "Do it"', 'title = ""\navoidable = "assume-root"\ntask_policy = "S3"', "no task policy `S3`"),
        ('title = "Do it"', 'title = "Do it"\naccount = ["member"]', "unknown key `account`; did you mean `accounts`?"),
    ],
)
def test_mistakes_in_tasks_are_named(change: str, to: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read_task(TASK.replace(change, to), file="example.toml", callers=callers())
    assert said in caught.value.message


def test_a_task_policy_has_a_name_of_aws() -> None:
    with pytest.raises(InputError, match="there is no task policy `example`"):
        read_task_policy(TASK.replace("[writes]", "[allows]"), callers=callers())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOOK + STEP, "a management account has no step to contain"),
        (BOOK + STEP.replace('"keep"', '"recover"') + STEP, "its steps are not in the order keep, contain"),
        (BOOK + '[[step]]\nuse = "look"\n', "there is no shared step `look`; did you mean `looks`?"),
        (BOOK + '[[step]]\nuse = "looks"\nwho = "me"\n', "a step that uses `looks` says more than that"),
        (BOOK + STEP.replace('"look"', '" "'), "a step has no `what`"),
        (BOOK + STEP.replace('phase = "keep"', ""), "a step has no `phase`"),
        (BOOK + STEP.replace("check", "chek"), "unknown key `chek`"),
    ],
)
def test_mistakes_in_playbooks_are_named(text: str, said: str) -> None:
    shared = read_shared_steps(STEP.replace("[[step]]", "[step.looks]"))
    with pytest.raises(InputError) as caught:
        read_playbook(text, file="example.toml", shared=shared)
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("declared", "spelled"),
    [
        (
            "arn:aws-us-gov:secretsmanager:us-gov-west-1:000011112222:secret:root-AbCdEf",
            (
                "arn:aws-us-gov:secretsmanager:us-gov-west-1:000011112222:secret:root-AbCdEf",
                "arn:aws-us-gov:secretsmanager:us-gov-west-1:000011112222:secret:root",
                "root-AbCdEf",
                "root",
            ),
        ),
        (
            "arn:aws:ssm:eu-west-1:000011112222:parameter/a",
            ("arn:aws:ssm:eu-west-1:000011112222:parameter/a", "/a", "a"),
        ),
        ("vault/root", ("vault/root",)),
    ],
)
def test_a_declared_secret_is_found_however_it_is_spelled(declared: str, spelled: tuple[str, ...]) -> None:
    assert spellings(declared) == spelled


VALUES = st.sampled_from(["a", "b", "ab", "Root", "root", 3, 20, True, None])
MATCHERS = st.one_of(
    VALUES,
    st.booleans().map(lambda one: {"exists": one}),
    st.sampled_from(["a", "b", ""]).map(lambda one: {"prefix": one}),
    st.sampled_from(["a", "b"]).map(lambda one: {"suffix": one}),
    st.sampled_from(["a", "root"]).map(lambda one: {"equals-ignore-case": one}),
    st.just({"numeric": [">=", 4, "<", 20]}),
    st.sampled_from([["a", "b"], "a", 3, {"prefix": ["a"]}, {"equals-ignore-case": "ROOT"}]).map(
        lambda one: {"anything-but": one}
    ),
)
FIELD = st.lists(MATCHERS, min_size=1, max_size=3)
TABLE = st.dictionaries(
    st.sampled_from("xyz"), FIELD | st.dictionaries(st.sampled_from("xyz"), FIELD, min_size=1, max_size=2), min_size=1
)
RECORD = st.recursive(
    VALUES,
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)


@given(branches=st.lists(TABLE, min_size=1, max_size=3), fields=st.dictionaries(st.sampled_from("xyz"), RECORD))
def test_any_pattern_means_the_same_on_the_bus(branches: list[Document], fields: Document) -> None:
    called: Document = {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"}
    pattern: Document = {"eventSource": ["iam.amazonaws.com"], "eventName": ["CreateUser"], "$or": [*branches]}
    text = DETECTION.replace('eventSource = ["iam.amazonaws.com"]\neventName = ["CreateUser"]\n', "")
    table = f"pattern = '''{msgspec.json.encode(pattern).decode()}'''\n"
    one = read_detection(
        text.replace("[pattern]\n", "").replace('id = "example"', table + 'id = "example"'), callers=callers()
    )
    event = read_event(callers()["console"] | called | fields)
    exported = event_patterns(one)
    answers = {
        read_event_pattern(document).matches({"detail-type": "AWS API Call via CloudTrail", "detail": event.document})
        for document in exported.documents
    }
    said = True if True in answers else None if None in answers else False
    assert said is one.means(event)


def test_the_example_of_the_page_is_a_detection_whose_cases_hold() -> None:
    (block,) = blocks(DOCS / "adding-a-detection.md", "toml")
    example = read_detection(block.text, callers=callers())
    assert all(run.right for run in run_cases(example))
    assert [mutant.change for mutant in mutants(example) if mutant.survives] == []


def test_the_page_lists_every_key_and_way_of_calling() -> None:
    page = text(DOCS / "adding-a-detection.md")
    keys = {field.name for field in msgspec.structs.fields(Detection)} - {"names", "sources", "undeclared"}
    for key in keys - {"cases", "pattern", "settings"}:
        assert f"`{key}`" in page, key
    for caller in callers():
        assert f"`{caller}`" in page, caller
