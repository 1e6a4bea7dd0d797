"""Business rules of the documents: their codes, texts and sources, and breaches of them.

``simulator.documents`` checks the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.domain.language import Shown, Text, _
from simulator.domain.model import Category, Period
from simulator.domain.provenance import Basis, Provenance


@dataclass(frozen=True, slots=True)
class BusinessRule:
    """A business rule: a stable code, the texts of a breach (found, expected), and the source of the rule.

    A breach fills in the parameters of the texts.
    """

    code: str
    found: Text
    expected: Text
    provenance: Provenance

    def broken(
        self, field: str, params: Mapping[str, object], *, record: int | None = None, member: int | None = None
    ) -> Breach:
        """Return a breach of this rule by a field; ``params`` are the parameters of the texts."""
        shown = {name: param if isinstance(param, Shown) else str(param) for name, param in params.items()}
        return Breach(self, field, record, member, shown)


@dataclass(frozen=True, slots=True)
class Breach:
    """A breach of a rule by a field of a record. ``record`` is its index from 0, None for the header.

    With ``member``, an index from 0, the field is ``group.field`` of that item in a group of the record.
    """

    rule: BusinessRule
    field: str
    record: int | None
    member: int | None
    params: Mapping[str, object]

    @property
    def code(self) -> str:
        """The code of the rule."""
        return self.rule.code

    @property
    def position(self) -> int | None:
        """The number of the record, counted from 1 as in error reports; None for the header."""
        return None if self.record is None else self.record + 1

    @property
    def found(self) -> Text:
        """The text that says what the document has."""
        return self.rule.found.filled(**self.params)

    @property
    def expected(self) -> Text:
        """The text that says what the rule expects."""
        return self.rule.expected.filled(**self.params)

    @property
    def text_lv(self) -> str:
        """The whole breach as a Latvian sentence, for error reports."""
        return self._sentence("lv")

    @property
    def text_en(self) -> str:
        """The whole breach as an English sentence, for error reports."""
        return self._sentence("en")

    def _sentence(self, language: str) -> str:
        sentence = _("{found}; expected {expected}", found=self.found, expected=self.expected).in_language(language)
        return f"{sentence[0].upper()}{sentence[1:]}."


FIRST_PERIOD = Period(2021, 9)
"""The first consumption period with support by Regulation 345 (documented)."""

_REGULATION = "Cabinet Regulation No. 345 of 01.06.2021"
_COMPANY = Provenance(Basis.DOCUMENTED, "Register of Enterprises: 11 digits with a check sum")
_PERSON = Provenance(
    Basis.DOCUMENTED,
    "Law on the Register of Natural Persons: DDMMYY-CNNNK with a check digit, or 3[2-9]NNNN-NNNNN without",
)
_EIC = Provenance(Basis.DOCUMENTED, "ENTSO-E EIC reference manual: 16 characters, 43 for Latvia, Z for a meter")
_NEVER_MORE = Provenance(Basis.DOCUMENTED, f"{_REGULATION}: support covers the net bill, what it exceeds carries over")
_SINCE = Provenance(Basis.DOCUMENTED, f"{_REGULATION}: support since consumption of September 2021")
_COUNTED = Provenance(Basis.DOCUMENTED, f"{_REGULATION}, as amended: only children (since 2022-02) and wards count")
_PAYLOAD = Provenance(Basis.ASSUMED, "reconstruction v1-0: the official rules of the payload are not public")
_PLAUSIBLE = Provenance(Basis.ASSUMED, "reconstruction v1-0: dates of one document must fit together")

PROVIDER = BusinessRule(
    "provider-number",
    _("{value} is no registration number"),
    _("11 digits with a right check sum"),
    _COMPANY,
)
RECORD_COUNT = BusinessRule(
    "record-count",
    _("the header counts {value} records"),
    _("{actual}, which the document has"),
    _PAYLOAD,
)
TIME_ZONE = BusinessRule(
    "time-zone",
    _("the time of creation {value} has no time zone"),
    _("a time zone such as +02:00"),
    _PAYLOAD,
)
PERIOD_EARLY = BusinessRule(
    "period-early",
    _("the period {value} is before support began"),
    _("{first} or later"),
    _SINCE,
)
PERIOD_LATE = BusinessRule(
    "period-late",
    _("the period {value} is too far ahead"),
    _("{latest} or earlier in a document made on {created}"),
    _PLAUSIBLE,
)
CORRECTS_ITSELF = BusinessRule(
    "corrects-itself",
    _("the document corrects itself ({value})"),
    _("the identifier of an earlier document"),
    _PAYLOAD,
)
PERSONAL_CODE = BusinessRule(
    "personal-code",
    _("{value} is no personal code"),
    _("a code with a date that exists and a right check digit, or one of the new form (32 to 39)"),
    _PERSON,
)
METERING_POINT = BusinessRule(
    "metering-point",
    _("{value} is no EIC of a metering point"),
    _("43Z... with a right check character"),
    _EIC,
)
VALIDITY = BusinessRule(
    "validity",
    _("the contract ends on {value} but begins on {start}"),
    _("an end on or after the beginning"),
    _PLAUSIBLE,
)
END_DATE = BusinessRule(
    "end-date",
    _("a contract that ends has no last day"),
    _("its last day"),
    _PAYLOAD,
)
DUPLICATE_CONTRACT = BusinessRule(
    "duplicate-contract",
    _("the contract {value} is in record {first} as well"),
    _("one record for each contract"),
    _PAYLOAD,
)
DUPLICATE_PERSON = BusinessRule(
    "duplicate-person",
    _("the person {value} stands more than once on the contract"),
    _("each person once, as holder or as sub-user"),
    _PAYLOAD,
)
MONEY_DECIMALS = BusinessRule(
    "money-decimals",
    _("the amount {value} has more than two decimals"),
    _("an amount in EUR with two decimals"),
    _PAYLOAD,
)
MONEY_NEGATIVE = BusinessRule(
    "money-negative",
    _("the amount {value} is negative"),
    _("0.00 or more"),
    _PAYLOAD,
)
DUPLICATE_DECISION = BusinessRule(
    "duplicate-decision",
    _("record {first} is about the person {person} on the contract {value} as well"),
    _("one record for each person on a contract"),
    _PAYLOAD,
)
DUPLICATE_CATEGORY = BusinessRule(
    "duplicate-category",
    _("the category {category} stands more than once"),
    _("each category once, with its count"),
    _PAYLOAD,
)
CATEGORY_COUNT = BusinessRule(
    "category-count",
    _("the category {category} counts {value} times"),
    _("{category} to count once"),
    _COUNTED,
)
NO_CATEGORY = BusinessRule(
    "no-category",
    _("support of {value} is granted without a category"),
    _("at least one category"),
    _PAYLOAD,
)
TERMINATED_AMOUNT = BusinessRule(
    "terminated-amount",
    _("support that is terminated has the amount {value} for the period"),
    _("0.00 for the period"),
    _PAYLOAD,
)
TERMINATED_REASON = BusinessRule(
    "terminated-reason",
    _("the termination has no reason"),
    _("a reason"),
    _PAYLOAD,
)
CATCH_UP_PERIOD = BusinessRule(
    "catch-up-period",
    _("the period {value} is back-paid"),
    _("an earlier period: {first} to {last}"),
    _PAYLOAD,
)
DECISION_DATE = BusinessRule(
    "decision-date",
    _("the decision is dated {value}, after the document was made on {created}"),
    _("a date on or before the document's"),
    _PLAUSIBLE,
)
APPLIED_OVER_NET = BusinessRule(
    "applied-over-net",
    _("the applied support {value} is more than the net bill {net}"),
    _("no more than the net bill, for support never covers VAT"),
    _NEVER_MORE,
)
INVOICE_OVERDRAWN = BusinessRule(
    "invoice-overdrawn",
    _("the support applied to the invoice {invoice} is {value} together, its net bill {net}"),
    _("no more than the net bill together"),
    _NEVER_MORE,
)
INVOICE_NET = BusinessRule(
    "invoice-net",
    _("the net bill of the invoice {invoice} is {value}, but {other} in record {first}"),
    _("the same net bill wherever the invoice stands"),
    _PAYLOAD,
)
CARRIED_OVER_APPLIED = BusinessRule(
    "carried-over-applied",
    _("{value} came from earlier months, but {applied} was applied"),
    _("no more carried over than applied"),
    _PAYLOAD,
)
DUPLICATE_PAYOUT = BusinessRule(
    "duplicate-payout",
    _("record {first} is about the person {person} on the invoice {value} as well"),
    _("one record for each person on an invoice, and no more than one reversal of it"),
    _PAYLOAD,
)
PAYOUT_PERIOD = BusinessRule(
    "payout-period",
    _("the record's period {value} is later than the document's {period}"),
    _("the document's period or an earlier one"),
    _PAYLOAD,
)
INVOICE_DATE = BusinessRule(
    "invoice-date",
    _("the invoice is dated {value}"),
    _("a date from {first}, when the period begins, to {last}, when the document was made"),
    _PLAUSIBLE,
)

CATEGORIES = {
    Category.LOW_INCOME: _("poor or low-income"),
    Category.DISABLED_CHILD: _("child with a disability"),
    Category.DISABILITY_GROUP_1: _("disability group I"),
    Category.GUARDIAN: _("guardian"),
    Category.LARGE_FAMILY: _("large family"),
}
"""Names of the categories; the Latvian ones are those of Regulation 345."""

RULES: tuple[BusinessRule, ...] = tuple(value for value in list(globals().values()) if isinstance(value, BusinessRule))
"""Every rule, in the order above."""
