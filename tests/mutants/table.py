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
class Mutant:
    """One faulty retailer: ``variant`` is module and class below tests/mutants, ``also`` follows from the same fault.

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
    Mutant("network:InvalidDocument", "XML-01", FIRST),
    Mutant("security:CertificateUnchecked", "SEC-01", IMPOSTOR, security="username"),
    Mutant("security:OwnRealm", "SEC-02", TOKENS, security="username"),
    Mutant("security:NoClaims", "SEC-03", TOKENS, security="username"),
    Mutant("security:StaleToken", "SEC-04", TOKENS, security="username"),
    Mutant("security:TokenPerCall", "SEC-05", TOKENS, security="username"),
    Mutant("security:LocalTimestamp", "SEC-06", TOKENS, security="certificate"),
    Mutant("security:OtherKey", "SEC-07", TOKENS, security="username"),
    Mutant("security:OldPassword", "SEC-08", TOKENS, security="username"),
    Mutant("security:Stubborn", "SEC-09", "While discounts are fetched, the token <flaw>", security="username"),
    Mutant("security:SendsTokenOnce", "SEC-10", TOKENS, security="certificate"),
    Mutant("documents:CountsBeforeLeavingOut", "XML-03", FIRST),
    Mutant("documents:LocalTimeAsUtc", "XML-04", FIRST),
    Mutant("documents:DecomposedLetters", "XML-05", FIRST),
    Mutant("documents:DoubleBlanks", "XML-06", FIRST),
    Mutant("network:ListReadPartly", "DIT-01", LISTS),
    Mutant("network:NeverDeletes", "DIT-02", FIRST),
    Mutant("network:NeverConfirms", "DIT-03", FIRST),
    Mutant("network:PollsTooOften", "DIT-04", FIRST),
    Mutant("network:ForeignVersion", "DIT-05", FIRST),
    Mutant("mailbox:NeverRestores", "DIT-07", "The reply that brings the discounts is lost, and the read is recovered"),
    Mutant("network:ComplaintsUnread", "DIT-09", WRONG),
    Mutant("mailbox:OneChannelForAll", "DIT-10", FIRST),
    Mutant("mailbox:DeletesTwice", "DIT-11", FIRST),
    Mutant("mailbox:MadeUpIds", "DIT-12", FIRST),
    Mutant("mailbox:MailboxTidied", "DIT-13", LISTS),
    Mutant("mailbox:OldSoap", "DIT-14", FIRST),
    Mutant("mailbox:ReadsTwice", "DIT-15", FIRST),
    Mutant("mailbox:ReadsBackwards", "DIT-16", LISTS),
    Mutant("folders:OtherEncoding", "FTP-01", FIRST, transport="ftps"),
    Mutant("folders:FirstFileOnly", "FTP-02", LISTS, transport="ftps"),
    Mutant("folders:LooksTwice", "FTP-03", FIRST, transport="ftps"),
    Mutant("folders:KeepsFiles", "FTP-04", LISTS, transport="ftps"),
    Mutant("folders:ClearFirst", "FTP-05", FIRST, transport="ftps"),
    Mutant("folders:NumberedReplies", "FTP-06", NOBODYS, frozenset({"DIS-04"}), transport="ftps"),
    Mutant("contracts:SecondContractForgotten", "CON-01", "A person has two contracts and gets support on one"),
    Mutant("contracts:ZerosLost", "CON-02", FIRST),
    Mutant("contracts:LatvianLettersLost", "CON-03", FIRST),
    Mutant("contracts:EndsUntold", "CON-04", LEAVES),
    Mutant("contracts:NewCodesUntold", "CON-05", CODE),
    Mutant("contracts:SubUsersUntold", "CON-06", TENANT),
    Mutant("contracts:ContractInvented", "CON-07", FIRST),
    Mutant("documents:MistypedMeteringPoint", "CON-09", FIRST),
    Mutant("documents:MistypedCode", "CON-10", FIRST),
    Mutant("documents:EndWithoutDay", "CON-11", LEAVES),
    Mutant("documents:ContractTwice", "CON-12", FIRST),
    Mutant("documents:HolderAsSubUser", "CON-13", FIRST),
    Mutant("contracts:ChangesUntold", "CON-14", "A customer marries and takes another name"),
    Mutant("documents:WithdrawalUntold", "CON-15", "A switch to another retailer is withdrawn in time"),
    Mutant("documents:FormerTenantNamed", "CON-16", "A tenant moves out of the house owner's contract"),
    Mutant("documents:OtherMeteringPoint", "CON-17", FIRST),
    Mutant("documents:PostalAddress", "CON-18", FIRST),
    Mutant("documents:DayEarlier", "CON-19", FIRST),
    Mutant("documents:OtherCode", "CON-20", FIRST),
    Mutant("money:TerminationIgnored", "DIS-01", "Support ends and is granted again"),
    Mutant("money:CatchUpIgnored", "DIS-02", "ALDIS learns of a category late and makes the earlier month good"),
    Mutant("money:FirstCategoryOnly", "DIS-03", "Two categories of one person add up"),
    Mutant("mailbox:SilentOnUnknown", "DIS-04", NOBODYS),
    Mutant("mailbox:BooksTwice", "DIS-05", "The list of discounts arrives twice"),
    Mutant("mailbox:BooksInvalid", "DIS-06", INVALID),
    Mutant("mailbox:BooksForeign", "DIS-07", FOREIGN),
    Mutant("mailbox:LateListIgnored", "DIS-08", "The lists of two months arrive in the wrong order"),
    Mutant("money:VatCovered", "PAY-01", SMALL),
    Mutant("money:SpendsTwice", "PAY-02", "Two bills in one month share the month's support"),
    Mutant("money:HalfOnly", "PAY-03", FIRST),
    Mutant("money:SplitUntold", "PAY-04", SMALL),
    Mutant("money:LapseForgotten", "PAY-05", "What is left at the end of the year lapses"),
    Mutant("money:PayoutForgotten", "PAY-06", "Three customers sign in the same week"),
    Mutant("documents:ReportsAllAgain", "PAY-07", LATE),
    Mutant("money:InvoiceRenumbered", "PAY-08", FIRST),
    Mutant("money:ReversalUntold", "PAY-09", ANEW, also=frozenset({"PAY-21"})),
    Mutant("money:EmptyMonthUntold", "PAY-10", EMPTY),
    Mutant("money:OtherAmountReported", "PAY-12", FIRST),
    Mutant("money:NothingUntold", "PAY-13", "A bill of nothing leaves all the support for the next one"),
    Mutant("documents:RemainderUntold", "PAY-14", SMALL),
    Mutant("documents:InvoiceDateMoved", "PAY-15", FIRST),
    Mutant("documents:MonthOfBillMoved", "PAY-16", FIRST),
    Mutant("documents:NetAfterSupport", "PAY-17", FIRST),
    Mutant("documents:HolderInstead", "PAY-18", TENANT),
    Mutant("documents:ReversalDiffers", "PAY-19", ANEW),
    Mutant("documents:NeedlessReversals", "PAY-20", FIRST),
    Mutant("money:CancelledLost", "PAY-21", ANEW),
    Mutant("documents:DocumentOfMonthBefore", "PAY-22", FIRST),
    Mutant("documents:ForecastsReported", "PAY-23", FIRST),
    Mutant("money:WholeEuros", "PAY-24", SMALL),
    Mutant("money:CarryOverLost", "PAY-25", SMALL),
    Mutant("documents:NetWithTax", "PAY-26", FIRST),
    Mutant("contracts:ContractsLate", "CAL-01", "Three customers sign in the same week"),
    Mutant("documents:PayoutsLate", "CAL-02", LATE),
    Mutant("documents:MonthToCome", "CAL-04", FIRST),
    Mutant("documents:MonthLongClosed", "CAL-05", FIRST),
    Mutant("contracts:NeverCorrects", "ERR-01", WRONG),
    Mutant("network:NewDocumentOnResend", "ERR-02", "The reply to a payout document is lost"),
    Mutant("mailbox:TakesForSent", "ERR-03", "While contracts are sent, <trouble>: nothing was done"),
    Mutant("mailbox:GivesUpDeleting", "ERR-04", "While discounts are deleted, <trouble>: nothing was done"),
    Mutant("mailbox:SilentOnInvalid", "ERR-05", INVALID),
    Mutant("mailbox:SilentOnForeign", "ERR-06", FOREIGN),
    Mutant("mailbox:AlwaysComplains", "ERR-07", FIRST),
    Mutant("mailbox:RelatedIdLost", "ERR-08", NOBODYS),
    Mutant("mailbox:InventsDocumentId", "ERR-09", NOBODYS),
    Mutant("mailbox:CountsTheHeader", "ERR-10", NOBODYS),
    Mutant("mailbox:CorrectsNothing", "ERR-11", WRONG),
    Mutant("mailbox:CorrectsTheFirst", "ERR-12", "Two records are wrong and are mended one after the other"),
    Mutant("mailbox:CorrectsLater", "ERR-13", WRONG),
    Mutant("mailbox:MendedOnly", "ERR-14", WRONG),
    Mutant("mailbox:AnswersErrors", "ERR-15", "An error message about contracts <flaw>"),
    Mutant("mailbox:KeepsTryingRefused", "ERR-16", WRONG, also=frozenset({"XML-01"})),
    Mutant("mailbox:SendsTwice", "ERR-17", FIRST),
    Mutant("documents:WholeHousehold", "PRI-02", FIRST),
    Mutant("mailbox:TellsWho", "PRI-03", NOBODYS),
    Mutant("money:ZeroRecords", "PRI-04", FIRST),
    Mutant("network:ForeignName", "PRI-05", FIRST),
    Mutant("network:BillsFail", "DRV-01", TENANT),
    Mutant("network:Elsewhere", "DRV-04", EMPTY, frozenset({"CON-01", "DIT-09", "PAY-10"})),
    Mutant("money:StrangeLines", "DRV-02", FIRST),
    Mutant("money:StatusOfLastMonth", "DRV-03", "The retailer's own books agree with what ALDIS has said"),
)
