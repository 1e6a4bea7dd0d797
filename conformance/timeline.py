"""A scenario's journal told line by line, for reports: who did what when, and what was due on which day."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from conformance.report.events import Judged, Lane, Mark, Moment, Timeline
from conformance.rules.evidence import Case
from conformance.rules.traffic import CONFIRM, DELETE, LIST, RECEIVE, RESTORE, SEND, Call, Delivery, Sent
from conformance.rules.values import money, table, tables, text, texts
from simulator.clock import RIGA, last_working_day_before
from simulator.documents.model import ChannelName, Period
from simulator.journal import Entry, Kind, decided

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

_Line = tuple[str, str, bool]  # Latvian, English, trouble


def timeline_of(case: Case, cited: Iterable[int] = ()) -> Timeline:
    """What happened, in order. ``cited`` are the journal entries whose documents are to be shown."""
    teller = _Teller(case)
    shown = frozenset(cited)
    moments = []
    for entry in case.entries:
        told = teller.tell(entry)
        if told is not None:
            lane, (lv, en, trouble) = told
            content = _content(case, entry) if entry.number in shown else None
            moments.append(Moment(entry.number, entry.at, lane, _sentence(lv), _sentence(en), trouble, content))
    return Timeline(tuple(moments), tuple(_marks(case, moments)))


def cited_by(verdicts: Iterable[Judged]) -> frozenset[int]:
    """The journal entries in which breaches can be seen."""
    return frozenset(
        each.entry
        for verdict in verdicts
        for breach in verdict.breaches
        for each in breach.evidence
        if each.entry is not None
    )


def _sentence(line: str) -> str:
    return line[:1].upper() + line[1:]


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


_WRONG = {
    "duplicate_delivery": ("otrreiz", "a second time"),
    "out_of_order": ("novēloti, pēc nākamā", "late, after the following one"),
    "invalid_document": ("neatbilst shēmai", "not valid by its schema"),
    "unknown_contract": ("arī ar nezināmu līgumu", "also with a contract that nobody signed"),
    "other_retailer": ("cita tirgotāja", "another retailer's"),
    "odd_decimals": ("ar trim zīmēm aiz komata", "with three decimals"),
    "empty_list": ("bez ierakstiem", "without records"),
}


def _wrong(misbehaviour: str | None) -> tuple[str, str]:
    """What is wrong with a delivery on purpose, in brackets, Latvian and English; nothing when it is right."""
    if misbehaviour is None:
        return "", ""
    lv, en = _WRONG.get(misbehaviour, ("tīši nepareizi", "wrong on purpose"))
    return f" ({lv})", f" ({en})"


class _Teller:
    def __init__(self, case: Case) -> None:
        self._case = case
        self._calls = {each.number: each for each in case.calls}
        self._sends = {each.number: each for each in case.sends}
        self._deliveries = {each.number: each for each in case.deliveries}

    def tell(self, entry: Entry) -> tuple[Lane, _Line] | None:
        """Who acts, and the line; None for what nobody needs to read."""
        match entry.kind:
            case Kind.STIMULUS:
                line = self._business(entry)
                return None if line is None else (Lane.BUSINESS, line)
            case Kind.EXCHANGE:
                line = self._call(entry)
                return None if line is None else (Lane.EXCHANGE, line)
            case Kind.DELIVERY:
                line = self._delivered(entry)
                return None if line is None else (Lane.EXCHANGE, line)
            case Kind.AUTHORITY:
                line = self._authority(entry)
                return None if line is None else (Lane.AUTHORITY, line)
        return None

    # -- the retailer's business

    def _business(self, entry: Entry) -> _Line | None:
        details = table(entry.details)
        match entry.operation:
            case "apply":
                told = [_event(each) for each in tables(details.get("events"))]
                return "; ".join(lv for lv, _ in told), "; ".join(en for _, en in told), False
            case "bill":
                return _bills(details)
            case "exchange":
                names = [_CHANNELS.get(each, (each, each)) for each in texts(details.get("channels"))]
                lv, en = ", ".join(each for each, _ in names), ", ".join(each for _, each in names)
                return f"plānotā datu apmaiņa: {lv}", f"scheduled exchange: {en}", False
        if entry.operation.endswith(".answer") and (details.get("error") or details.get("unsupported")):
            do = entry.operation.removesuffix(".answer")
            why = text(details.get("error")) or "unsupported"
            return f'draiveris neizpildīja "{do}": {why}', f"the driver did not carry out {do!r}: {why}", True
        return None

    # -- the wire

    def _call(self, entry: Entry) -> _Line | None:
        call = self._calls.get(entry.number)
        if call is None:
            return None
        lv, en = self._what(call)
        if not call.done:
            why = entry.cause or entry.fault_code or ""
            return f"{lv} – DIT neizpilda: {why}", f"{en}: DIT does not carry it out: {why}", True
        if call.lost:
            return f"{lv} – atbilde pazūd", f"{en}; the reply is lost", True
        return lv, en, False

    def _what(self, call: Call) -> tuple[str, str]:
        count = len(call.entry.message_ids)
        match call.operation:
            case "":
                return "nesaprotams izsaukums", "a call that cannot be understood"
            case operation if operation == SEND:
                return self._told_of(call)
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

    def _told_of(self, call: Call) -> tuple[str, str]:
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

    def _delivered(self, entry: Entry) -> _Line | None:
        if entry.operation == "purge" and entry.authority == self._case.retailer.authority:
            many = len(entry.message_ids)
            return f"DIT izdzēš ziņojumus, kam beidzies laiks: {many}", f"DIT purges what lay too long: {many}", False
        delivery = self._deliveries.get(entry.number)
        if delivery is None:
            return None
        wrong_lv, wrong_en = _wrong(text(table(entry.details).get("misbehaviour")))
        lv, en = (
            ("kļūdas ziņojums", "an error event") if delivery.is_event else ("atlaižu dokuments", "a discount document")
        )
        extent_lv, extent_en = _extent(delivery)
        return (
            f"pastkastītē nonāk {lv}{extent_lv}{wrong_lv}",
            f"{en} arrives in the mailbox{extent_en}{wrong_en}",
            bool(wrong_en),
        )

    # -- BVKB

    def _authority(self, entry: Entry) -> _Line | None:
        tell: Callable[[dict[str, Any]], _Line | None] | None = {
            "intake": self._intake,
            "determine": self._determination,
            "reconcile": self._reconciliation,
        }.get(entry.operation)
        details = dict(table(entry.details))
        if entry.operation == "determine":
            details["decided"] = list(decided(self._case.journal, entry))
        return None if tell is None else tell(details)

    def _intake(self, details: dict[str, Any]) -> _Line | None:
        if details.get("provider") not in (None, self._case.retailer.registration_number):
            return None
        if details.get("duplicate"):
            return "BVKB šo dokumentu jau ir saņēmis", "BVKB has this document already", False
        errors = list(tables(details.get("errors")))
        accepted = details.get("accepted", 0)
        if not errors:
            return f"BVKB pieņem ierakstus: {accepted}", f"BVKB takes in records: {accepted}", False
        lv = "; ".join(text(each.get("text_lv")) or "" for each in errors[:3])
        en = "; ".join(text(each.get("text_en")) or "" for each in errors[:3])
        return (
            f"BVKB pieņem ierakstus: {accepted}, kļūdas: {len(errors)} – {lv}",
            f"BVKB takes in records: {accepted}, errors: {len(errors)}: {en}",
            True,
        )

    def _determination(self, details: dict[str, Any]) -> _Line:
        own = [
            each
            for each in tables(details.get("decided"))
            if each.get("provider") == self._case.retailer.registration_number
        ]
        total = sum((_granted(each) for each in own), Decimal("0.00"))
        period = details.get("period")
        return (
            f"ALDIS lemj par {period}: lēmumi {len(own)}, kopā {total} EUR",
            f"ALDIS decides for {period}: decisions {len(own)}, {total} EUR in all",
            False,
        )

    def _reconciliation(self, details: dict[str, Any]) -> _Line | None:
        if details.get("provider") != self._case.retailer.registration_number:
            return None
        differences = len(list(tables(details.get("differences"))))
        period, granted, applied = details.get("period"), details.get("granted"), details.get("applied")
        return (
            (
                f"BVKB salīdzina {period}: kopš gada sākuma piešķirti {granted} EUR, piemēroti {applied} EUR, "
                f"atšķirības {differences}"
            ),
            (
                f"BVKB reconciles {period}: since the year began {granted} EUR granted, {applied} EUR applied, "
                f"differences {differences}"
            ),
            differences > 0,
        )


def _event(event: Any) -> tuple[str, str]:
    kind = text(event.get("kind")) or ""
    lv, en = _EVENTS.get(kind, (kind, kind))
    words = {"contract": text(event.get("contract")) or "?", "valid_to": text(event.get("valid_to")) or "?"}
    return lv.format(**words), en.format(**words)


def _bills(details: Any) -> _Line:
    invoices = list(tables(details.get("invoices")))
    net = sum((money(each.get("net")) or Decimal("0.00") for each in invoices), Decimal("0.00"))
    period = details.get("period")
    if any(each.get("reverses") for each in invoices):
        return f"atcelts rēķins par {period}: {net} EUR neto", f"a bill of {period} is taken back: {net} EUR net", False
    return (
        f"rēķini par {period}: {len(invoices)}, kopā {net} EUR neto",
        f"bills for {period}: {len(invoices)}, {net} EUR net in all",
        False,
    )


def _granted(decided: Any) -> Decimal:
    late = sum(
        (money(each.get("amount")) or Decimal("0.00") for each in tables(decided.get("catch_up"))), Decimal("0.00")
    )
    return (money(decided.get("amount_due")) or Decimal("0.00")) + late


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
    """The document of an entry, or else the call itself, as a person can read it."""
    data = case.bytes_of(entry.payload) or case.bytes_of(entry.request)
    if data is None:
        return None
    try:
        parser = etree.XMLParser(remove_blank_text=True, resolve_entities=False, no_network=True)
        written = etree.tostring(etree.fromstring(data, parser), pretty_print=True, encoding="unicode")
    except etree.XMLSyntaxError:
        written = data.decode("utf-8", "replace")
    return written if len(written) <= _CONTENT else written[:_CONTENT] + " …"
