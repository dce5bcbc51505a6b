"""BG-15: what an enrolment takes in, and BG-1: none of it shows in an error."""

from __future__ import annotations

import base64
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rootwarden.breakglass.codes.aws_label import Agreement, AwsLabel, agreement, aws_label
from rootwarden.breakglass.codes.code import Algorithm, Parameters
from rootwarden.breakglass.codes.otpauth import Imported, Label, read_otpauth
from rootwarden.breakglass.codes.seed import Seed
from rootwarden.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

RAW = b"a canary: the secret itself, 40 bytes..."
SECRET = base64.b32encode(RAW).decode()
SEED = Seed(RAW)
START = "otpauth://totp/"
PLAIN = f"{START}root-account-mfa-device@000011112222?secret={SECRET}"
AWS = "Amazon%20Web%20Services"
CONSOLE = f"{START}{AWS}:root-account-mfa-device@000011112222?secret={SECRET}&issuer={AWS}"

GOOD: dict[str, tuple[str, dict[str, Any]]] = {
    "as the API makes it": (PLAIN, {"label": Label(account="root-account-mfa-device@000011112222")}),
    "as the console makes it": (
        CONSOLE,
        {"label": Label(issuer="Amazon Web Services", account="root-account-mfa-device@000011112222")},
    ),
    "plus for a space in issuer": (
        CONSOLE.replace("issuer=Amazon%20Web%20Services", "issuer=Amazon+Web+Services"),
        {"label": Label(issuer="Amazon Web Services", account="root-account-mfa-device@000011112222")},
    ),
    "issuer in the parameter only": (
        f"{PLAIN}&issuer=AWS",
        {"label": Label(issuer="AWS", account="root-account-mfa-device@000011112222")},
    ),
    "colon percent-encoded": (f"{START}AWS%3A%20x?secret={SECRET}", {"label": Label(issuer="AWS", account="x")}),
    "encoded twice is decoded once": (f"{START}a%253Ab?secret={SECRET}", {"label": Label(account="a%3Ab")}),
    "other scripts in the label": (f"{START}Größe%20東京?secret={SECRET}", {"label": Label(account="Größe 東京")}),
    "an ARN": (
        f"{START}arn:aws:iam::000011112222:mfa/x?secret={SECRET}",
        {"label": Label(account="arn:aws:iam::000011112222:mfa/x")},
    ),
    "all defaults written out": (f"{PLAIN}&algorithm=SHA1&digits=6&period=30", {"parameters": Parameters()}),
    "unknown parameters": (
        f"{PLAIN}&image=https%3A%2F%2Fexample.com&lock=true",
        {"unknown": (("image", "https://example.com"), ("lock", "true"))},
    ),
    "the secret first": (f"{START}x?issuer=AWS&secret={SECRET}", {"label": Label(issuer="AWS", account="x")}),
    "white space around it": (f"\n  {PLAIN}\t\n", {}),
    "bare secret": (SECRET, {"label": Label()}),
}
ODD: dict[str, tuple[str, dict[str, Any], str]] = {
    "another hash": (
        f"{PLAIN}&algorithm=SHA256",
        {"parameters": Parameters(algorithm=Algorithm.SHA256)},
        "is it from AWS",
    ),
    "eight digits": (f"{PLAIN}&digits=8", {"parameters": Parameters(digits=8)}, "is it from AWS"),
    "a minute": (f"{PLAIN}&period=60", {"parameters": Parameters(period=60)}, "is it from AWS"),
    "lower case": (PLAIN.replace(SECRET, SECRET.lower()), {}, "lower case"),
    "bare in groups": (" ".join(SECRET[n : n + 4] for n in range(0, 64, 4)), {}, "spaces"),
    "bare over two lines": (f"{SECRET[:32]}\n{SECRET[32:]}", {}, "spaces"),
}


@pytest.mark.parametrize("name", GOOD)
def test_good(name: str) -> None:
    text, expected = GOOD[name]
    read = read_otpauth(text)
    assert read.seed == SEED
    assert read.notes == ()
    for field, value in ({"parameters": Parameters(), "unknown": ()} | expected).items():
        assert getattr(read, field) == value


@pytest.mark.parametrize("name", ODD)
def test_odd_is_taken_and_named(name: str) -> None:
    text, expected, note = ODD[name]
    read = read_otpauth(text)
    assert read.seed == SEED
    assert [one for one in read.notes if note in one]
    for field, value in expected.items():
        assert getattr(read, field) == value


def test_right_padding_is_overlooked_and_named() -> None:
    padded = base64.b32encode(bytes(range(20, 36))).decode()
    assert padded.endswith("=")
    read = read_otpauth(f"{START}x?secret={padded}")
    assert read.seed == Seed(bytes(range(20, 36)))
    assert read.notes == ("the secret carries padding",)
    assert read_otpauth(f"{START}x?secret={quote(padded)}").seed == read.seed
    assert read_otpauth(padded.rstrip("=")).notes == ()


BAD = {
    "nothing": ("", "no text"),
    "spaces": (" \n", "no text"),
    "too long": (PLAIN + "&x=" + "y" * 5000, "longer than"),
    "no otpauth": (f"https://example.com/?secret={SECRET}", "no otpauth URI"),
    "other type": (f"otpauth://steam/x?secret={SECRET}", "does not begin with"),
    "counter": (f"otpauth://hotp/x?secret={SECRET}&counter=1", "hotp"),
    "migration": (f"otpauth-migration://offline?data={SECRET}", "export"),
    "migration in capitals": (f"OTPAUTH-MIGRATION://offline?data={SECRET}", "export"),
    "scheme in capitals": (PLAIN.replace("otpauth", "OTPAUTH"), "does not begin with"),
    "type in capitals": (PLAIN.replace("totp", "TOTP"), "does not begin with"),
    "one slash": (PLAIN.replace("//", "/"), "does not begin with"),
    "a port": (PLAIN.replace("totp/", "totp:80/"), "does not begin with"),
    "a user": (PLAIN.replace("totp/", "u@totp/"), "does not begin with"),
    "a host more": (PLAIN.replace("totp/", "totp.example.com/"), "does not begin with"),
    "no parameters": (f"{START}x", "no parameters"),
    "a fragment": (f"{PLAIN}#x", "`#`"),
    "no secret": (f"{START}x?issuer=AWS", "no `secret`"),
    "empty secret": (f"{START}x?secret=", "not base32"),
    "secret twice": (f"{PLAIN}&secret={SECRET}", "`secret` stands in the otpauth URI twice"),
    "two secrets": (f"{PLAIN}&secret={SECRET[::-1]}", "twice"),
    "secret twice, once in capitals": (f"{PLAIN}&SECRET={SECRET}", "twice"),
    "secret in capitals": (f"{START}x?Secret={SECRET}", "not written in lower case"),
    "secret's name percent-encoded, twice": (f"{PLAIN}&secre%74={SECRET}", "twice"),
    "digits twice": (f"{PLAIN}&digits=6&digits=8", "`digits` stands"),
    "unknown twice": (f"{PLAIN}&a=1&A=2", "a parameter stands"),
    "empty parameter": (f"{PLAIN}&&a=1", "no name or no value"),
    "no equals sign": (f"{PLAIN}&{SECRET}", "no name or no value"),
    "no name": (f"{PLAIN}&={SECRET}", "no name or no value"),
    "many parameters": (PLAIN + "".join(f"&p{n}=1" for n in range(20)), "more than 16"),
    "long parameter": (PLAIN + "&p=" + "a" * 600, "longer than 512"),
    "short secret": (f"{START}x?secret=JBSWY3DPEHPK3PXP", "16 letters"),
    "long secret": (f"{START}x?secret={'A' * 256}", "256 letters"),
    "space in the secret": (f"{START}x?secret={SECRET[:32]}%20{SECRET[32:]}", "not base32"),
    "zero in the secret": (f"{START}x?secret=0{SECRET[1:]}", "not base32"),
    "dash in the secret": (f"{START}x?secret={SECRET[:32]}-{SECRET[32:]}", "not base32"),
    "full-width in the secret": (f"{START}x?secret=\uff21{SECRET[1:]}", "not base32"),
    "full-width, bare": (f"\uff21{SECRET[1:]}", "not base32"),
    "sharp s, bare": (f"ß{SECRET[1:]}", "not base32"),
    "dotless i, bare": (f"\u0131{SECRET[1:]}", "not base32"),
    "a letter missing": (f"{START}x?secret={SECRET[:-1]}", "half a byte|letter is missing"),
    "a letter too many": (f"{START}x?secret={SECRET}A", "letter is missing, or one too many"),
    "bits left over": (f"{START}x?secret={'A' * 25}B", "half a byte"),
    "wrong padding": (f"{START}x?secret={SECRET}==", "padding"),
    "whole group of padding": (f"{START}x?secret={SECRET}========", "padding"),
    "padding inside": (f"{START}x?secret={SECRET[:32]}={SECRET[33:]}", "not base32"),
    "issuers differ": (f"{START}AWS:x?secret={SECRET}&issuer=Amazon", "different services"),
    "issuer with a colon": (f"{PLAIN}&issuer=a%3Ab", "no name of a service"),
    "issuer is arn": (f"{PLAIN}&issuer=arn", "no name of a service"),
    "issuers differ in case": (f"{START}AWS:x?secret={SECRET}&issuer=aws", "different services"),
    "issuer empty": (f"{PLAIN}&issuer=", "`issuer` of the otpauth URI is empty"),
    "issuer empty in the label": (f"{START}:x?secret={SECRET}", "empty issuer"),
    "no label": (f"{START}?secret={SECRET}", "no account"),
    "no account": (f"{START}AWS:?secret={SECRET}", "no account"),
    "algorithm in lower case": (f"{PLAIN}&algorithm=sha1", "`algorithm`"),
    "algorithm MD5": (f"{PLAIN}&algorithm=MD5", "`algorithm`"),
    "digits 5": (f"{PLAIN}&digits=5", "6 to 8 digits"),
    "digits 10": (f"{PLAIN}&digits=10", "6 to 8 digits"),
    "digits full-width": (f"{PLAIN}&digits=\uff16", "`digits`"),
    "digits signed": (f"{PLAIN}&digits=+6", "`digits`"),
    "digits padded": (f"{PLAIN}&digits=06", "`digits`"),
    "digits huge": (f"{PLAIN}&digits={'9' * 400}", "`digits`"),
    "the secret as digits": (f"{PLAIN}&digits={SECRET[:20]}", "`digits`"),
    "period 0": (f"{PLAIN}&period=0", "`period`"),
    "period 1": (f"{PLAIN}&period=1", "15 to 300"),
    "bare percent": (f"{START}100%?secret={SECRET}", "hexadecimal"),
    "half a percent": (f"{START}x%4?secret={SECRET}", "hexadecimal"),
    "no UTF-8": (f"{START}x%FF?secret={SECRET}", "do not show, or are not UTF-8"),
    "overlong UTF-8": (f"{START}x%C0%AF?secret={SECRET}", "do not show, or are not UTF-8"),
    "surrogate": (f"{START}x\ud800?secret={SECRET}", "do not show, or are not UTF-8"),
    "NUL": (f"{START}x%00?secret={SECRET}", "do not show"),
    "line end in the label": (f"{START}x%0Ay?secret={SECRET}", "do not show"),
    "text turned round": (f"{START}x%E2%80%AEy?secret={SECRET}", "do not show"),
    "the secret in the label": (f"{START}{SECRET}?secret={SECRET}", "the secret stands in the otpauth URI twice"),
    "the secret in an unknown value": (f"{PLAIN}&note=it-is-{SECRET.lower()}", "the secret stands"),
    "the secret as an unknown name": (f"{PLAIN}&{SECRET}=x", "the secret stands"),
    "the secret in groups in an unknown value": (
        f"{PLAIN}&note=" + "%20".join(SECRET[n : n + 4] for n in range(0, 64, 4)),
        "the secret stands",
    ),
}


def everything_told(error: BaseException) -> Iterator[str]:
    """Texts an error can show: its own, those of what it came from, and of what those carry along."""
    yield "".join(traceback.format_exception(error))
    chain: list[BaseException | None] = [error]
    while chain:
        one = chain.pop()
        if one is not None:
            yield repr(one) + repr(vars(one)) + repr(getattr(one, "object", ""))
            chain += [one.__cause__, one.__context__]


def tells(text: str, secret: str, size: int = 12) -> bool:
    """Whether any `size` letters of the secret in a row stand in a text."""
    folded = text.upper()
    return any(secret[place : place + size] in folded for place in range(len(secret) - size + 1))


@pytest.mark.parametrize("name", BAD)
def test_bad_is_refused_without_the_secret(name: str) -> None:
    text, message = BAD[name]
    with pytest.raises(InputError, match=message) as caught:
        read_otpauth(text)
    assert not any(tells(told, SECRET) or "canary" in told for told in everything_told(caught.value))


def test_the_canary_test_sees_what_it_looks_for() -> None:
    def careless() -> None:
        try:
            (SECRET.encode() + b"\xff").decode()
        except UnicodeDecodeError:
            raise InputError("hides the error before it") from None

    with pytest.raises(InputError) as caught:
        careless()
    assert any(tells(told, SECRET) for told in everything_told(caught.value))


def outcome(text: str) -> Imported | InputError:
    """What comes of a text; any other error is one too many."""
    try:
        return read_otpauth(text)
    except InputError as error:
        return error


SPOILT = st.sampled_from([
    "%", "%00", "%FF", "%C3", "&", "&&", "=", "?", "#", ":", "/", "@", "+", "=", " ", "\0", "\ud800", "\uff10", "é",
    "secret=", "&secret=", "&digits=", "&period=", "&algorithm=", "&issuer=", "otpauth://", "%253A", "A" * 600,
])  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), SPOILT | st.text(max_size=3), st.integers(0, 3)), max_size=5), st.booleans())
@example([(0.0, "otpauth://totp/", 0)], True)
def test_bg_1_whatever_is_done_to_a_uri_the_secret_does_not_show(
    changes: list[tuple[float, str, int]], bare: bool
) -> None:
    text = SECRET if bare else f"{CONSOLE}&digits=6&period=30&algorithm=SHA1&x=y"
    for where, spoilt, gone in changes:
        place = int(where * len(text))
        text = text[:place] + spoilt + text[place + gone :]
    read = outcome(text)
    if isinstance(read, InputError):
        # What an edit cut out of the middle is still a secret: any dozen letters of it in a row count.
        assert not any(tells(told, SECRET) for told in everything_told(read))
    else:
        shown = repr(msgspec.structs.replace(read, label=Label(), unknown=()))
        assert not tells(shown, SECRET)
        whole = base64.b32encode(bytes(read.seed.reveal())).decode().rstrip("=")
        assert whole not in repr(read).upper()


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for whole in (text, START + text, f"{PLAIN}{text}", f"{START}{text}?secret={SECRET}"):
        read = outcome(whole)
        assert isinstance(read, Imported) or read.message


@settings(deadline=None)
@given(
    seed=st.binary(min_size=14, max_size=128),
    issuer=st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters=":\ufffd"), max_size=20).filter(
        "arn".__ne__
    ),
    account=st.text(
        st.characters(categories=["L", "N", "P", "S"], exclude_characters=":\ufffd"), min_size=1, max_size=20
    ),
)
def test_what_is_written_by_the_rules_is_read_as_written(seed: bytes, issuer: str, account: str) -> None:
    secret = base64.b32encode(seed).decode().rstrip("=")
    label = f"{quote(issuer, safe='')}:{quote(account, safe='')}" if issuer else quote(account, safe="")
    query = f"secret={secret}" + (f"&issuer={quote(issuer, safe='')}" if issuer else "")
    read = read_otpauth(f"{START}{label}?{query}")
    assert read.seed == Seed(seed)
    assert read.label == Label(issuer=issuer, account=account)
    assert read_otpauth(secret).seed == Seed(seed)


LABELS = {
    "device@000011112222": AwsLabel(device="device", accounts=("000011112222",), alias=""),
    "a@b@0000-1111-2222": AwsLabel(device="a@b", accounts=("000011112222",), alias=""),
    "device@my-alias": AwsLabel(device="device", accounts=(), alias="my-alias"),
    "000011112222": AwsLabel(device="", accounts=("000011112222",), alias=""),
    "device": AwsLabel(device="device", accounts=(), alias=""),
    "device@0000111122223": AwsLabel(device="device", accounts=(), alias="0000111122223"),
    "device@\uff10\uff10\uff10011112222": AwsLabel(device="device", accounts=(), alias="\uff10\uff10\uff10011112222"),
    "arn:aws:iam::000011112222:mfa/path/dev": AwsLabel(device="dev", accounts=("000011112222",), alias=""),
    "arn:aws-cn:iam::000011112222:mfa/dev": AwsLabel(device="dev", accounts=("000011112222",), alias=""),
    "arn:aws:iam::000011112222:mfa/dev@333344445555": AwsLabel(
        device="dev", accounts=("000011112222", "333344445555"), alias=""
    ),
    "arn:aws:iam::000011112222:mfa/dev@000011112222": AwsLabel(device="dev", accounts=("000011112222",), alias=""),
}


@pytest.mark.parametrize("text", LABELS)
def test_labels_of_aws(text: str) -> None:
    assert aws_label(Label(account=text)) == LABELS[text]


def test_a_label_is_compared_with_the_account() -> None:
    assert agreement(Label(account="device@000011112222"), "000011112222") is Agreement.SAME
    assert agreement(Label(account="device@my-alias"), "000011112222") is Agreement.NOT_NAMED
    assert agreement(Label(), "000011112222") is Agreement.NOT_NAMED
    for other in ("device@333344445555", "arn:aws:iam::000011112222:mfa/dev@333344445555"):
        with pytest.raises(InputError, match="is for account `333344445555`, and `000011112222`") as caught:
            agreement(Label(account=other), "000011112222")
        assert caught.value.hint
