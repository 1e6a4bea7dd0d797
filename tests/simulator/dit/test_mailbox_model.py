"""Random sequences of calls against a small model of what the mailboxes must hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from simulator.dit.mailbox import TRANSITIONS, Action
from simulator.dit.model import MailboxMessage, MessageStatus, RefusalCode, Selector
from simulator.dit.refusals import Refused
from tests.simulator.dit.setting import (
    COLLECT,
    COLLECTION,
    CUT_1,
    CUT_2,
    DISTRIBUTION,
    FIRST,
    OWNER,
    PLAIN,
    PLAIN_1,
    SECOND,
    WHOLE,
    item,
    listing,
    setting,
)

USERS = {"owner": OWNER, "first": FIRST, "second": SECOND}
CHANNEL_OF = {
    COLLECT: COLLECTION,
    WHOLE: DISTRIBUTION,
    CUT_1: DISTRIBUTION,
    CUT_2: DISTRIBUTION,
    PLAIN_1: PLAIN,
}
MAY_USE = {
    "owner": set(CHANNEL_OF),
    "first": {COLLECT, CUT_1, PLAIN_1},
    "second": {COLLECT, CUT_2, PLAIN_1},
}
MANUAL = {CUT_1, CUT_2}
ALIVE = (MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.PROCESSED)

users = st.sampled_from(sorted(USERS))
participants = st.sampled_from(["first", "second"])


@dataclass
class Copy:
    """A message in a mailbox of the model."""

    id: str
    user: str
    version: str
    status: MessageStatus = MessageStatus.DELIVERED


class Mailboxes(RuleBasedStateMachine):
    """Rules that change the network and a list of copies in the same way, and compare the two."""

    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.context = setting(Path(self.folder.name))
        self.net = self.context.__enter__()
        self.copies: list[Copy] = []
        self.number = 0

    def teardown(self) -> None:
        self.context.__exit__(None, None, None)
        self.folder.cleanup()

    # Sending

    @rule(target=sent, user=participants)
    def send_to_the_owner(self, user: str) -> str:
        self.number += 1
        return self._sent(self.net.send(user, COLLECT, item(self.number)), ("owner", COLLECT))

    @rule(target=sent, named=st.lists(participants, unique=True), filtered=st.lists(participants, unique=True))
    def send_a_list(self, named: list[str], filtered: list[str]) -> str:
        self.number += 1
        data = listing(*(USERS[user] for user in named), number=self.number)
        receivers = tuple(USERS[user] for user in filtered)
        # Mailboxes fill in the order of the filter where there is one, of versions otherwise.
        reached = [user for user in filtered or ["first", "second"] if user in named]
        message = self.net.send("owner", WHOLE, data, receivers=receivers)
        return self._sent(message, *((user, {"first": CUT_1, "second": CUT_2}[user]) for user in reached))

    @rule(target=sent)
    def send_to_everyone(self) -> str:
        self.number += 1
        return self._sent(self.net.send("owner", PLAIN_1, item(self.number)), ("first", PLAIN_1), ("second", PLAIN_1))

    @rule(target=sent, about=sent, user=users)
    def answer_with_an_event(self, about: str, user: str) -> object:
        received = next((copy for copy in self.copies if (copy.id, copy.user) == (about, user)), None)
        if received is None:
            return multiple()
        if user != "owner":
            return self._sent(self.net.event(user, received.version, about), ("owner", received.version))
        (receiver,) = self._sender(received)
        receivers = (receiver,) if receiver != "owner" else ("first",)
        if received.version in (CUT_1, CUT_2):
            receivers = ("first",) if received.version == CUT_1 else ("second",)
        event = self.net.event("owner", received.version, about, *(USERS[receiver] for receiver in receivers))
        return self._sent(event, *((receiver, received.version) for receiver in receivers))

    @rule(user=participants)
    def send_where_only_receiving_is_allowed(self, user: str) -> None:
        error = self.net.refusal(lambda transaction: self.net.send_in(transaction, user, PLAIN_1, item()))
        assert error.code is RefusalCode.NO_RIGHT

    # Mailboxes

    @rule(
        user=users,
        version=st.sampled_from(sorted(CHANNEL_OF)),
        by_channel=st.booleans(),
        action=st.sampled_from(Action),
    )
    def act_on_many(self, user: str, version: str, by_channel: bool, action: Action) -> None:
        if action not in (Action.RECEIVE, Action.DELETE):
            return
        channel = CHANNEL_OF[version]
        selector = Selector(channel=channel) if by_channel else Selector(version=version)
        allowed = by_channel or version in MAY_USE[user]
        statuses = ALIVE if action is Action.DELETE else (MessageStatus.DELIVERED,)
        chosen = [
            copy
            for copy in self.copies
            if copy.user == user
            and copy.status in statuses
            and (CHANNEL_OF[copy.version] == channel if by_channel else copy.version == version)
        ]
        answer = self._act(user, action, selector)
        if not allowed:
            assert answer is RefusalCode.NO_RIGHT
            return
        assert answer == [copy.id for copy in chosen]
        for copy in chosen:
            copy.status = MessageStatus.READ if action is Action.RECEIVE else MessageStatus.DELETED

    @rule(user=users, message=sent, action=st.sampled_from(Action))
    def act_on_one(self, user: str, message: str, action: Action) -> None:
        copy = next((copy for copy in self.copies if (copy.id, copy.user) == (message, user)), None)
        answer = self._act(user, action, Selector(message=message))
        if copy is None:
            assert answer is RefusalCode.UNKNOWN_MESSAGE
            return
        after = TRANSITIONS[copy.status, action].after
        if after is None or (action is Action.CONFIRM and copy.version not in MANUAL):
            assert answer is RefusalCode.BAD_STATUS
            return
        assert answer == [message]
        copy.status = after

    @rule(user=users, messages=st.lists(sent, max_size=4))
    def restore_many(self, user: str, messages: list[str]) -> None:
        copies = [copy for copy in self.copies if copy.user == user and copy.id in messages]
        answer = self._restore(user, messages)
        if len(copies) < len(set(messages)) or any(copy.status is not MessageStatus.READ for copy in copies):
            assert answer in (RefusalCode.UNKNOWN_MESSAGE, RefusalCode.BAD_STATUS)
            return
        assert answer == list(dict.fromkeys(messages))
        for copy in copies:
            copy.status = MessageStatus.DELIVERED

    @rule(minutes=st.integers(0, 10_000))
    def let_time_pass(self, minutes: int) -> None:
        self.net.clock.advance(self.net.clock.now() + timedelta(minutes=minutes))

    # What must always hold

    @invariant()
    def lists_show_what_the_model_has(self) -> None:
        with self.net.store.reading() as transaction:
            for user in USERS:
                caller = self.net.network.caller(transaction, user)
                for channel in (COLLECTION, DISTRIBUTION, PLAIN):
                    for read, status in ((False, MessageStatus.DELIVERED), (True, MessageStatus.READ)):
                        listed = self.net.network.list_messages(
                            transaction, caller, Selector(channel=channel), read=read
                        )
                        assert [(message.id, message.version) for message in listed] == [
                            (copy.id, copy.version)
                            for copy in self.copies
                            if (copy.user, copy.status, CHANNEL_OF[copy.version]) == (user, status, channel)
                        ]

    @invariant()
    def the_journal_tells_each_delivery_once_and_in_order(self) -> None:
        delivered = [
            (entry.message_ids[0], entry.authority, entry.channel_version) for entry in self.net.journal.entries()
        ]
        assert delivered == [(copy.id, USERS[copy.user], copy.version) for copy in self.copies]

    def _sent(self, message: str, *reached: tuple[str, str]) -> str:
        self.copies.extend(Copy(message, user, version) for user, version in reached)
        return message

    def _sender(self, copy: Copy) -> list[str]:
        with self.net.store.reading() as transaction:
            (message,) = self._own(transaction, copy)
        return [user for user, authority in USERS.items() if authority == message.sender]

    def _own(self, transaction: object, copy: Copy) -> list[MailboxMessage]:
        from simulator.dit import mailbox

        message = mailbox.find(transaction, USERS[copy.user], copy.id)  # type: ignore[arg-type]
        return [message] if message else []

    def _act(self, user: str, action: Action, selector: Selector) -> list[str] | str:
        """Return the ids that an action concerned, or its refusal; its transaction is committed in both cases."""
        if action is Action.RESTORE:
            return self._restore(user, [selector.message or ""])
        with self.net.store.transaction() as transaction:
            caller = self.net.network.caller(transaction, user)
            try:
                if action is Action.RECEIVE:
                    return [
                        mailbox_message.id
                        for mailbox_message in self.net.network.receive(transaction, caller, selector)
                    ]
                if action is Action.DELETE:
                    return list(self.net.network.delete(transaction, caller, selector))
                self.net.network.confirm(transaction, caller, selector.message or "")
            except Refused as error:
                return error.refusal.code
        return [selector.message or ""]

    def _restore(self, user: str, messages: list[str]) -> list[str] | str:
        with self.net.store.transaction() as transaction:
            try:
                return list(self.net.network.restore(transaction, self.net.network.caller(transaction, user), messages))
            except Refused as error:
                return error.refusal.code


TestMailboxes = Mailboxes.TestCase
TestMailboxes.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
