"""The timeline of a scenario for reports: one line per journal entry, and the days on which something was due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from conformance.report.events import Lane, Mark, Moment, Timeline
from conformance.requirements.verdicts import Verdict
from conformance.rules.case import Case
from conformance.rules.traffic import CONFIRM, DELETE, LIST, RECEIVE, RESTORE, SEND, Call, Delivery, Sent
from conformance.rules.values import Table, money, table, tables, text, texts
from simulator.domain.clock import RIGA, last_working_day_before
from simulator.domain.language import Bilingual, Shown, Text, _, joined, pgettext
from simulator.domain.model import ChannelName, Period
from simulator.journal import Entry, Kind, Outcome, decisions_of

_CONTENT = 8000  # characters of one document that a report shows

_CHANNELS = {
    "contract": _("contracts"),
    "discount": _("discounts"),
    "payout": _("payouts"),
}
_EVENTS = {
    "contract.new": _("contract {contract} is signed"),
    "contract.change": _("contract {contract} changes"),
    "contract.end": _("contract {contract} ends on {valid_to}"),
    "sub_user.add": _("a sub-user joins contract {contract}"),
    "sub_user.end": _("a sub-user leaves contract {contract}"),
}
_SENDS = {
    ChannelName.CONTRACT: _("sends a contract document{extent}"),
    ChannelName.DISCOUNT: _("sends a discount document{extent}"),
    ChannelName.PAYOUT: _("sends a payout document{extent}"),
    None: _("sends a document{extent}"),
}
_CALLS = {
    RECEIVE: _("reads messages: {count}"),
    RESTORE: _("restores messages: {count}"),
    DELETE: _("deletes messages: {count}"),
    CONFIRM: _("confirms that a message was processed"),
}
_INVALID_TOKENS = {
    "expired_token": _("it has ended already"),
    "foreign_token": _("it is signed with a key that DIT does not trust"),
}
_FLAWS = {
    "duplicate_delivery": _("a second time"),
    "out_of_order": _("late, after the following one"),
    "invalid_document": _("not valid by its schema"),
    "unknown_contract": _("also with a contract that nobody signed"),
    "other_retailer": _("another retailer's"),
    "odd_decimals": _("with three decimals"),
    "empty_list": _("without records"),
}


def timeline_of(case: Case, cited: Iterable[int] = ()) -> Timeline:
    """Describe the entries of a retailer's journal in order, each in one line.

    ``cited`` are the numbers of the entries that breaches refer to: each of them is in the timeline, with its document.
    """
    builder = _TimelineBuilder(case)
    cited_entries = frozenset(cited)
    moments = []
    for entry in case.entries:
        is_cited = entry.number in cited_entries
        line = builder.describe(entry) or (_fallback(entry) if is_cited else None)
        if line is not None:
            content = _content(case, entry) if is_cited else None
            moments.append(Moment(entry.number, entry.at, line.lane, line.text, line.trouble, content))
    return Timeline(tuple(moments), tuple(_marks(case, moments)))


def cited_by(verdicts: Iterable[Verdict]) -> frozenset[int]:
    """Return the numbers of the journal entries that the verdicts' breaches refer to."""
    return frozenset(
        evidence.entry
        for verdict in verdicts
        for breach in verdict.breaches
        for evidence in breach.evidence
        if evidence.entry is not None
    )


def describe_flaw(fault: str | None) -> Shown:
    """Describe the fault injected into a delivery, in brackets; empty without a fault."""
    if fault is None:
        return _NOTHING
    return Text(" ({flaw})", {"flaw": _FLAWS.get(fault, _("wrong on purpose"))})


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the timeline. ``trouble`` marks what was refused, lost or wrong."""

    text: Shown
    trouble: bool = False
    lane: Lane = Lane.EXCHANGE


def _fallback(entry: Entry) -> _Line:
    """Describe an entry that a breach refers to and for which the timeline has no sentence."""
    cause = f": {entry.cause}" if entry.cause else ""
    operation = f"{entry.interface} {entry.operation}".strip()
    return _Line(_verbatim(f"{operation}{cause}"), trouble=entry.outcome is Outcome.FAULT)


def _marks(case: Case, moments: list[Moment]) -> Iterator[Mark]:
    if not moments:
        return
    first, last = _day(moments[0]), _day(moments[-1])
    due = case.profile.due
    month = Period.of(first)
    while month <= Period.of(last):
        days = (
            (
                last_working_day_before(date(month.year, month.month, due.contract_before_day.value)),
                _("Contract data are due"),
            ),
            (month.first_day.replace(day=due.determination_day.value), _("ALDIS decides")),
            (month.first_day.replace(day=due.payout_day.value), _("Payouts of {month} are due", month=month - 1)),
        )
        yield from (Mark(day, text) for day, text in days if first <= day <= last)
        month += 1


def _day(moment: Moment) -> date:
    return moment.at.astimezone(RIGA).date()


class _TimelineBuilder:
    """Describes the entries of one case."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._calls = {call.number: call for call in case.traffic.calls}
        self._sends = {sent.number: sent for sent in case.traffic.sends}
        self._deliveries = {delivery.number: delivery for delivery in case.traffic.deliveries}
        self._issues = {issue.number: issue for issue in case.access.issues}

    def describe(self, entry: Entry) -> _Line | None:
        """Return the line for an entry; None for routine that nobody needs to read."""
        match entry.kind:
            case Kind.STIMULUS:
                return self._business(entry)
            case Kind.EXCHANGE:
                return self._call(entry)
            case Kind.TOKEN:
                return self._token(entry)
            case Kind.CONNECTION:
                return _connection(entry)
            case Kind.FTP:
                return self._ftp_command(entry)
            case Kind.DELIVERY:
                return self._delivered(entry)
            case Kind.AUTHORITY:
                return self._authority(entry)
        return None

    # -- the retailer's business

    def _business(self, entry: Entry) -> _Line | None:
        details = table(entry.details)
        match entry.operation:
            case "apply":
                return _business(joined(map(_event, tables(details.get("events"))), "; "))
            case "bill":
                return _bills(details)
            case "exchange":
                names = (_CHANNELS.get(channel, _verbatim(channel)) for channel in texts(details.get("channels")))
                return _business(_("scheduled exchange: {channels}", channels=joined(names, ", ")))
        if entry.operation.endswith(".answer") and (details.get("error") or details.get("unsupported")):
            request = entry.operation.removesuffix(".answer")
            why = text(details.get("error")) or "unsupported"
            sentence = _("the driver did not carry out '{request}': {why}", request=request, why=why)
            return _business(sentence, trouble=True)
        return None

    # -- the wire

    def _call(self, entry: Entry) -> _Line | None:
        call = self._calls.get(entry.number)
        if call is None:
            return None
        operation = self._operation(call)
        if not call.done:
            why = entry.cause or entry.fault_code or ""
            return _Line(_("{call}: DIT does not carry it out: {why}", call=operation, why=why), trouble=True)
        if call.lost:
            return _Line(_("{call}; the reply is lost", call=operation), trouble=True)
        return _Line(operation)

    def _operation(self, call: Call) -> Shown:
        count = len(call.entry.message_ids)
        match call.operation:
            case "":
                return _("a call that cannot be understood")
            case operation if operation == SEND:
                return self._sent(call)
            case operation if operation == LIST and call.read:
                return _("lists the messages already read: {count}", count=count)
            case operation if operation == LIST:
                return _("lists the new messages: {count}", count=count)
        named = _CALLS.get(call.operation)
        return _verbatim(call.operation) if named is None else named.filled(count=count)

    def _sent(self, call: Call) -> Shown:
        sent = self._sends.get(call.number)
        if sent is None:
            return _("sends a message")
        if sent.is_event:
            return _("sends an error event")
        return _SENDS[sent.channel].filled(extent=_extent(sent))

    def _token(self, entry: Entry) -> _Line | None:
        issue = self._issues.get(entry.number)
        if issue is None:
            return None
        if not issue.done:
            why = entry.cause or entry.fault_code or ""
            return _Line(_("asks the STS for a token: refused: {why}", why=why), trouble=True)
        if issue.doctored:
            flaw = _INVALID_TOKENS.get(
                text(entry.details.get("misbehaviour")) or "", pgettext("token", "wrong on purpose")
            )
            return _Line(_("gets an invalid token on purpose: {flaw}", flaw=flaw), trouble=True)
        if issue.expires is None:
            return _Line(_("gets a token from the STS"))
        until = f"{issue.expires.astimezone(RIGA):%Y-%m-%d %H:%M:%S}"
        return _Line(_("gets a token from the STS, valid until {until}", until=until))

    def _ftp_command(self, entry: Entry) -> _Line | None:
        """Describe logins and refused commands; the commands around them change nothing at DIT."""
        if entry.authority not in (self._case.retailer.authority, None):
            return None
        if entry.outcome is Outcome.FAULT:
            verb, why = entry.operation, entry.cause or entry.fault_code or ""
            return _Line(_("FTP command {verb}: refused: {why}", verb=verb, why=why), trouble=True)
        return _Line(_("logs in by FTPS")) if entry.operation == "PASS" else None

    def _delivered(self, entry: Entry) -> _Line | None:
        if entry.operation == "purge" and entry.authority == self._case.retailer.authority:
            count = len(entry.message_ids)
            return _Line(_("DIT deletes messages past retention: {count}", count=count))
        delivery = self._deliveries.get(entry.number)
        if delivery is None:
            return None
        flaw = text(table(entry.details).get("misbehaviour"))
        arrival = (
            _("an error event arrives in the mailbox{extent}{flaw}")
            if delivery.is_event
            else _("a discount document arrives in the mailbox{extent}{flaw}")
        )
        sentence = arrival.filled(extent=_extent(delivery), flaw=describe_flaw(flaw))
        return _Line(sentence, trouble=flaw is not None)

    # -- BVKB

    def _authority(self, entry: Entry) -> _Line | None:
        details = table(entry.details)
        match entry.operation:
            case "intake":
                return self._intake(details)
            case "determine":
                return self._determination(entry, details)
            case "reconcile":
                return self._reconciliation(details)
        return None

    def _intake(self, details: Table) -> _Line | None:
        if details.get("provider") not in (None, self._case.retailer.registration_number):
            return None
        if details.get("duplicate"):
            return _bvkb(_("BVKB has this document already"))
        errors = list(tables(details.get("errors")))
        accepted = details.get("accepted", 0)
        if not errors:
            return _bvkb(_("BVKB takes in records: {accepted}", accepted=accepted))
        first_errors = (
            Bilingual(text(error.get("text_lv")) or "", text(error.get("text_en")) or "") for error in errors[:3]
        )
        sentence = _(
            "BVKB takes in records: {accepted}, errors: {count}: {errors}",
            accepted=accepted,
            count=len(errors),
            errors=joined(first_errors, "; "),
        )
        return _bvkb(sentence, trouble=True)

    def _determination(self, entry: Entry, details: Table) -> _Line:
        own = [
            decision
            for decision in decisions_of(self._case.journal, entry)
            if decision.get("provider") == self._case.retailer.registration_number
        ]
        return _bvkb(
            _(
                "ALDIS decides for {period}: decisions {count}, {total} EUR in all",
                period=details.get("period"),
                count=len(own),
                total=sum(map(_granted, own), Decimal("0.00")),
            )
        )

    def _reconciliation(self, details: Table) -> _Line | None:
        if details.get("provider") != self._case.retailer.registration_number:
            return None
        differences = len(list(tables(details.get("differences"))))
        sentence = _(
            "BVKB reconciles {period}: since the year began {granted} EUR granted, {applied} EUR applied, "
            "differences {differences}",
            period=details.get("period"),
            granted=details.get("granted"),
            applied=details.get("applied"),
            differences=differences,
        )
        return _bvkb(sentence, trouble=differences > 0)


def _verbatim(name: str) -> Bilingual:
    """Return a name of the protocol as a text, the same in both languages."""
    return Bilingual(name, name)


_NOTHING = _verbatim("")


def _business(sentence: Shown, *, trouble: bool = False) -> _Line:
    return _Line(sentence, trouble, Lane.BUSINESS)


def _bvkb(sentence: Shown, *, trouble: bool = False) -> _Line:
    return _Line(sentence, trouble, Lane.AUTHORITY)


def _connection(entry: Entry) -> _Line | None:
    """Describe a TLS connection on which something other than a call happened."""
    request = text(entry.details.get("said")) or "?"
    match entry.operation:
        case "shown":
            return _Line(_("the retailer is shown the certificate of another authority on purpose"), trouble=True)
        case "handshake":
            return _Line(_("the retailer breaks off the connection, since another authority signed the certificate"))
        case "request":
            sentence = _(
                "the retailer sends {request} to a server whose certificate another authority signed", request=request
            )
            return _Line(sentence, trouble=True)
        case "plain":
            return _Line(_("plain HTTP on a port that expects TLS"), trouble=True)
    return None


def _event(event: Any) -> Shown:
    kind = text(event.get("kind")) or ""
    sentence = _EVENTS.get(kind)
    if sentence is None:
        return _verbatim(kind)
    return sentence.filled(contract=text(event.get("contract")) or "?", valid_to=text(event.get("valid_to")) or "?")


def _bills(details: Table) -> _Line:
    invoices = list(tables(details.get("invoices")))
    net = sum((money(invoice.get("net")) or Decimal("0.00") for invoice in invoices), Decimal("0.00"))
    period = details.get("period")
    if any(invoice.get("reverses") for invoice in invoices):
        return _business(_("a bill of {period} is reversed: {net} EUR net", period=period, net=net))
    count = len(invoices)
    return _business(_("bills for {period}: {count}, {net} EUR net in all", period=period, count=count, net=net))


def _granted(decision: Table) -> Decimal:
    """Return what a decision grants in EUR: for its month and for earlier months."""
    amounts = [decision.get("amount_due"), *(late.get("amount") for late in tables(decision.get("catch_up")))]
    return sum((money(amount) or Decimal("0.00") for amount in amounts), Decimal("0.00"))


def _extent(carrier: Sent | Delivery) -> Shown:
    document = carrier.content.document if carrier.content is not None else None
    if document is None:
        return _NOTHING
    sentence = (
        _(" for {period}, records: {count}")
        if document.header.corrects is None
        else _(" for {period}, records: {count}, a correction")
    )
    return sentence.filled(period=document.header.period, count=len(document.records))


def _content(case: Case, entry: Entry) -> str | None:
    """Return the document of an entry, or else the call itself, indented for reading; None without either."""
    data = case.traffic.bytes_of(entry.payload) or case.traffic.bytes_of(entry.request)
    if data is None:
        return None
    try:
        parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
        written = etree.tostring(etree.fromstring(data, parser), pretty_print=True, encoding="unicode")
    except etree.XMLSyntaxError:
        written = data.decode("utf-8", "replace")
    return written if len(written) <= _CONTENT else written[:_CONTENT] + " …"
