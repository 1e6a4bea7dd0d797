"""Which fault breaks which requirement, and in which scenario that is seen: the proof that the suite works."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

FIRST = "The first contract and the first discount"
SMALL = "The bill is smaller than the support"
WRONG = "A record is wrong, BVKB says so, and the retailer corrects it"
ANEW = "A bill is taken back and issued anew"
LEAVES = "A customer leaves for another retailer on the 1st"
TENANT = "A tenant gets support through the house owner's contract"
LISTS = "The scheduled run was out of order for a month and two lists of discounts wait"
NOBODYS = "The list of discounts also names a contract that nobody signed"
CODE = "A personal code changes and the person stays the same"
LATE = "Bills of a month come late, and runs between report nothing twice"
EMPTY = "A month without any support to pay out"
INVALID = "The list of discounts <flaw>, and nothing is taken off"
IMPOSTOR = "While contracts are sent, another server takes DIT's place"
TOKENS = "A month with tokens"
FOREIGN = "The list of discounts is another retailer's, and nothing is taken off"


@dataclass(frozen=True, slots=True)
class Spoilt:
    """One faulty retailer: ``variant`` is module and class below tests/spoilt, ``also`` follows from the same fault.

    ``security`` and ``transport`` are as in ``[run]`` of retailer.toml.
    """

    variant: str
    requirement: str
    scenario: str
    also: frozenset[str] = frozenset()
    security: str = "off"
    transport: str = "soap"

    @property
    def fault(self) -> str:
        """What the retailer does wrong, in one sentence."""
        module, name = self.variant.split(":")
        found: Any = getattr(importlib.import_module(f"tests.mutants.{module}"), name)
        return " ".join((found.__doc__ or "").split())


TABLE = (
    Spoilt("network:InvalidDocument", "XML-01", FIRST),
    Spoilt("security:CertificateUnchecked", "SEC-01", IMPOSTOR, security="username"),
    Spoilt("security:OwnRealm", "SEC-02", TOKENS, security="username"),
    Spoilt("security:NoClaims", "SEC-03", TOKENS, security="username"),
    Spoilt("security:StaleToken", "SEC-04", TOKENS, security="username"),
    Spoilt("security:TokenPerCall", "SEC-05", TOKENS, security="username"),
    Spoilt("security:LocalTimestamp", "SEC-06", TOKENS, security="certificate"),
    Spoilt("security:OtherKey", "SEC-07", TOKENS, security="username"),
    Spoilt("security:OldPassword", "SEC-08", TOKENS, security="username"),
    Spoilt("security:Stubborn", "SEC-09", "While discounts are fetched, the token <flaw>", security="username"),
    Spoilt("security:SendsTokenOnce", "SEC-10", TOKENS, security="certificate"),
    Spoilt("documents:CountsBeforeLeavingOut", "XML-03", FIRST),
    Spoilt("documents:LocalTimeAsUtc", "XML-04", FIRST),
    Spoilt("documents:DecomposedLetters", "XML-05", FIRST),
    Spoilt("documents:DoubleBlanks", "XML-06", FIRST),
    Spoilt("network:ListReadPartly", "DIT-01", LISTS),
    Spoilt("network:NeverDeletes", "DIT-02", FIRST),
    Spoilt("network:NeverConfirms", "DIT-03", FIRST),
    Spoilt("network:PollsTooOften", "DIT-04", FIRST),
    Spoilt("network:ForeignVersion", "DIT-05", FIRST),
    Spoilt("mailbox:NeverRestores", "DIT-07", "The reply that brings the discounts is lost, and the read is recovered"),
    Spoilt("network:ComplaintsUnread", "DIT-09", WRONG),
    Spoilt("mailbox:OneChannelForAll", "DIT-10", FIRST),
    Spoilt("mailbox:DeletesTwice", "DIT-11", FIRST),
    Spoilt("mailbox:MadeUpIds", "DIT-12", FIRST),
    Spoilt("mailbox:MailboxTidied", "DIT-13", LISTS),
    Spoilt("mailbox:OldSoap", "DIT-14", FIRST),
    Spoilt("mailbox:ReadsTwice", "DIT-15", FIRST),
    Spoilt("mailbox:ReadsBackwards", "DIT-16", LISTS),
    Spoilt("folders:OtherEncoding", "FTP-01", FIRST, transport="ftps"),
    Spoilt("folders:FirstFileOnly", "FTP-02", LISTS, transport="ftps"),
    Spoilt("folders:LooksTwice", "FTP-03", FIRST, transport="ftps"),
    Spoilt("folders:KeepsFiles", "FTP-04", LISTS, transport="ftps"),
    Spoilt("folders:ClearFirst", "FTP-05", FIRST, transport="ftps"),
    Spoilt("folders:NumberedReplies", "FTP-06", NOBODYS, frozenset({"DIS-04"}), transport="ftps"),
    Spoilt("contracts:SecondContractForgotten", "CON-01", "A person has two contracts and gets support on one"),
    Spoilt("contracts:ZerosLost", "CON-02", FIRST),
    Spoilt("contracts:LatvianLettersLost", "CON-03", FIRST),
    Spoilt("contracts:EndsUntold", "CON-04", LEAVES),
    Spoilt("contracts:NewCodesUntold", "CON-05", CODE),
    Spoilt("contracts:SubUsersUntold", "CON-06", TENANT),
    Spoilt("contracts:ContractInvented", "CON-07", FIRST),
    Spoilt("documents:MistypedMeteringPoint", "CON-09", FIRST),
    Spoilt("documents:MistypedCode", "CON-10", FIRST),
    Spoilt("documents:EndWithoutDay", "CON-11", LEAVES),
    Spoilt("documents:ContractTwice", "CON-12", FIRST),
    Spoilt("documents:HolderAsSubUser", "CON-13", FIRST),
    Spoilt("contracts:ChangesUntold", "CON-14", "A customer marries and takes another name"),
    Spoilt("documents:WithdrawalUntold", "CON-15", "A switch to another retailer is withdrawn in time"),
    Spoilt("documents:FormerTenantNamed", "CON-16", "A tenant moves out of the house owner's contract"),
    Spoilt("documents:OtherMeteringPoint", "CON-17", FIRST),
    Spoilt("documents:PostalAddress", "CON-18", FIRST),
    Spoilt("documents:DayEarlier", "CON-19", FIRST),
    Spoilt("documents:OtherCode", "CON-20", FIRST),
    Spoilt("money:TerminationIgnored", "DIS-01", "Support ends and is granted again"),
    Spoilt("money:CatchUpIgnored", "DIS-02", "ALDIS learns of a category late and makes the earlier month good"),
    Spoilt("money:FirstCategoryOnly", "DIS-03", "Two categories of one person add up"),
    Spoilt("mailbox:SilentOnUnknown", "DIS-04", NOBODYS),
    Spoilt("mailbox:BooksTwice", "DIS-05", "The list of discounts arrives twice"),
    Spoilt("mailbox:BooksInvalid", "DIS-06", INVALID),
    Spoilt("mailbox:BooksForeign", "DIS-07", FOREIGN),
    Spoilt("mailbox:LateListIgnored", "DIS-08", "The lists of two months arrive in the wrong order"),
    Spoilt("money:VatCovered", "PAY-01", SMALL),
    Spoilt("money:SpendsTwice", "PAY-02", "Two bills in one month share the month's support"),
    Spoilt("money:HalfOnly", "PAY-03", FIRST),
    Spoilt("money:SplitUntold", "PAY-04", SMALL),
    Spoilt("money:LapseForgotten", "PAY-05", "What is left at the end of the year lapses"),
    Spoilt("money:PayoutForgotten", "PAY-06", "Three customers sign in the same week"),
    Spoilt("documents:ReportsAllAgain", "PAY-07", LATE),
    Spoilt("money:InvoiceRenumbered", "PAY-08", FIRST),
    Spoilt("money:ReversalUntold", "PAY-09", ANEW, also=frozenset({"PAY-21"})),
    Spoilt("money:EmptyMonthUntold", "PAY-10", EMPTY),
    Spoilt("money:OtherAmountReported", "PAY-12", FIRST),
    Spoilt("money:NothingUntold", "PAY-13", "A bill of nothing leaves all the support for the next one"),
    Spoilt("documents:RemainderUntold", "PAY-14", SMALL),
    Spoilt("documents:InvoiceDateMoved", "PAY-15", FIRST),
    Spoilt("documents:MonthOfBillMoved", "PAY-16", FIRST),
    Spoilt("documents:NetAfterSupport", "PAY-17", FIRST),
    Spoilt("documents:HolderInstead", "PAY-18", TENANT),
    Spoilt("documents:ReversalDiffers", "PAY-19", ANEW),
    Spoilt("documents:NeedlessReversals", "PAY-20", FIRST),
    Spoilt("money:CancelledLost", "PAY-21", ANEW),
    Spoilt("documents:DocumentOfMonthBefore", "PAY-22", FIRST),
    Spoilt("documents:ForecastsReported", "PAY-23", FIRST),
    Spoilt("money:WholeEuros", "PAY-24", SMALL),
    Spoilt("money:CarryOverLost", "PAY-25", SMALL),
    Spoilt("documents:NetWithTax", "PAY-26", FIRST),
    Spoilt("contracts:ContractsLate", "CAL-01", "Three customers sign in the same week"),
    Spoilt("documents:PayoutsLate", "CAL-02", LATE),
    Spoilt("documents:MonthToCome", "CAL-04", FIRST),
    Spoilt("documents:MonthLongClosed", "CAL-05", FIRST),
    Spoilt("contracts:NeverCorrects", "ERR-01", WRONG),
    Spoilt("network:NewDocumentOnResend", "ERR-02", "The reply to a payout document is lost"),
    Spoilt("mailbox:TakesForSent", "ERR-03", "While contracts are sent, <trouble>: nothing was done"),
    Spoilt("mailbox:GivesUpDeleting", "ERR-04", "While discounts are deleted, <trouble>: nothing was done"),
    Spoilt("mailbox:SilentOnInvalid", "ERR-05", INVALID),
    Spoilt("mailbox:SilentOnForeign", "ERR-06", FOREIGN),
    Spoilt("mailbox:AlwaysComplains", "ERR-07", FIRST),
    Spoilt("mailbox:RelatedIdLost", "ERR-08", NOBODYS),
    Spoilt("mailbox:InventsDocumentId", "ERR-09", NOBODYS),
    Spoilt("mailbox:CountsTheHeader", "ERR-10", NOBODYS),
    Spoilt("mailbox:CorrectsNothing", "ERR-11", WRONG),
    Spoilt("mailbox:CorrectsTheFirst", "ERR-12", "Two records are wrong and are mended one after the other"),
    Spoilt("mailbox:CorrectsLater", "ERR-13", WRONG),
    Spoilt("mailbox:MendedOnly", "ERR-14", WRONG),
    Spoilt("mailbox:AnswersErrors", "ERR-15", "An error message about contracts <flaw>"),
    Spoilt("mailbox:KeepsTryingRefused", "ERR-16", WRONG, also=frozenset({"XML-01"})),
    Spoilt("mailbox:SendsTwice", "ERR-17", FIRST),
    Spoilt("documents:WholeHousehold", "PRI-02", FIRST),
    Spoilt("mailbox:TellsWho", "PRI-03", NOBODYS),
    Spoilt("money:ZeroRecords", "PRI-04", FIRST),
    Spoilt("network:ForeignName", "PRI-05", FIRST),
    Spoilt("network:BillsFail", "DRV-01", TENANT),
    Spoilt("network:Elsewhere", "DRV-04", EMPTY, frozenset({"CON-01", "DIT-09", "PAY-10"})),
    Spoilt("money:StrangeLines", "DRV-02", FIRST),
    Spoilt("money:StatusOfLastMonth", "DRV-03", "The retailer's own books agree with what ALDIS has said"),
)
