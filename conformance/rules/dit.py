"""Chapter DIT: the retailer keeps the duties of a client of the data distribution network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

from conformance.requirements.verdicts import UNSTATED, Breach, Evidence
from conformance.rules.access import REFUSED
from conformance.rules.case import Case
from conformance.rules.mailbox import (
    DUTIES,
    LIST_NOT_READ,
    NOT_DELETED,
    TOO_OFTEN,
    cause_of,
    deleted,
    deletes,
    polled_too_soon,
    read_listings,
    recoveries,
    refused_for,
)
from conformance.rules.registry import PASSED, Check, rule
from conformance.rules.traffic import CONFIRM, DELETE, LIST, RECEIVE, RESTORE, SEND, Call, Delivery, is_nameless_reply
from conformance.rules.xml import is_misdirected, is_misencoded, kind_of
from simulator.domain.language import Shown, Text, _, pgettext
from simulator.domain.model import Environment

_RIGHTS = frozenset(
    {"no-right", "unknown-channel", "unknown-channel-version", "channel-version-not-open", "unknown-authority"}
    | {"unknown-user", "unauthenticated", "receiver-filter-not-used"}
)
_STATUS = "bad-status"
_TOO_LARGE = "too-large"
_UNKNOWN = "unknown-message"
_QUOTA = "monthly-quota"
_OTHER_CHAPTERS = frozenset({_STATUS, _TOO_LARGE, _UNKNOWN, _QUOTA, "invalid-payload", REFUSED}) | DUTIES


@rule("DIT-01")
def whole_list_read(case: Case) -> Iterator[Check]:
    """All listed messages are read before the next listing of the same selection, and in the run that listed them."""
    listings: dict[tuple[str | None, str | None], list[Call]] = defaultdict(list)
    for call in case.traffic.calls:
        if call.operation == LIST and call.answered and not call.read and not call.by_ftps:
            listings[call.selector.channel, call.selector.version].append(call)
    for listing, until, unread in read_listings(case, listings.values()):
        yield _unread(listing, until, unread) if unread else PASSED
    yield from refused_for(case, LIST_NOT_READ)


def _unread(listing: Call, until: int, unread: list[str]) -> Breach:
    number, all_ = len(unread), len(listing.entry.message_ids)
    return Breach(
        _(
            "{number} of {all} listed messages were not read: {messages}.",
            number=number,
            all=all_,
            messages=", ".join(unread[:3]),
        ),
        evidence=(Evidence(listing.number), Evidence(until)),
    )


@rule("DIT-02")
def deleted_after_reading(case: Case) -> Iterator[Check]:
    """A message that was read is deleted, in that run or the next."""
    yield from refused_for(case, NOT_DELETED)
    yield from deleted(
        case,
        [fetched for fetched in case.traffic.fetched if not fetched.call.by_ftps],
    )


@rule("DIT-03")
def confirmed_before_deleting(case: Case) -> Iterator[Check]:
    """On manually acknowledged versions a read message is confirmed before it is deleted."""
    for fetched in case.traffic.fetched:
        channel = fetched.delivery.channel
        if channel is None or not case.profile.channel(channel).manual_acknowledgement or fetched.call.by_ftps:
            continue  # FTPS has nothing to confirm with
        deleted = next(
            (call for call in case.traffic.calls if call.number > fetched.number and deletes(call, fetched)), None
        )
        if deleted is None:
            continue  # this breaks DIT-02
        confirmed = any(
            call.operation == CONFIRM and fetched.number < call.number < deleted.number
            for call in case.traffic.calls
            if fetched.delivery.message in call.messages
        )
        if confirmed:
            yield PASSED
        else:
            yield Breach(
                _(
                    "Message {message} was deleted without being confirmed, although its channel version asks for "
                    "manual acknowledgement.",
                    message=fetched.delivery.message,
                ),
                evidence=(Evidence(fetched.number), Evidence(deleted.number)),
            )


@rule("DIT-04")
def not_too_often(case: Case) -> Iterator[Check]:
    """A selection is not polled again within five simulated minutes."""
    yield from refused_for(case, TOO_OFTEN)
    last: dict[tuple[str, bool, str | None, str | None], Call] = {}
    minutes = case.profile.limits.poll_seconds.value / 60
    for call in case.traffic.calls:
        if call.operation not in (LIST, RECEIVE) or call.selector.message or not call.answered or call.by_ftps:
            continue
        key = (call.operation, call.read, call.selector.channel, call.selector.version)
        before = last.get(key)
        last[key] = call
        if before is None:
            continue
        if polled_too_soon(case, before, call):
            seconds = (call.at - before.at).total_seconds()
            yield Breach(
                _(
                    "{operation} was called again for the same selection after {seconds:.0f} seconds.",
                    operation=call.operation,
                    seconds=seconds,
                ),
                expected=_("at least {minutes:.0f} minutes between two calls", minutes=minutes),
                evidence=(Evidence(before.number), Evidence(call.number)),
            )
        else:
            yield PASSED


@rule("DIT-05")
def own_versions(case: Case) -> Iterator[Check]:
    """No call is refused for want of rights."""
    for call in case.traffic.calls:
        if not call.operation or call.our_trouble:
            continue
        if call.refused and call.entry.fault_code in _RIGHTS:
            yield _refused(call, pgettext("rights", "{operation} was refused: {cause}"))
        else:
            yield PASSED


@rule("DIT-06")
def accepted(case: Case) -> Iterator[Check]:
    """No call is refused for its envelope, headers, action or arguments."""
    for call in case.traffic.calls:
        if call.our_trouble:
            continue
        if not _is_bad_call(call):
            yield PASSED
        elif not is_misencoded(case, call) and not is_nameless_reply(call):
            yield _refused(call, _("{operation} was refused ({code}): {cause}", code=call.entry.fault_code))


def _refused(call: Call, message: Text, expected: Shown = UNSTATED) -> Breach:
    """Return the breach that a refused call shows; its operation and cause are filled into the message."""
    message = message.filled(operation=call.operation or _("A call"), cause=cause_of(call))
    return Breach(message, expected, evidence=(Evidence(call.number),))


def _is_bad_call(call: Call) -> bool:
    """Tell whether the refusal is about the call as such; the others are about rights, statuses, sizes, documents."""
    if not call.refused:
        return False
    if call.entry.fault_code in _RIGHTS:
        return not call.operation  # nobody is known to have a right or none before the call can be read
    return call.entry.fault_code not in _OTHER_CHAPTERS


@rule("DIT-07")
def recovered_in_order(case: Case) -> Iterator[Check]:
    """A lost read is recovered by listing what is read, restoring, reading and only then deleting."""
    yield from recoveries(case)


@rule("DIT-08")
def not_too_large(case: Case) -> Iterator[Check]:
    """No message is larger than DIT takes."""
    limit = case.profile.limits.message_bytes.value
    for call in case.traffic.calls:
        if call.entry.fault_code == _TOO_LARGE:
            message = _("A message was refused for its size: {cause}")
            yield _refused(call, message, expected=_("at most {limit} bytes", limit=limit))
        elif call.operation == SEND and call.done:
            yield PASSED


@rule("DIT-09")
def fetched(case: Case) -> Iterator[Check]:
    """Messages in the mailbox are fetched in the next run, or at least before they are purged."""
    for delivery in case.traffic.deliveries:
        occasion = _run_after(case, delivery) if case.business.is_driven else _before_purge(case, delivery)
        yield from occasion


def _run_after(case: Case, delivery: Delivery) -> Iterator[Check]:
    run = case.business.next_run_with(delivery.channel, delivery.number) if delivery.channel is not None else None
    if run is None:
        return
    tried = [
        call
        for call in case.traffic.calls
        if delivery.number < call.number < run.ended and call.operation in (LIST, RECEIVE, DELETE)
    ]
    if any(delivery.message in call.messages for call in tried):
        yield PASSED
    elif not any(not call.answered and call.number > run.number for call in tried):
        yield Breach(
            _(
                "Message {message} lay in the mailbox ({channel}), and the run did not fetch it.",
                message=delivery.message,
                channel=delivery.channel,
            ),
            evidence=(Evidence(delivery.number), Evidence(run.ended)),
        )


def _before_purge(case: Case, delivery: Delivery) -> Iterator[Check]:
    days = case.profile.limits.retention_days.value
    until = delivery.entry.at + timedelta(days=days)
    read = any(
        c.operation == RECEIVE and c.done and c.at <= until and delivery.message in c.messages
        for c in case.traffic.calls
    )
    if read:
        yield PASSED
    elif case.entries[-1].at > until:
        yield Breach(
            _("Message {message} was not read within {days} days.", message=delivery.message, days=days),
            expected=_("every message read within {days} days; then DIT may have purged it", days=days),
            evidence=(Evidence(delivery.number),),
        )


@rule("DIT-10")
def own_channel(case: Case) -> Iterator[Check]:
    """A document travels on the channel of its kind."""
    for sent in case.traffic.sends:
        kind = kind_of(case, sent)
        if kind is None:
            continue
        if not is_misdirected(case, sent):
            yield PASSED
            continue
        yield Breach(
            _("A {kind} document was sent on the {channel} channel.", kind=kind, channel=sent.channel),
            expected=_("the channel version of {kind} documents", kind=kind),
            evidence=(Evidence(sent.number),),
        )


@rule("DIT-11")
def status_allows_it(case: Case) -> Iterator[Check]:
    """No call needs another status than the message has; a repetition after a lost answer is no fault."""
    for call in case.traffic.calls:
        if call.operation not in (RECEIVE, RESTORE, DELETE, CONFIRM) or call.our_trouble:
            continue
        if call.entry.fault_code != _STATUS:
            yield PASSED
        elif not _after_loss(case, call):
            yield _refused(call, _("{operation} was refused for the message's status: {cause}"))


def _after_loss(case: Case, call: Call) -> bool:
    return any(
        other.lost and other.operation == call.operation and other.number < call.number
        for other in case.traffic.calls
        if set(other.messages) & set(call.messages)
    )


@rule("DIT-12")
def known_messages(case: Case) -> Iterator[Check]:
    """Calls name messages by the ids that DIT gave, and only those of the own mailbox."""
    for call in case.traffic.calls:
        if call.operation not in (RECEIVE, RESTORE, DELETE, CONFIRM) or call.our_trouble:
            continue
        if call.entry.fault_code == _UNKNOWN:
            yield _refused(call, _("{operation} named a message that is not in the mailbox: {cause}"))
        elif call.messages:
            yield PASSED


@rule("DIT-13")
def read_before_deleting(case: Case) -> Iterator[Check]:
    """No message is deleted that was not read: its content is then lost."""
    for call in case.traffic.calls:
        if call.operation != DELETE or not call.done:
            continue
        unread = [
            message
            for message in call.entry.message_ids
            if message in case.traffic.delivered
            and not _got(case, message, call.number)
            and not _lost_before(case, message, call.number)
        ]
        if not unread:
            yield PASSED
            continue
        yield Breach(
            _("DeleteMessage deleted messages that were never read: {messages}.", messages=", ".join(unread[:3])),
            evidence=(Evidence(call.number),),
        )


def _got(case: Case, message: str, until: int) -> bool:
    return any(call.operation == RECEIVE and call.answered and call.number < until for call in _about(case, message))


def _lost_before(case: Case, message: str, until: int) -> bool:
    return any(call.operation == RECEIVE and call.lost and call.number < until for call in _about(case, message))


def _about(case: Case, message: str) -> Iterator[Call]:
    return (call for call in case.traffic.calls if message in call.messages)


@rule("DIT-14")
def soap_12(case: Case) -> Iterator[Check]:
    """Calls are made in SOAP 1.2."""
    for call in case.traffic.calls:
        data = case.traffic.bytes_of(call.entry.request)
        if data is None or call.entry.interface != "soap" or b"Envelope" not in data[:_HEAD]:
            continue
        if _SOAP_11 not in data[:_HEAD]:
            yield PASSED
            continue
        yield Breach(
            _("{operation} was made in SOAP 1.1.", operation=call.operation or _("A call")),
            evidence=(Evidence(call.number),),
        )
        return  # said once


_HEAD = 2000  # bytes in which an envelope begins
_SOAP_11 = b"http://schemas.xmlsoap.org/soap/envelope/"


@rule("DIT-15")
def read_once(case: Case) -> Iterator[Check]:
    """A message that was read is not read again, unless it was restored or the reading was lost."""
    read: dict[str, Call] = {}
    for call in case.traffic.calls:
        if call.operation == RESTORE and call.done:
            for message in call.messages:
                read.pop(message, None)
        if call.operation != RECEIVE or not call.answered:
            continue
        again = [other for other in call.entry.message_ids if other in read]
        if again:
            yield Breach(
                _("Message {message} was read again although it had been read and not restored.", message=again[0]),
                evidence=(Evidence(read[again[0]].number), Evidence(call.number)),
            )
        elif call.entry.message_ids:
            yield PASSED
        for message in call.entry.message_ids:
            read.setdefault(message, call)


@rule("DIT-16")
def in_order(case: Case) -> Iterator[Check]:
    """The messages of a list are read in the order in which they were delivered."""
    for listing in case.traffic.calls:
        if listing.operation != LIST or listing.read or not listing.answered or len(listing.entry.message_ids) < 2:
            continue
        place = {message: index for index, message in enumerate(listing.entry.message_ids)}
        run = case.business.run_of(listing.number)
        until = run.ended if run is not None else case.entries[-1].number
        first: dict[str, int] = {}
        for call in case.traffic.calls:
            if call.operation == RECEIVE and listing.number < call.number <= until:
                for message in call.messages:
                    first.setdefault(message, call.number)
        order = [place[message] for message in first if message in place]
        if order == sorted(order):
            yield PASSED
            continue
        yield Breach(
            _("The messages of a list were read in another order than they were delivered in."),
            evidence=(Evidence(listing.number),),
        )


@rule("DIT-17")
def monthly_volume(case: Case) -> Iterator[Check]:
    """No more is sent in a month than DIT's environment allows, which refuses the rest when it counts itself."""
    limit = case.profile.limits.month_bytes[Environment.TEST].value
    sent: dict[tuple[int, int], int] = defaultdict(int)
    for call in case.traffic.calls:
        size = call.entry.details.get("size")
        if call.refused and call.entry.fault_code == _QUOTA:
            yield _refused(call, _("DIT refused a message: {cause}"))
            continue
        if call.operation != SEND or not call.done or not isinstance(size, int):
            continue
        month = (call.at.year, call.at.month)
        before = sent[month]
        sent[month] += size
        if before <= limit < sent[month]:
            yield Breach(
                _(
                    "More than {limit} bytes were sent in {year}-{month:02d}.",
                    limit=limit,
                    year=month[0],
                    month=month[1],
                ),
                expected=_("at most {limit:g} GB a month; bulk tests are announced to VRAA", limit=limit / 1e9),
                evidence=(Evidence(call.number),),
            )
        else:
            yield PASSED
