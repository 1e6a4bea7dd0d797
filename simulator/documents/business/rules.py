"""The rules themselves: codes and texts. Where they are asked, see the module of each channel beside this one."""

from __future__ import annotations

from simulator.documents.business.breach import BusinessRule
from simulator.documents.model import Basis, Category, Period, Provenance

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
    "{value} nav derīgs reģistrācijas numurs",
    "{value} is no registration number",
    "11 cipari ar pareizu kontrolsummu",
    "11 digits with a right check sum",
    _COMPANY,
)
RECORD_COUNT = BusinessRule(
    "record-count",
    "galvenē norādītais ierakstu skaits ir {value}",
    "the header counts {value} records",
    "{actual}, cik dokumentā ir ierakstu",
    "{actual}, which the document has",
    _PAYLOAD,
)
TIME_ZONE = BusinessRule(
    "time-zone",
    "dokumenta izveides laikam {value} nav laika joslas",
    "the time of creation {value} has no time zone",
    "laika josla, piemēram, +02:00",
    "a time zone such as +02:00",
    _PAYLOAD,
)
PERIOD_EARLY = BusinessRule(
    "period-early",
    "periods {value} ir pirms atbalsta sākuma",
    "the period {value} is before support began",
    "{first} vai vēlāk",
    "{first} or later",
    _SINCE,
)
PERIOD_LATE = BusinessRule(
    "period-late",
    "periods {value} ir pārāk tālu nākotnē",
    "the period {value} is too far ahead",
    "ne vēlāk par {latest} dokumentā, kas izveidots {created}",
    "{latest} or earlier in a document made on {created}",
    _PLAUSIBLE,
)
CORRECTS_ITSELF = BusinessRule(
    "corrects-itself",
    "dokuments labo pats sevi ({value})",
    "the document corrects itself ({value})",
    "agrāka dokumenta identifikators",
    "the identifier of an earlier document",
    _PAYLOAD,
)
PERSONAL_CODE = BusinessRule(
    "personal-code",
    "{value} nav derīgs personas kods",
    "{value} is no personal code",
    "kods ar īstu datumu un pareizu kontrolciparu vai jaunā veida kods (32–39)",
    "a code with a date that exists and a right check digit, or one of the new form (32 to 39)",
    _PERSON,
)
METERING_POINT = BusinessRule(
    "metering-point",
    "{value} nav derīgs uzskaites punkta EIC kods",
    "{value} is no EIC of a metering point",
    "43Z... ar pareizu kontrolzīmi",
    "43Z... with a right check character",
    _EIC,
)
VALIDITY = BusinessRule(
    "validity",
    "līgums beidzas {value}, bet sākas {start}",
    "the contract ends on {value} but begins on {start}",
    "beigu datums nav pirms sākuma datuma",
    "an end on or after the beginning",
    _PLAUSIBLE,
)
END_DATE = BusinessRule(
    "end-date",
    "izbeigtam līgumam nav beigu datuma",
    "a contract that ends has no last day",
    "pēdējā līguma diena",
    "its last day",
    _PAYLOAD,
)
DUPLICATE_CONTRACT = BusinessRule(
    "duplicate-contract",
    "līgums {value} ir arī ierakstā {first}",
    "the contract {value} is in record {first} as well",
    "viens ieraksts katram līgumam",
    "one record for each contract",
    _PAYLOAD,
)
DUPLICATE_PERSON = BusinessRule(
    "duplicate-person",
    "persona {value} līgumā norādīta vairākkārt",
    "the person {value} stands more than once on the contract",
    "katra persona vienreiz: kā līguma slēdzējs vai apakšlietotājs",
    "each person once, as holder or as sub-user",
    _PAYLOAD,
)
MONEY_DECIMALS = BusinessRule(
    "money-decimals",
    "summai {value} ir vairāk nekā divas zīmes aiz komata",
    "the amount {value} has more than two decimals",
    "summa eiro ar divām zīmēm aiz komata",
    "an amount in EUR with two decimals",
    _PAYLOAD,
)
MONEY_NEGATIVE = BusinessRule(
    "money-negative",
    "summa {value} ir negatīva",
    "the amount {value} is negative",
    "0.00 vai vairāk",
    "0.00 or more",
    _PAYLOAD,
)
DUPLICATE_DECISION = BusinessRule(
    "duplicate-decision",
    "par personu {person} līgumā {value} ir arī ieraksts {first}",
    "record {first} is about the person {person} on the contract {value} as well",
    "viens ieraksts katrai personai katrā līgumā",
    "one record for each person on a contract",
    _PAYLOAD,
)
DUPLICATE_CATEGORY = BusinessRule(
    "duplicate-category",
    "kategorija „{category_lv}” norādīta vairākkārt",
    "the category {value} stands more than once",
    "katra kategorija vienreiz, ar skaitu",
    "each category once, with its count",
    _PAYLOAD,
)
CATEGORY_COUNT = BusinessRule(
    "category-count",
    "kategorija „{category_lv}” skaitīta {value} reizes",
    "the category {category} counts {value} times",
    "„{category_lv}” skaitās vienreiz",
    "{category} to count once",
    _COUNTED,
)
NO_CATEGORY = BusinessRule(
    "no-category",
    "atlaide {value} piešķirta bez kategorijas",
    "support of {value} is granted without a category",
    "vismaz viena kategorija",
    "at least one category",
    _PAYLOAD,
)
TERMINATED_AMOUNT = BusinessRule(
    "terminated-amount",
    "izbeigtai atlaidei perioda summa ir {value}",
    "support that is terminated has the amount {value} for the period",
    "perioda summa 0.00",
    "0.00 for the period",
    _PAYLOAD,
)
TERMINATED_REASON = BusinessRule(
    "terminated-reason",
    "atlaides izbeigšanai nav iemesla",
    "the termination has no reason",
    "norādīts iemesls",
    "a reason",
    _PAYLOAD,
)
CATCH_UP_PERIOD = BusinessRule(
    "catch-up-period",
    "izlīdzināts periods {value}",
    "the period {value} is made good",
    "tikai agrāki periodi: no {first} līdz {last}",
    "an earlier period: {first} to {last}",
    _PAYLOAD,
)
DECISION_DATE = BusinessRule(
    "decision-date",
    "lēmuma datums {value} ir pēc dokumenta izveides {created}",
    "the decision is dated {value}, after the document was made on {created}",
    "datums ne vēlāk par dokumenta izveidi",
    "a date on or before the document's",
    _PLAUSIBLE,
)
APPLIED_OVER_NET = BusinessRule(
    "applied-over-net",
    "piemērotā atlaide {value} pārsniedz rēķina summu bez PVN {net}",
    "the applied support {value} is more than the net bill {net}",
    "ne vairāk par rēķina summu bez PVN",
    "no more than the net bill, for support never covers VAT",
    _NEVER_MORE,
)
INVOICE_OVERDRAWN = BusinessRule(
    "invoice-overdrawn",
    "rēķinam {invoice} piemērotās atlaides kopā ir {value}, bet summa bez PVN ir {net}",
    "the support applied to the invoice {invoice} is {value} together, its net bill {net}",
    "kopā ne vairāk par rēķina summu bez PVN",
    "no more than the net bill together",
    _NEVER_MORE,
)
INVOICE_NET = BusinessRule(
    "invoice-net",
    "rēķina {invoice} summa bez PVN ir {value}, bet ierakstā {first} – {other}",
    "the net bill of the invoice {invoice} is {value}, but {other} in record {first}",
    "vienam rēķinam viena summa",
    "the same net bill wherever the invoice stands",
    _PAYLOAD,
)
CARRIED_OVER_APPLIED = BusinessRule(
    "carried-over-applied",
    "no agrākiem mēnešiem pārnesta summa {value}, bet piemērots {applied}",
    "{value} came from earlier months, but {applied} was applied",
    "pārnests ne vairāk, kā piemērots",
    "no more carried over than applied",
    _PAYLOAD,
)
DUPLICATE_PAYOUT = BusinessRule(
    "duplicate-payout",
    "par personu {person} rēķinā {value} ir arī ieraksts {first}",
    "record {first} is about the person {person} on the invoice {value} as well",
    "viens ieraksts katrai personai katrā rēķinā un ne vairāk kā viens tā atcēlums",
    "one record for each person on an invoice, and no more than one reversal of it",
    _PAYLOAD,
)
PAYOUT_PERIOD = BusinessRule(
    "payout-period",
    "ieraksta periods {value} ir vēlāks par dokumenta periodu {period}",
    "the record's period {value} is later than the document's {period}",
    "dokumenta periods vai agrāks",
    "the document's period or an earlier one",
    _PAYLOAD,
)
INVOICE_DATE = BusinessRule(
    "invoice-date",
    "rēķina datums {value}",
    "the invoice is dated {value}",
    "datums no {first} (perioda sākums) līdz {last} (dokumenta izveide)",
    "a date from {first}, when the period begins, to {last}, when the document was made",
    _PLAUSIBLE,
)

CATEGORIES_LV = {
    Category.LOW_INCOME: "trūcīga vai maznodrošināta mājsaimniecība",
    Category.DISABLED_CHILD: "bērns ar invaliditāti",
    Category.DISABILITY_GROUP_1: "persona ar I grupas invaliditāti",
    Category.GUARDIAN: "aizgādnis",
    Category.LARGE_FAMILY: "daudzbērnu ģimene",
}
"""The categories in Latvian, as Regulation 345 has them."""

RULES: tuple[BusinessRule, ...] = tuple(each for each in list(globals().values()) if isinstance(each, BusinessRule))
"""Every rule, in the order above."""
