"""The timeline of a scenario for reports: one line per journal entry, and the days on which something was due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from conformance.report.events import Lane, Mark, Moment, Timeline
from conformance.rules.case import Case
from conformance.rules.traffic import CONFIRM, DELETE, LIST, RECEIVE, RESTORE, SEND, Call, Delivery, Sent
from conformance.rules.values import Table, money, table, tables, text, texts
from conformance.verdicts import Verdict
from simulator.clock import RIGA, last_working_day_before
from simulator.documents.model import ChannelName, Period
from simulator.journal import Entry, Kind, Outcome, decided

_CONTENT = 8000  # characters of one document that a report shows

_DOCUMENT = {
    ChannelName.CONTRACT: ("līgumu dokumentu", "a contract document"),
    ChannelName.DISCOUNT: ("atlaižu dokumentu", "a discount document"),
    ChannelName.PAYOUT: ("izmaksu dokumentu", "a payout document"),
}
_CHANNELS = {
    "contract": ("līgumi", "contracts"),
    "discount": ("atlaides", "discounts"),
    "payout": ("izmaksas", "payouts"),
}
_EVENTS = {
    "contract.new": ("noslēgts līgums {contract}", "contract {contract} is signed"),
    "contract.change": ("mainās līguma {contract} dati", "contract {contract} changes"),
    "contract.end": ("līgums {contract} beidzas {valid_to}", "contract {contract} ends on {valid_to}"),
    "sub_user.add": ("līgumam {contract} pievienojas apakšlietotājs", "a sub-user joins contract {contract}"),
    "sub_user.end": ("apakšlietotājs atstāj līgumu {contract}", "a sub-user leaves contract {contract}"),
}

_INVALID_TOKENS = {
    "expired_token": ("tās termiņš jau ir beidzies", "it has ended already"),
    "foreign_token": (
        "tā parakstīta ar atslēgu, kurai DIT neuzticas",
        "it is signed with a key that DIT does not trust",
    ),
}
_FLAWS = {
    "duplicate_delivery": ("otrreiz", "a second time"),
    "out_of_order": ("novēloti, pēc nākamā", "late, after the following one"),
    "invalid_document": ("neatbilst shēmai", "not valid by its schema"),
    "unknown_contract": ("arī ar nezināmu līgumu", "also with a contract that nobody signed"),
    "other_retailer": ("cita tirgotāja", "another retailer's"),
    "odd_decimals": ("ar trim zīmēm aiz komata", "with three decimals"),
    "empty_list": ("bez ierakstiem", "without records"),
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
            lv, en = _sentence(line.lv), _sentence(line.en)
            moments.append(Moment(entry.number, entry.at, line.lane, lv, en, line.trouble, content))
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


def describe_flaw(misbehaviour: str | None) -> tuple[str, str]:
    """Describe the fault injected into a delivery, in brackets, in Latvian and English; empty without a fault."""
    if misbehaviour is None:
        return "", ""
    lv, en = _FLAWS.get(misbehaviour, ("tīši nepareizi", "wrong on purpose"))
    return f" ({lv})", f" ({en})"


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the timeline. ``trouble`` marks what was refused, lost or wrong."""

    lv: str
    en: str
    trouble: bool = False
    lane: Lane = Lane.EXCHANGE


def _sentence(line: str) -> str:
    return line[:1].upper() + line[1:]


def _fallback(entry: Entry) -> _Line:
    """Describe an entry that a breach refers to and that has no line of its own."""
    cause = f": {entry.cause}" if entry.cause else ""
    operation = f"{entry.interface} {entry.operation}".strip()
    return _Line(f"{operation}{cause}", f"{operation}{cause}", trouble=entry.outcome is Outcome.FAULT)


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
                "Līgumu datu termiņš",
                "Contract data are due",
            ),
            (month.first_day.replace(day=due.determination_day.value), "ALDIS lēmums", "ALDIS decides"),
            (
                month.first_day.replace(day=due.payout_day.value),
                f"Izmaksu par {month - 1} termiņš",
                f"Payouts of {month - 1} are due",
            ),
        )
        yield from (Mark(day, lv, en) for day, lv, en in days if first <= day <= last)
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
                events = [_event(event) for event in tables(details.get("events"))]
                return _business("; ".join(lv for lv, _ in events), "; ".join(en for _, en in events))
            case "bill":
                return _bills(details)
            case "exchange":
                names = [_CHANNELS.get(channel, (channel, channel)) for channel in texts(details.get("channels"))]
                lv, en = ", ".join(lv for lv, _ in names), ", ".join(en for _, en in names)
                return _business(f"plānotā datu apmaiņa: {lv}", f"scheduled exchange: {en}")
        if entry.operation.endswith(".answer") and (details.get("error") or details.get("unsupported")):
            request = entry.operation.removesuffix(".answer")
            why = text(details.get("error")) or "unsupported"
            return _business(
                f'draiveris neizpildīja "{request}": {why}',
                f"the driver did not carry out {request!r}: {why}",
                trouble=True,
            )
        return None

    # -- the wire

    def _call(self, entry: Entry) -> _Line | None:
        call = self._calls.get(entry.number)
        if call is None:
            return None
        lv, en = self._operation(call)
        if not call.done:
            why = entry.cause or entry.fault_code or ""
            return _Line(f"{lv} – DIT neizpilda: {why}", f"{en}: DIT does not carry it out: {why}", trouble=True)
        if call.lost:
            return _Line(f"{lv} – atbilde pazūd", f"{en}; the reply is lost", trouble=True)
        return _Line(lv, en)

    def _operation(self, call: Call) -> tuple[str, str]:
        count = len(call.entry.message_ids)
        match call.operation:
            case "":
                return "nesaprotams izsaukums", "a call that cannot be understood"
            case operation if operation == SEND:
                return self._sent(call)
            case operation if operation == LIST and call.read:
                return f"prasa nolasīto ziņojumu sarakstu: {count}", f"lists the messages already read: {count}"
            case operation if operation == LIST:
                return f"prasa jauno ziņojumu sarakstu: {count}", f"lists the new messages: {count}"
        names = {
            RECEIVE: (f"nolasa ziņojumus: {count}", f"reads messages: {count}"),
            RESTORE: (f"atjauno ziņojumus: {count}", f"restores messages: {count}"),
            DELETE: (f"dzēš ziņojumus: {count}", f"deletes messages: {count}"),
            CONFIRM: ("apstiprina, ka ziņojums apstrādāts", "confirms that a message was processed"),
        }
        return names.get(call.operation, (call.operation, call.operation))

    def _sent(self, call: Call) -> tuple[str, str]:
        sent = self._sends.get(call.number)
        if sent is None:
            return "sūta ziņojumu", "sends a message"
        if sent.is_event:
            return "nosūta kļūdas ziņojumu", "sends an error event"
        lv, en = (
            _DOCUMENT.get(sent.channel, ("dokumentu", "a document")) if sent.channel else ("dokumentu", "a document")
        )
        extent_lv, extent_en = _extent(sent)
        return f"nosūta {lv}{extent_lv}", f"sends {en}{extent_en}"

    def _token(self, entry: Entry) -> _Line | None:
        issue = self._issues.get(entry.number)
        if issue is None:
            return None
        if not issue.done:
            why = entry.cause or entry.fault_code or ""
            return _Line(f"prasa pilnvaru no STS – atteikts: {why}", f"asks the STS for a token: refused: {why}", True)
        if issue.doctored:
            unknown = ("tīši nederīgu", "wrong on purpose")
            lv, en = _INVALID_TOKENS.get(text(entry.details.get("misbehaviour")) or "", unknown)
            return _Line(f"saņem no STS tīši nederīgu pilnvaru: {lv}", f"gets an invalid token on purpose: {en}", True)
        if issue.expires is None:
            return _Line("saņem pilnvaru no STS", "gets a token from the STS")
        until = f"{issue.expires.astimezone(RIGA):%Y-%m-%d %H:%M:%S}"
        return _Line(f"saņem pilnvaru no STS, derīgu līdz {until}", f"gets a token from the STS, valid until {until}")

    def _ftp_command(self, entry: Entry) -> _Line | None:
        """Describe logins and refused commands; the commands around them change nothing at DIT."""
        if entry.authority not in (self._case.retailer.authority, None):
            return None
        if entry.outcome is Outcome.FAULT:
            verb, why = entry.operation, entry.cause or entry.fault_code or ""
            return _Line(f"FTP komanda {verb} – atteikts: {why}", f"FTP command {verb}: refused: {why}", trouble=True)
        return _Line("pieslēdzas ar FTPS", "logs in by FTPS") if entry.operation == "PASS" else None

    def _delivered(self, entry: Entry) -> _Line | None:
        if entry.operation == "purge" and entry.authority == self._case.retailer.authority:
            count = len(entry.message_ids)
            return _Line(
                f"DIT izdzēš ziņojumus, kam beidzies laiks: {count}", f"DIT deletes messages past retention: {count}"
            )
        delivery = self._deliveries.get(entry.number)
        if delivery is None:
            return None
        flaw_lv, flaw_en = describe_flaw(text(table(entry.details).get("misbehaviour")))
        lv, en = (
            ("kļūdas ziņojums", "an error event") if delivery.is_event else ("atlaižu dokuments", "a discount document")
        )
        extent_lv, extent_en = _extent(delivery)
        return _Line(
            f"pastkastītē nonāk {lv}{extent_lv}{flaw_lv}",
            f"{en} arrives in the mailbox{extent_en}{flaw_en}",
            trouble=bool(flaw_en),
        )

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
            return _bvkb("BVKB šo dokumentu jau ir saņēmis", "BVKB has this document already")
        errors = list(tables(details.get("errors")))
        accepted = details.get("accepted", 0)
        if not errors:
            return _bvkb(f"BVKB pieņem ierakstus: {accepted}", f"BVKB takes in records: {accepted}")
        lv = "; ".join(text(error.get("text_lv")) or "" for error in errors[:3])
        en = "; ".join(text(error.get("text_en")) or "" for error in errors[:3])
        return _bvkb(
            f"BVKB pieņem ierakstus: {accepted}, kļūdas: {len(errors)} – {lv}",
            f"BVKB takes in records: {accepted}, errors: {len(errors)}: {en}",
            trouble=True,
        )

    def _determination(self, entry: Entry, details: Table) -> _Line:
        own = [
            decision
            for decision in decided(self._case.journal, entry)
            if decision.get("provider") == self._case.retailer.registration_number
        ]
        total = sum(map(_granted, own), Decimal("0.00"))
        period = details.get("period")
        return _bvkb(
            f"ALDIS lemj par {period}: lēmumi {len(own)}, kopā {total} EUR",
            f"ALDIS decides for {period}: decisions {len(own)}, {total} EUR in all",
        )

    def _reconciliation(self, details: Table) -> _Line | None:
        if details.get("provider") != self._case.retailer.registration_number:
            return None
        differences = len(list(tables(details.get("differences"))))
        period, granted, applied = details.get("period"), details.get("granted"), details.get("applied")
        return _bvkb(
            f"BVKB salīdzina {period}: kopš gada sākuma piešķirti {granted} EUR, piemēroti {applied} EUR, "
            f"atšķirības {differences}",
            f"BVKB reconciles {period}: since the year began {granted} EUR granted, {applied} EUR applied, "
            f"differences {differences}",
            trouble=differences > 0,
        )


def _business(lv: str, en: str, *, trouble: bool = False) -> _Line:
    return _Line(lv, en, trouble, Lane.BUSINESS)


def _bvkb(lv: str, en: str, *, trouble: bool = False) -> _Line:
    return _Line(lv, en, trouble, Lane.AUTHORITY)


def _connection(entry: Entry) -> _Line | None:
    """Describe a TLS connection on which something other than a call happened."""
    request = text(entry.details.get("said")) or "?"
    match entry.operation:
        case "shown":
            return _Line(
                "tirgotājam tīši uzrādīts citas iestādes sertifikāts",
                "the retailer is shown the certificate of another authority on purpose",
                trouble=True,
            )
        case "handshake":
            return _Line(
                "tirgotājs pārtrauc savienojumu, jo sertifikātu parakstījusi cita iestāde",
                "the retailer breaks off the connection, since another authority signed the certificate",
            )
        case "request":
            return _Line(
                f"tirgotājs nosūta {request} serverim, kura sertifikātu parakstījusi cita iestāde",
                f"the retailer sends {request} to a server whose certificate another authority signed",
                trouble=True,
            )
        case "plain":
            return _Line("nešifrēts HTTP portā, kur gaidīts TLS", "plain HTTP on a port that expects TLS", trouble=True)
    return None


def _event(event: Any) -> tuple[str, str]:
    kind = text(event.get("kind")) or ""
    lv, en = _EVENTS.get(kind, (kind, kind))
    values = {"contract": text(event.get("contract")) or "?", "valid_to": text(event.get("valid_to")) or "?"}
    return lv.format(**values), en.format(**values)


def _bills(details: Table) -> _Line:
    invoices = list(tables(details.get("invoices")))
    net = sum((money(invoice.get("net")) or Decimal("0.00") for invoice in invoices), Decimal("0.00"))
    period = details.get("period")
    if any(invoice.get("reverses") for invoice in invoices):
        return _business(
            f"atcelts rēķins par {period}: {net} EUR neto", f"a bill of {period} is reversed: {net} EUR net"
        )
    return _business(
        f"rēķini par {period}: {len(invoices)}, kopā {net} EUR neto",
        f"bills for {period}: {len(invoices)}, {net} EUR net in all",
    )


def _granted(decision: Table) -> Decimal:
    """Return what a decision grants in EUR: for its month and for earlier months."""
    amounts = [decision.get("amount_due"), *(late.get("amount") for late in tables(decision.get("catch_up")))]
    return sum((money(amount) or Decimal("0.00") for amount in amounts), Decimal("0.00"))


def _extent(carrier: Sent | Delivery) -> tuple[str, str]:
    document = carrier.content.document if carrier.content is not None else None
    if document is None:
        return "", ""
    period, count = document.header.period, len(document.records)
    corrected = document.header.corrects is not None
    return (
        f" par {period}, ieraksti: {count}{', labojums' if corrected else ''}",
        f" for {period}, records: {count}{', a correction' if corrected else ''}",
    )


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
