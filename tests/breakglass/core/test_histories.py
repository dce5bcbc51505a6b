"""Random people do random things at random times: what is allowed keeps the rules, the rest leaves no trace."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.breakglass.core.chronicle import Chronicle
from tests.breakglass.core.wellmade import joint, plain, signed
from tests.breakglass.core.world import PASSWORDS, POLICY, World, next_group

from rootwarden.breakglass.core import change as changes
from rootwarden.breakglass.core import entry as log
from rootwarden.breakglass.core.duty import Finding, Shown
from rootwarden.breakglass.core.entry import from_bytes
from rootwarden.breakglass.core.people import Role
from rootwarden.breakglass.core.refusal import Refused
from rootwarden.breakglass.core.request import Purpose, digest_of
from rootwarden.breakglass.core.state import Phase, State
from rootwarden.breakglass.core.step import step
from rootwarden.breakglass.rehearsal.play import ACCOUNT, DEVICE, DIGEST, GROUP, MEMBER, PHRASE, ROLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WHO: Final = st.sampled_from(
    ["ada", "ben", "ida", "rita", "pia", "uma", "rob", "anna", "omar", "sven", "carl", "cleo", "cora", "kim", "dan"]
)
REQUESTERS: Final = st.sampled_from(["rita", "pia", "rob", "sid"])
APPROVERS: Final = st.sampled_from(["anna", "omar", "sven", "ben", "rob"])
CUSTODIANS: Final = st.sampled_from(["carl", "cleo", "cora", "kim", "kurt", "sven"])
ADMINISTRATORS: Final = st.sampled_from(["ada", "ben", "ida"])
WHICH: Final = st.integers(0, 3)
WAITS: Final = st.sampled_from([1, 31, 31, 61, 5 * 60, 16 * 60, 61 * 60, 25 * 3600])
RARELY: Final = st.sampled_from([False] * 7 + [True])
_HARMLESS: Final = 5
_SHORT: Final = 150
SEEN: Final[Counter[str]] = Counter()


@cache
def beginning() -> tuple[bytes, ...]:
    return tuple(World().entries)


def picture(state: State) -> bytes:
    """Everything a state is made of."""
    plain_fields = {
        name: sorted(value) if isinstance(value, set) else value
        for name, value in vars(state).items()
        if name != "tree"
    }
    return msgspec.msgpack.encode([state.tree.size, state.tree.root, plain_fields])


def newest(names: Sequence[str], which: int) -> str:
    """One of the newest of some, or one that is not there."""
    return names[-1 - which] if which < len(names) else "nothing"


class Histories(RuleBasedStateMachine):
    """The log of a play, and what the chronicle makes of it."""

    world: World
    chronicle: Chronicle

    @initialize()
    def begin(self) -> None:
        self.world = World(founded_only=True)
        self.world.state, self.world.entries, self.chronicle = State(), [], Chronicle()
        for content in beginning():
            entry = from_bytes(content)
            step(self.world.state, entry)
            self.chronicle.take(entry)
            self.world.entries.append(content)
        self.world.now = self.world.state.newest_at
        self.world._nonces = 10_000
        self.tried = 0

    def attempt(self, entry: log.Entry) -> bool:
        self.tried += 1
        # The picture of a long history takes long.
        looked = self.world.state.size < _SHORT or self.tried % 16 == 0
        before = picture(self.world.state) if looked else b""
        try:
            self.world.add(entry)
        except Refused:
            assert not looked or picture(self.world.state) == before, "a refused entry left a trace"
            SEEN["refused"] += 1
            return False
        self.chronicle.take(entry)
        SEEN[log.kind_of(entry)] += 1
        return True

    def sign(self, kind: type[log.SignedEntry], who: str, **fields: Any) -> bool:
        return self.attempt(signed(self.world, kind, who, **fields))

    def say(self, kind: type[log.Entry], who: str = log.SYSTEM, **fields: Any) -> bool:
        return self.attempt(plain(self.world, kind, who, **fields))

    def change(self, by: str, other: str, change: changes.Change) -> None:
        name = f"change-{self.tried}"
        if self.sign(log.ChangeProposed, by, proposal=name, change=change):
            digest = self.world.state.proposals[name].digest
            self.sign(log.ChangeSeconded, other, proposal=name, digest=digest)

    def request_at(self, which: int) -> str:
        return newest([*self.world.state.requests], which)

    def lease_at(self, which: int) -> str:
        return newest([*self.world.state.leases], which)

    @rule(seconds=WAITS)
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds=seconds)

    @rule(who=REQUESTERS, purpose=st.sampled_from(list(Purpose)), emergency=st.booleans(), overrides=st.booleans())
    def file(self, who: str, purpose: Purpose, *, emergency: bool, overrides: bool) -> None:
        fields: dict[Purpose, dict[str, Any]] = {
            Purpose.VISIT: {"code_to": who, "password_to": "pia" if who != "pia" else ""},
            Purpose.TASK_SESSION: {
                "account": MEMBER, "code_to": "", "device": "", "task_policy": POLICY, "role": ROLE
            },
            Purpose.ENROLMENT: {"code_to": "", "device": DEVICE},
            Purpose.EXPORT: {"code_to": ""},
        }  # fmt: skip
        more = {"emergency": emergency, "overrides_duties": overrides, "purpose": purpose, **fields[purpose]}
        request = self.world.request(f"request-{self.tried}", who, **more)
        self.sign(log.RequestFiled, who, request=request)

    @rule(who=APPROVERS | WHO, which=WHICH, right=st.sampled_from([True, True, True, False]))
    def approve(self, who: str, which: int, *, right: bool) -> None:
        name = self.request_at(which)
        filed = self.world.state.requests.get(name)
        digest = digest_of(filed.request) if filed else DIGEST
        seen = {"head_size": self.world.state.size, "head_root": self.world.state.tree.root.hex()}
        phrase = PHRASE if right else "babab-babab"
        self.sign(log.ApprovalGiven, who, request=name, digest=digest, phrase=phrase, **seen)

    @rule(which=WHICH)
    def the_quorum_agrees(self, which: int) -> None:
        for who in ("anna", "omar", "sven"):
            self.approve(who, which, right=True)

    @rule(who=APPROVERS | WHO, which=WHICH, go=RARELY)
    def deny(self, who: str, which: int, *, go: bool) -> None:
        if go:
            self.sign(log.RequestDenied, who, request=self.request_at(which), reason="no")

    @rule(who=WHO, which=WHICH, go=RARELY)
    def report(self, who: str, which: int, *, go: bool) -> None:
        if go:
            self.sign(log.RequestReported, who, request=self.request_at(which), reason="what is this")

    @rule(who=REQUESTERS | WHO, which=WHICH, told=WHO)
    def withdraw_expire_tell(self, who: str, which: int, told: str) -> None:
        fields: dict[str, Any] = {"person": told, "channel": "mail", "delivered": True}
        self.say(log.NoticeRecorded, request=self.request_at(which), **fields)
        self.say(log.RequestExpired, request=self.request_at(which))
        if which:
            self.say(log.RequestWithdrawn, who, request=self.request_at(which))

    @rule(who=REQUESTERS, purpose=st.sampled_from([Purpose.VISIT, Purpose.VISIT, *Purpose]), emergency=RARELY)
    def a_lease_is_asked_for_and_opened(self, who: str, purpose: Purpose, *, emergency: bool) -> None:
        self.file(who, purpose, emergency=emergency, overrides=True)
        self.the_quorum_agrees(0)
        self.open_lease(who, 0)

    @rule(
        to=st.lists(WHO, max_size=3),
        late=st.sampled_from([0, 1, 14 * 60]),
        waits=st.sampled_from([60, 14 * 60, 16 * 60]),
        more=st.sampled_from(["ben", "sven", "carl", "anna"]),
    )
    def an_emergency_is_told_and_opened(self, to: Sequence[str], late: int, waits: int, more: str) -> None:
        self.say(log.LeaseEnded, lease=self.lease_at(0), why="window")
        self.file("rita", Purpose.VISIT, emergency=True, overrides=True)
        self.approve("sven", 0, right=True)
        self.approve(more, 0, right=True)
        self.world.wait(seconds=late)
        for told in to:
            self.say(
                log.NoticeRecorded, request=self.request_at(0), person=told, channel="mail", delivered=told != "dan"
            )
        self.world.wait(seconds=waits)
        if self.opens("rita", 0):
            SEEN["emergency-opened"] += 1

    @rule(who=REQUESTERS | WHO, which=WHICH)
    def open_lease(self, who: str, which: int) -> None:
        self.opens(who, which)

    def opens(self, who: str, which: int) -> bool:
        name = self.request_at(which)
        filed = self.world.state.requests.get(name)
        until = filed.request.until if filed else self.world.now + timedelta(minutes=5)
        fence = self.world.state.size
        return self.say(log.LeaseOpened, who, lease=f"lease-{self.tried}", request=name, until=until, fence=fence)

    @rule(who=REQUESTERS | WHO, which=WHICH, off=st.sampled_from([0, 0, 0, 1, -1, 2]))
    def get_something(self, who: str, which: int, off: int) -> None:
        lease, now = self.lease_at(which), self.world.step_now()
        fields = {"task_policy": POLICY, "role": ROLE, "seconds": 900}
        self.sign(log.CodeReleased, who, lease=lease, device=DEVICE, step=now + off)
        self.sign(log.PasswordReleased, "pia" if off else who, lease=lease)
        self.sign(log.TaskSessionReleased, who, lease=lease, **fields)
        self.sign(log.ExportReleased, who, lease=lease, digest=DIGEST)

    @precondition(lambda self: self.world.state.open_leases)
    @rule(off=st.sampled_from([0, 1]))
    def the_right_one_gets_codes(self, off: int) -> None:
        lease = self.world.state.leases[next(iter(self.world.state.open_leases.values()))]
        who, now = lease.request.code_to or lease.request.requester, self.world.step_now()
        self.sign(log.CodeReleased, who, lease=lease.id, device=DEVICE, step=now + off)
        self.sign(log.ExportReleased, who, lease=lease.id, digest=DIGEST)
        self.sign(log.TaskSessionReleased, who, lease=lease.id, task_policy=POLICY, role=ROLE, seconds=900)
        self.say(log.LeaseEnded, lease=lease.id, why="window")

    @precondition(lambda self: self.world.state.open_leases)
    @rule()
    def a_seed_is_enrolled(self) -> None:
        lease = self.world.state.leases[next(iter(self.world.state.open_leases.values()))]
        who, custody = lease.request.requester, self.world.state.groups[GROUP]
        version = self.world.state.accounts[ACCOUNT].records[DEVICE].version + 1
        fields = {"account": ACCOUNT, "holds": "totp-seed", "device": DEVICE, "group": GROUP, "version": version}
        more = {"epoch": custody.group.epoch, "fingerprint": "12", "digest": DIGEST, "lease": lease.id}
        self.sign(log.RecordSealed, who, **fields, **more)
        self.sign(log.EnrolmentServed, who, lease=lease.id, device=DEVICE, step=self.world.step_now())
        self.sign(log.EnrolmentProven, who, lease=lease.id, device=DEVICE, evidence="signed in", source_destroyed=True)

    @precondition(lambda self: self.world.state.owed)
    @rule()
    def duties_are_met(self) -> None:
        for names in [*self.world.state.owed.values()]:
            for name in [*names]:
                self.world.wait(minutes=1)
                self.sign(log.CheckedIn, "dan", **self.world.check_in_fields(name))
                self.say(log.LeaseClosed, lease=name)

    @precondition(lambda self: any(self.world.state.owed.values()))
    @rule(by=ADMINISTRATORS, again=st.booleans())
    def a_difference_is_accepted(self, by: str, *, again: bool) -> None:
        name = next(name for names in self.world.state.owed.values() for name in names)
        duty = self.world.state.leases[name].duties[0]
        if duty != "report":
            self.world.wait(minutes=1)
            fields = self.world.check_in_fields(name, **{duty.name.lower(): Shown.DIFFERS})
            self.sign(log.CheckedIn, "dan", **fields)
        accepted = {"lease": name, "duty": str(duty), "evidence": DIGEST, "reason": "known"}
        self.attempt(joint(self.world, log.DutyAccepted, "anna", by, **accepted))
        if again:
            self.sign(log.CheckedIn, "dan", **self.world.check_in_fields(name))

    @rule(who=REQUESTERS | WHO, which=WHICH, why=st.sampled_from(["window", "returned", "revoked"]))
    def end(self, who: str, which: int, why: str) -> None:
        self.say(log.LeaseEnded, log.SYSTEM if why == "window" else who, lease=self.lease_at(which), why=why)

    @rule(who=WHO, which=WHICH, shown=st.sampled_from([Shown.MET, Shown.MET, Shown.DIFFERS, Shown.UNKNOWN]))
    def look(self, who: str, which: int, shown: Shown) -> None:
        name = self.lease_at(which)
        lease = self.world.state.leases.get(name)
        duties = lease.duties if lease else ()
        findings = tuple(
            Finding(duty=duty, shown=shown if number == 0 and len(duties) > 1 else Shown.MET, why="w")
            for number, duty in enumerate(duties)
        )
        fields = {"lease": name, "observed_at": self.world.now, "last_root_event": None, "evidence": DIGEST}
        self.sign(log.CheckedIn, who, **fields, findings=findings, report="done")
        duty = str(duties[0]) if duties else "mail"
        accepted = {"lease": name, "duty": duty, "evidence": DIGEST, "reason": "known"}
        self.attempt(joint(self.world, log.DutyAccepted, who, "anna", **accepted))
        self.say(log.LeaseClosed, lease=name)

    @rule(by=ADMINISTRATORS, other=ADMINISTRATORS | WHO, whom=WHO, kind=st.integers(0, 8), go=RARELY)
    def something_is_changed(self, by: str, other: str, whom: str, kind: int, *, go: bool) -> None:
        state = self.world.state
        person = state.people[whom].person
        roles = tuple(role for role in person.roles if role is not Role.APPROVER)
        key = next(iter(state.people[whom].keys), "none")
        until = self.world.now + timedelta(days=3)
        choices: tuple[Callable[[], changes.Change], ...] = (
            lambda: changes.RestorePerson(person=whom, reason="back"),
            lambda: changes.RestorePerson(person=newest(sorted(self.chronicle.suspended), 0), reason="back"),
            lambda: changes.RestorePerson(person=newest(sorted(self.chronicle.frozen), 0), reason="back"),
            lambda: changes.SetPerson(person=msgspec.structs.replace(self.world.players[whom].person)),
            lambda: changes.Waive(waiver="placement:rack", reason="w", until=until),
            lambda: changes.SetPerson(person=msgspec.structs.replace(person, roles=roles)),
            lambda: changes.RevokeKey(person=whom, key=key, reason="lost"),
            lambda: changes.SetSettings(settings=state.settings),
            lambda: changes.SetAccount(account=state.accounts[ACCOUNT].account),
        )
        if go or kind < _HARMLESS:
            self.change(by, other, choices[kind]())

    @rule()
    def everybody_is_back(self) -> None:
        for whom in sorted((self.chronicle.suspended | self.chronicle.frozen) - {"sid"}):
            self.change("ada", "ida" if whom == "ben" else "ben", changes.RestorePerson(person=whom, reason="back"))
        self.world.wait(minutes=61)

    @rule(by=ADMINISTRATORS | WHO, whom=WHO | REQUESTERS, leaver=st.booleans(), go=RARELY)
    def suspend(self, by: str, whom: str, *, leaver: bool, go: bool) -> None:
        if not go:
            return
        if leaver:
            self.say(log.LeaverSuspended, person=whom, reason="left")
        else:
            self.sign(log.PersonSuspended, by, person=whom, reason="ill")

    @rule(who=CUSTODIANS, which=WHICH, group=st.sampled_from([GROUP, PASSWORDS]), ends=st.booleans())
    def custodians_work(self, who: str, which: int, group: str, *, ends: bool) -> None:
        state = self.world.state
        fields: dict[str, Any] = {"group": group, "epoch": state.groups[group].group.epoch, "fingerprint": "ab"}
        opening = f"opening-{self.tried}"
        self.say(log.OpeningBegun, opening=opening, purpose="lease", reference=self.lease_at(which), **fields)
        name = newest([*state.openings], which)
        for giver in (who, "carl", "kim"):
            self.sign(log.ShareGiven, giver, opening=name, fingerprint="ab", digest=DIGEST)
        if ends:
            self.say(log.OpeningEnded, opening=name, outcome="opened")

    @precondition(lambda self: self.world.state.groups[GROUP].group.epoch == 1)
    @rule(go=st.integers(0, 5))
    def custody_changes(self, go: int) -> None:
        if go == 0:
            self.change("ada", "ida", changes.SetGroup(group=next_group()))

    @rule(administrator=ADMINISTRATORS, custodian=CUSTODIANS, go=st.integers(0, 9))
    def an_epoch_begins(self, administrator: str, custodian: str, go: int) -> None:
        if go:
            return
        state = self.world.state
        seen = {"head_size": state.size, "head_root": state.tree.root.hex()}
        floor = log.StepFloor(account=ACCOUNT, device=DEVICE, step=self.world.step_now())
        fields = {"epoch": state.epoch + 1, "reason": "restored", "floors": (floor,), **seen}
        self.attempt(joint(self.world, log.EpochBegun, custodian, "ben", administrator, **fields))

    @invariant()
    def one_open_lease_an_account(self) -> None:
        if not hasattr(self, "world"):
            return
        state = self.world.state
        open_ = {one.request.account: name for name, one in state.leases.items() if one.phase is Phase.OPEN}
        assert open_ == state.open_leases
        owing = {(one.request.account, name) for name, one in state.leases.items() if one.phase is Phase.DUTIES}
        assert owing == {(account, name) for account, names in state.owed.items() for name in names}
        assert {name for name, one in state.requests.items() if one.stage == "filed"} == set(state.waiting)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        again = State()
        for content in self.world.entries:
            step(again, from_bytes(content))
        assert picture(again) == picture(self.world.state), "the log does not replay to the state"


_QUIET: Final = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
Histories.TestCase.settings = settings(
    max_examples=25, stateful_step_count=60, deadline=None, suppress_health_check=_QUIET
)


class TestHistories(Histories.TestCase):  # type: ignore[misc,valid-type]  # hypothesis makes it
    """Short ones, which hypothesis makes shorter still when one fails."""


@pytest.mark.soak
@pytest.mark.timeout(3600)
class TestMoreHistories(Histories.TestCase):  # type: ignore[misc,valid-type]  # hypothesis makes it
    """The same for longer."""

    settings = settings(max_examples=2000, stateful_step_count=200, deadline=None, suppress_health_check=_QUIET)


class Walk(Histories):
    """A long history, drawn from a seed: people mostly do what is theirs to do."""

    def go(self, draw: random.Random, actions: int) -> None:
        self.begin()

        def rare() -> bool:
            return draw.random() < _RARE

        def which() -> int:
            return draw.choice([0, 0, 0, 1, 2, 3])

        def one(pool: str) -> str:
            return draw.choice(_POOLS[pool])

        acts: list[tuple[int, Callable[[], object]]] = [
            (3, lambda: self.time_passes(draw.choice([1, 31, 61, 300]))),
            (1, lambda: self.time_passes(draw.choice([960, 3660]))),
            (4, lambda: self.a_lease_is_asked_for_and_opened(
                one("requesters"), draw.choice([Purpose.VISIT, Purpose.VISIT, *Purpose]), emergency=rare()
            )),
            (3, lambda: self.file(
                one("requesters"), draw.choice([*Purpose]), emergency=draw.random() < 0.3, overrides=draw.random() < 0.3
            )),
            (6, lambda: self.an_emergency_is_told_and_opened(
                [one("told") for _ in range(draw.randrange(4))], draw.choice([1, 840, 840]), draw.choice([60, 60, 960]),
                draw.choice(["ben", "sven", "carl", "anna"]),
            )),
            (4, lambda: self.approve(one("approvers"), which(), right=draw.random() < 0.8)),
            (2, lambda: self.the_quorum_agrees(which())),
            (1, lambda: self.deny(one("who"), which(), go=draw.random() < 0.1)),
            (1, lambda: self.report(one("who"), which(), go=rare())),
            (2, lambda: self.withdraw_expire_tell(one("requesters"), which(), one("who"))),
            (4, lambda: self.open_lease(one("requesters"), which())),
            (4, lambda: self.get_something(one("requesters"), which(), draw.choice([0, 0, 1, -1]))),
            (4, lambda: self.state.open_leases and self.the_right_one_gets_codes(draw.choice([0, 1]))),
            (3, lambda: self.state.open_leases and self.a_seed_is_enrolled()),
            (2, lambda: self.end(one("requesters"), which(), draw.choice(["window", "returned", "revoked"]))),
            (3, lambda: self.look(draw.choice(["ada", "dan", "omar"]), which(), draw.choice([*Shown]))),
            (1, lambda: self.state.owed and self.duties_are_met()),
            (1, lambda: any(self.state.owed.values()) and self.a_difference_is_accepted(
                one("administrators"), again=draw.random() < 0.5
            )),
            (2, lambda: self.something_is_changed(
                one("administrators"), one("administrators"), one("who"), draw.randrange(9), go=rare()
            )),
            (1, lambda: draw.random() < 0.1 and self.everybody_is_back()),
            (1, lambda: self.suspend(one("administrators"), one("who"), leaver=draw.random() < 0.5, go=rare())),
            (2, lambda: self.custodians_work(
                one("custodians"), which(), draw.choice([GROUP, PASSWORDS]), ends=draw.random() < 0.7
            )),
            (1, lambda: self.an_epoch_begins(one("administrators"), one("custodians"), draw.randrange(60))),
        ]  # fmt: skip
        weights = [weight for weight, _ in acts]
        for _, act in draw.choices(acts, weights, k=actions):
            act()
            self.one_open_lease_an_account()
        self.teardown()

    @property
    def state(self) -> State:
        return self.world.state


_POOLS: Final = {
    "requesters": ["rita", "rita", "pia", "rob", "uma", "dan"],
    "approvers": ["anna", "omar", "sven", "ben", "rob", "carl"],
    "custodians": ["carl", "cleo", "cora", "kim", "kurt", "sven"],
    "administrators": ["ada", "ben", "ida"],
    "told": ["rita", "pia", "rob", "anna", "omar", "dan"],
    "who": ["ada", "ben", "ida", "rita", "pia", "uma", "rob", "anna", "omar", "sven", "carl", "cleo", "kim", "dan"],
}
_RARE: Final = 0.02
_LONG: Final = (pytest.mark.soak, pytest.mark.timeout(3600))
_REACHED: Final = {
    "code-released", "password-released", "task-session-released", "export-released", "enrolment-served",
    "lease-opened", "emergency-opened", "lease-closed", "duty-accepted", "share-given", "opening-ended",
    "request-expired",
}  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "actions", "reached"),
    [
        (1, 2500, _REACHED),
        (2, 2500, _REACHED),
        *(pytest.param(seed, 10_000, {"lease-opened"}, marks=_LONG) for seed in range(3, 23)),
    ],
)
def test_a_long_walk_keeps_every_rule_and_gets_everywhere(seed: int, actions: int, reached: set[str]) -> None:
    SEEN.clear()
    Walk().go(random.Random(seed), actions)
    assert set(SEEN) >= reached
    assert SEEN["refused"] > actions / 10
