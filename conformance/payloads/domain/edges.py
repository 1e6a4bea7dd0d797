"""Generates documents with values near the limits of what the schema and the business rules allow.

The schema knows no check digits, sums or order of dates, so records are made as domain objects that agree with each
other. Texts that the business rules leave open come from the schema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from xmlschema.validators import XsdElement, XsdSimpleType

from conformance.payloads.domain.generator import LATE_DATA, RECORD_BYTES, ZERO, DocumentGenerator
from conformance.payloads.engine.choices import Choices, Literals, Source, UnionValues, Values
from conformance.payloads.engine.loading import Prefixes
from conformance.payloads.engine.simple_types import SimpleTypes
from simulator.documents.bindings import Node
from simulator.documents.explaining import child_declaration, global_element
from simulator.documents.profile import ChannelProfile, Profile
from simulator.domain.business_rules import FIRST_PERIOD
from simulator.domain.clock import RIGA
from simulator.domain.identifiers import (
    SYNTHETIC_NEW_CODES,
    personal_code_canonical,
    synthetic_metering_point,
    synthetic_new_personal_code,
    synthetic_personal_code,
    synthetic_registration_number,
)
from simulator.domain.model import (
    Address,
    Category,
    ChannelName,
    ContractRecord,
    DiscountRecord,
    Document,
    Operation,
    PayoutRecord,
    Period,
    Person,
    Record,
)

# ---- texts

_LATVIAN = "AĀBCČDEĒFGĢHIĪJKĶLĻMNŅOPRSŠTUŪVZŽ"
_LONGEST = 500  # characters of an edge, where the schema sets no length
_NAMES = (
    "Anna",
    "Ž",
    _LATVIAN,
    _LATVIAN.lower(),
    "Anna-Marija",
    "Be\u0304rzin\u0327s",  # combining marks instead of the letters that have them
    "D'Arsija",
)
_EDGES: Mapping[str, tuple[str, ...]] = {
    "given_name": _NAMES,
    "surname": _NAMES,
    "contract": ("1", "0012345678", "ĻĢ-12/3 a", "0", "R&D <1>"),
    "invoice_number": ("1", "R-2026-03-0001", "00001", "Ē/1"),
    "text": ("Paraugu iela 1, Paraugciems", 'Māja "Ļaudis", 2. stāvs & bēniņi', "A"),
    "reason": (LATE_DATA, "x"),
    "decision_id": ("1", "L-2026/0001"),
}
"""Texts by the last word of the field's name, the simplest first. Those that the schema does not allow are left out."""


class FieldTexts:
    """Texts of the fields of one channel's documents, by the field's name (``records.holder.surname``).

    Raises PayloadError if the schema allows no text for a field, or uses a construct that is not supported.
    """

    def __init__(self, profile: Profile, channel: ChannelProfile) -> None:
        model = profile.catalogue.model(channel.schema_urn)
        root = global_element(model, channel.root)
        assert root is not None  # the profile was checked against its schemas when it was loaded
        self._types = dict(_types(channel.tree, root, ""))
        self._simple = SimpleTypes(Prefixes({}))
        self._values: dict[str, Values] = {}
        self._known: dict[tuple[str, str], bool] = {}

    def text(self, field: str, choices: Choices) -> str:
        """Return a text of a field; zeros make the simplest."""
        if field not in self._values:
            self._values[field] = self._values_of(field)
        return self._values[field].make(choices)

    def allows(self, field: str, text: str) -> bool:
        """Return True if the schema allows a text in a field."""
        known = self._known.get((field, text))
        if known is None:
            xsd_type = self._types.get(field)
            known = self._known[field, text] = xsd_type is None or bool(xsd_type.is_valid(text))
        return known

    def has(self, field: str) -> bool:
        """Return True if the profile has the field."""
        return field in self._types

    def _values_of(self, field: str) -> Values:
        xsd_type = self._types.get(field)
        edges = [text for text in self._edges(field, xsd_type) if self.allows(field, text)]
        if xsd_type is None:
            return Literals(edges)
        own = self._simple.simple(xsd_type).values
        return UnionValues((Literals(edges), own)) if edges else own

    def _edges(self, field: str, xsd_type: XsdSimpleType | None) -> Iterator[str]:
        known = _EDGES.get(field.rpartition(".")[2], _EDGES["text"])
        yield from known
        longest = getattr(xsd_type, "max_length", None) or _LONGEST
        yield from (letter * longest for letter in ("ņ", "Š", "7"))


def _types(node: Node, declaration: XsdElement, prefix: str) -> Iterator[tuple[str, XsdSimpleType]]:
    """Yield the fields that the profile binds, each with its simple type."""
    if node.text is not None and node.text.field is not None and declaration.type.simple_type is not None:
        yield prefix + node.text.name, declaration.type.simple_type
    for name, binding in node.attributes.items():
        attribute = declaration.attributes.get(name)
        if binding.field is not None and attribute is not None and attribute.type is not None:
            yield prefix + binding.name, attribute.type
    for child in node.children:
        inner = child_declaration(declaration, child.name)
        if inner is not None:
            yield from _types(child, inner, f"{prefix}{child.group.name}." if child.group else prefix)


# ---- documents

_PERIODS = (Period(2026, 3), FIRST_PERIOD, Period(2024, 2), Period(2025, 12), Period(2026, 1))
_AMOUNTS = ("0.00", "0.01", "20.00", "0.99", "99999.99", "9999999999.99")
_LARGEST = tuple(Decimal(amount) for amount in ("9999999999.99", "99999.99", "99.99", "0.99", "0.00"))
_CORRECTED = str(UUID(int=2))


class EdgeGenerator(DocumentGenerator):
    """Makes documents of which any value may be at a limit; zeros make the simplest document."""

    def __init__(self, channel: ChannelName, profile: Profile, texts: FieldTexts, source: Source) -> None:
        """``texts`` are those of the channel, which take time to build."""
        super().__init__(channel, profile, source)
        self._texts = texts
        self.categories = tuple(Category)
        choices = source.choices(4)
        self._provider = synthetic_registration_number(choices.number(2) % 900)
        self._corrects = _CORRECTED if choices.byte() > 230 and self._document_id != _CORRECTED else None
        self._number: int | None = None
        self._seen: set[object] = set()
        self._invoice: PayoutRecord | None = None
        self._shares_invoice = False

    def document(self, least: int, most: int) -> Document:
        """Return a document of ``least`` to ``most`` records."""
        count = least + self._source.choices(1).index(most - least + 1)
        records = tuple(self.records(count))
        return Document(self._channel, self.header(len(records)), records)

    def records(self, count: int) -> Iterator[Record]:
        """Yield records of which no two are about the same thing.

        A record that repeats another one is drawn once more, with its position as a number that tells it apart; where
        the schema has no room for such a number, there are fewer records than ``count``.
        """
        for number in range(1, count + 1):
            for self._number in (None, number):
                record = self._make_record(self._source.choices(RECORD_BYTES))
                if self._is_new(record):
                    yield record
                    break

    def _is_new(self, record: Record) -> bool:
        keys: set[object]
        if isinstance(record, ContractRecord):
            keys = {record.contract}
        elif isinstance(record, DiscountRecord):
            keys = {(record.contract, personal_code_canonical(record.person_code))}
        else:
            assert isinstance(record, PayoutRecord)
            invoice = (record.contract, record.invoice_number)
            keys = {(*invoice, personal_code_canonical(record.person_code))}
            if not self._shares_invoice:
                keys.add(invoice)
        if keys & self._seen:
            return False
        self._seen |= keys
        if isinstance(record, PayoutRecord):
            self._invoice = None if self._shares_invoice else record
        return True

    # ---- values

    def _is_unusual(self, choices: Choices) -> bool:
        return choices.byte() > 200

    def _choose_period(self, choices: Choices) -> Period:
        return choices.pick(_PERIODS) if choices.byte() < 160 else FIRST_PERIOD + choices.index(128)

    def _choose_creation(self, choices: Choices) -> datetime:
        """Contracts and discounts are written from the month before on, payouts when the month is over."""
        month = self.period + (1 if self._channel is ChannelName.PAYOUT else choices.index(3) // 2)
        day = self._day(month, choices)
        hour = choices.pick((10, 0, 23, 16))  # never the hour that a change to or from summer time skips or repeats
        return datetime(day.year, day.month, day.day, hour, choices.index(60), tzinfo=RIGA)

    def _day(self, month: Period, choices: Choices) -> date:
        """Return the second day of a month, its last one (29 February, 31 December), or any."""
        choice = choices.index(4)
        if choice == 0:
            return month.first_day + timedelta(days=1)
        return month.last_day if choice == 1 else month.first_day + timedelta(days=choices.index(month.last_day.day))

    def _unique_text(self, field: str, choices: Choices) -> str:
        """Return a text of a field; for a record that repeated another one, a number."""
        if self._number is not None:
            for text in (f"N-{self._number:04d}", f"{self._number:010d}", f"{self._number:08d}", f"{self._number}"):
                if self._texts.allows(field, text):
                    return text
        return self._texts.text(field, choices)

    def _contract_number(self, choices: Choices) -> str:
        return self._unique_text("records.contract", choices)

    def _invoice_number(self, choices: Choices) -> str:
        return self._unique_text("records.invoice_number", choices)

    def _metering_point(self, choices: Choices) -> str:
        return synthetic_metering_point(choices.number(3))

    def _personal_code(self, field: str, choices: Choices) -> str:
        number = choices.number(3)
        hyphen = not (choices.byte() & 1 and self._texts.allows(field, "01018000012"))
        if choices.byte() < 180:
            return synthetic_personal_code(number, hyphen=hyphen)
        return synthetic_new_personal_code(number % SYNTHETIC_NEW_CODES, hyphen=hyphen)

    def _person(self, field: str, choices: Choices) -> Person:
        return Person(
            self._personal_code(f"{field}.code", choices),
            self._texts.text(f"{field}.given_name", choices),
            self._texts.text(f"{field}.surname", choices),
        )

    def _address(self, field: str, choices: Choices) -> Address:
        code = f"{field}.code"
        has_code = choices.byte() > 170 and self._texts.has(code)
        return Address(
            self._texts.text(f"{field}.text", choices), self._texts.text(code, choices) if has_code else None
        )

    def _validity(self, operation: Operation, choices: Choices) -> tuple[date, date | None]:
        first_day = date(1, 1, 1)
        if choices.byte() < 200:
            first_day = self._day(self.period + (choices.index(8) // 3 - 1), choices)
        if operation is not Operation.END and choices.byte() <= 170:
            return first_day, None
        return first_day, first_day + timedelta(days=choices.pick((0, 1, 365, 36_524)))

    def _count(self, choices: Choices) -> int:
        return choices.pick((1, 2, 9, 99))

    def _money(self, field: str, choices: Choices, most: Decimal | None = None) -> Decimal:
        """Return an amount in EUR with two decimals, not above ``most``; zeros make 0.00."""
        if choices.byte() < 128:
            amount = Decimal(choices.pick(_AMOUNTS))
        else:
            amount = Decimal(choices.number(choices.index(4) + 1)).scaleb(-2)
        if most is not None and amount > most:
            amount = most if choices.byte() & 1 else (most * choices.byte() / 255).quantize(Decimal("0.01"))
        largest = next(limit for limit in _LARGEST if self._texts.allows(f"records.{field}", f"{limit:.2f}"))
        return min(amount, largest)

    def _reason(self, field: str, choices: Choices) -> str:
        """Return a text that is not blank: a schema may allow blanks, the business rules do not."""
        text = self._texts.text(field, choices)
        return text if text.strip() else LATE_DATA

    def _decision_id(self, choices: Choices) -> str:
        return self._texts.text("records.decision_id", choices)

    def _decision_date(self, choices: Choices) -> date:
        return self._created_at.date() - timedelta(days=choices.index(40))

    def _billing(self, choices: Choices) -> tuple[Period, date]:
        period = self.period - min(self._months_before(), choices.index(6) // 4)
        latest = self._created_at.date()
        return period, max(period.first_day, latest - timedelta(days=choices.index(60)))

    def _payout_amounts(self, choices: Choices) -> tuple[Decimal, Decimal, Decimal, Decimal]:
        net = self._money("net_bill", choices)
        return net, *self._applied_amounts(net, choices)

    def _applied_amounts(self, most: Decimal, choices: Choices) -> tuple[Decimal, Decimal, Decimal]:
        applied = self._money("applied", choices, most)
        return applied, self._money("carried_over", choices, applied), self._money("remainder", choices)

    def _payout(self, choices: Choices) -> Record:
        """Return a payout; unusually another person's line of the invoice before, within what is left of its net."""
        self._shares_invoice = self._invoice is not None and self._is_unusual(choices)
        record = super()._payout(choices)
        if not self._shares_invoice:
            return record
        first = self._invoice
        assert first is not None
        assert isinstance(record, PayoutRecord)
        left = first.net_bill - (ZERO if first.reversal else first.applied)
        applied, carried_over, remainder = self._applied_amounts(left, choices)
        return replace(
            record,
            contract=first.contract,
            invoice_number=first.invoice_number,
            net_bill=first.net_bill,
            applied=applied,
            carried_over=carried_over,
            remainder=remainder,
        )
