"""A tiny retailer's system with its driver, in one file. Python 3.11 or later, nothing to install.

What it does: reports new, changed and ended contracts; reads discounts; takes support off bills and carries the rest
over within the calendar year; reports payouts, and an empty month; sends the very same bytes again when a reply is
lost; recovers a lost read; ignores a document that it has had before.
What it does not do: sub-users, reversals, error events (it prints those of BVKB and sends none), looking whether a list
is valid, security, keeping its books on disk; a lost reply of ConfirmationAck or DeleteMessage leaves the message in
the mailbox. The suite shows what of that matters. The element names are those of the profile "reconstruction"
(assumed). docs/reference/driver-protocol.md is the contract of what comes in on standard input.
"""

import base64
import json
import sys
import urllib.error
import urllib.request
import uuid
from datetime import datetime
from decimal import Decimal
from http.client import HTTPException
from xml.etree import ElementTree
from xml.sax.saxutils import escape

SOAP = "http://www.w3.org/2003/05/soap-envelope"
SERVICE = "http://ivis.eps.gov.lv/ISS/DITService/v1-0"
DIT = "http://ivis.eps.gov.lv/XMLSchemas/100000/DIT/v1-0"
PAYLOAD = "http://ivis.eps.gov.lv/XMLSchemas/100001/PPriv/v1-0"
PERSON = "http://ivis.eps.gov.lv/XMLSchemas/100001/Person/v1-0"
WRAPPERS = {"SendMessage2": "SendMessage", "ReceiveMessage2": "ReceiveMessage"}  # others are named as the operation
ATTEMPTS = 3
ZERO = Decimal("0.00")


class Unsupported(Exception):
    """The answer is then ``"unsupported": true``."""


class NoReply(Exception):
    """No answer of use came: whether DIT did what it was asked is not known."""


class Retailer:
    def __init__(self):
        # The machine's proxy is not for the simulator.
        self.http = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self.time = None
        self.reset()

    # -- what the suite asks, one method each; what a method returns goes into the answer

    def hello(self, endpoints, credentials, provider, channels, **_):
        self.address = endpoints["message_service"]
        login = f"{credentials['user']}:{credentials.get('password') or ''}"
        self.authorization = "Basic " + base64.b64encode(login.encode()).decode()
        self.provider = provider["registration_number"]
        self.versions = channels
        return {"name": "Python example", "version": "1", "can": ["clock"]}

    def reset(self):
        self.contracts = {}  # by number: state, and what is still to be told of it
        self.grants = []  # support decided: contract, person, period, amount
        self.bookings = []  # what bills took, and whether it was told
        self.billed = []  # periods whose payouts are to be told
        self.outbox = []  # documents without a reply yet
        self.seen = set()  # discount documents that were booked
        self.interrupted = set()  # channels on which a read went wrong

    def now(self, at):
        self.time = at

    def apply(self, events):
        for event in events:
            self.happened(event)

    def bill(self, period, invoices):
        if any(invoice.get("reverses") for invoice in invoices):
            raise Unsupported
        if period not in self.billed:
            self.billed.append(period)
        return {"lines": [line for invoice in invoices for line in self.support(period, invoice)]}

    def exchange(self, channels):
        for channel in channels:
            self.fetch(channel)
            if channel == "contract":
                self.queue_contracts()
            if channel == "payout":
                self.queue_payouts()
            for document in [each for each in self.outbox if each[0] == channel]:
                self.send(document)

    def bye(self):
        pass

    # -- business

    def happened(self, event):
        kind, number = event["kind"], event["contract"]
        if kind == "contract.new":
            self.contracts[number] = event | {"pending": "New"}
        elif kind == "contract.change":
            if event.get("previous_code"):
                for entry in self.grants + self.bookings:
                    if plain(entry["person"]) == plain(event["previous_code"]):
                        entry["person"] = event["holder"]["code"]
            self.contracts[number] |= event | {"pending": self.contracts[number]["pending"] or "Change"}
        elif kind == "contract.end":
            self.contracts[number] |= {"valid_to": event["valid_to"], "pending": "End"}
        else:
            raise Unsupported

    def support(self, period, invoice):
        """Support covers the net bill, never VAT; each person of the contract has an account of their own."""
        left = Decimal(invoice["net"])
        persons = {plain(each["person"]): each["person"] for each in self.of(self.grants, invoice["contract"])}
        for person in persons.values():
            granted = [each for each in self.of(self.grants, invoice["contract"], person) if same_year(each, period)]
            taken = [each for each in self.of(self.bookings, invoice["contract"], person) if same_year(each, period)]
            month = sum((each["amount"] for each in granted if each["period"] == period), ZERO)
            available = sum((each["amount"] for each in granted if each["period"] <= period), ZERO)
            available -= sum((each["applied"] for each in taken), ZERO)
            if available <= 0:
                continue
            applied = min(left, available)
            left -= applied
            self.bookings.append(
                {
                    "contract": invoice["contract"],
                    "person": person,
                    "period": period,
                    "invoice": invoice,
                    "applied": applied,
                    "carried": min(applied, max(ZERO, available - month)),  # what earlier months left goes first
                    "remainder": available - applied,
                    "told": False,
                }
            )
            yield {"invoice": invoice["invoice"], "person": person, "applied": f"{applied:.2f}"}

    def of(self, entries, contract, person=None):
        same = [entry for entry in entries if entry["contract"] == contract]
        return same if person is None else [each for each in same if plain(each["person"]) == plain(person)]

    # -- the scheduled run

    def fetch(self, channel):
        """List once and read every message of the list; when a reply is lost, the next run recovers."""
        version = element("ChannelVersionURN", self.versions[channel])
        try:
            if channel in self.interrupted:
                self.restore(version)
                self.read(channel, version)
            else:
                for identifier in self.listed(version):
                    self.read(channel, element("MessageID", identifier))
            self.interrupted.discard(channel)
        except NoReply as reason:
            print(f"no reply ({reason}), to be recovered in the next run", file=sys.stderr)
            self.interrupted.add(channel)

    def listed(self, selector):
        reply = self.call("ReceiveMessageList", dit("MessageListRequest", selector))
        return [element.text for element in reply.iter(f"{{{DIT}}}MessageID")]

    def restore(self, version):
        """The order that DIT prescribes: list what is read already, restore it; then it is read again."""
        lost = self.listed(version + element("ReadMessage", "true"))
        if lost:
            infos = [f"<MessageBasicInfo>{element('MessageID', each)}</MessageBasicInfo>" for each in lost]
            self.call("RestoreMessageList", dit("MessageBasicInfoList", "".join(infos)))

    def read(self, channel, selector):
        """Read, book, confirm where the channel version asks for it, delete."""
        received = self.call("ReceiveMessage2", dit("MessageRequest", selector))
        for message in [*received.iter(f"{{{DIT}}}BussinesMessage"), *received.iter(f"{{{DIT}}}EventMessageType")]:
            identifier = message.findtext(f"{{{DIT}}}MessageID")
            if channel == "discount":
                for document in message.iter(f"{{{PAYLOAD}}}ProviderDiscount"):
                    self.book(document)
                self.call("ConfirmationAck", element("MessageSampleId", identifier))
            else:
                print(f"error event on channel {channel}:", *message.itertext(), file=sys.stderr)  # for a person
            self.call("DeleteMessage", dit("MessageRequest", element("MessageID", identifier)))

    def book(self, document):
        header = document.find(f"{{{PAYLOAD}}}Header")
        identifier, period = value(header, "DocumentIdentifier"), value(header, "Period")
        if value(header, "Provider") != self.provider or identifier in self.seen:
            return
        self.seen.add(identifier)
        for record in document.iter(f"{{{PAYLOAD}}}Discount"):
            late = [Decimal(value(element, "Amount")) for element in record.iter(f"{{{PAYLOAD}}}CatchUp")]
            self.grants.append(
                {
                    "contract": value(record, "ContractNumber"),
                    "person": value(record, "PersonalCode"),
                    "period": period,
                    "amount": Decimal(value(record, "AmountDue")) + sum(late, ZERO),
                }
            )

    def queue_contracts(self):
        changed = [contract for contract in self.contracts.values() if contract["pending"]]
        if changed:
            self.queue("contract", "ProviderContract", self.today()[:7], [contract_record(each) for each in changed])
        for contract in changed:
            contract["pending"] = None

    def queue_payouts(self):
        for period in self.billed:
            untold = [booking for booking in self.bookings if booking["period"] == period and not booking["told"]]
            self.queue("payout", "ProviderPayout", period, [payout_record(each) for each in untold])
            for booking in untold:
                booking["told"] = True
        self.billed = []

    def queue(self, channel, root, period, records):
        """A document is written once; from then on these very bytes are sent until a reply comes."""
        header = (
            element("DocumentIdentifier", uuid.uuid4())
            + element("Provider", self.provider)
            + element("CreatedAt", self.today())
            + element("Period", period)
            + element("RecordCount", len(records))
        )
        content = f"<Header>{header}</Header>{''.join(records)}"
        self.outbox.append((channel, f'<{root} xmlns="{PAYLOAD}" xmlns:p="{PERSON}">{content}</{root}>'))

    def send(self, document):
        channel, xml = document
        version = element("ChannelVersionURN", self.versions[channel])
        message = dit("MessageSave2", f"{version}<BussinesMessage>{xml}</BussinesMessage>")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self.call("SendMessage2", message)
            except NoReply as reason:
                print(f"no reply ({reason}), attempt {attempt}", file=sys.stderr)
            else:
                self.outbox.remove(document)
                return

    def today(self):
        return self.time or datetime.now().astimezone().isoformat(timespec="seconds")

    def call(self, operation, content):
        """One SOAP 1.2 call; gives the body of the reply."""
        wrapper = WRAPPERS.get(operation, operation)
        body = f'<{wrapper} xmlns="{SERVICE}">{content}</{wrapper}>'
        request = urllib.request.Request(
            self.address,
            f'<s:Envelope xmlns:s="{SOAP}"><s:Body>{body}</s:Body></s:Envelope>'.encode(),
            {
                "Authorization": self.authorization,
                "Content-Type": f'application/soap+xml; charset=utf-8; action="{SERVICE}/{operation}"',
            },
        )
        try:
            with self.http.open(request, timeout=30) as reply:
                return ElementTree.fromstring(reply.read()).find(f"{{{SOAP}}}Body")
        except urllib.error.HTTPError as refused:
            said = refused.read().decode(errors="replace")
            if refused.code >= 500:  # DIT's own trouble: worth another try
                raise NoReply(f"HTTP {refused.code}") from refused
            raise RuntimeError(f"{operation} was refused: {said}") from refused
        except (OSError, HTTPException, ElementTree.ParseError) as reason:
            raise NoReply(str(reason)) from reason


# -- XML and codes


def element(name, content):
    return "" if content is None else f"<{name}>{escape(str(content))}</{name}>"


def dit(name, content):
    return f'<{name} xmlns="{DIT}">{content}</{name}>'


def value(parent, name):
    return parent.findtext(f"{{{PAYLOAD}}}{name}")


def plain(code):
    return code.replace("-", "")  # the hyphen is optional


def same_year(entry, period):
    return entry["period"][:4] == period[:4]


def contract_record(contract):
    holder, address = contract["holder"], contract["address"]
    name = element("p:FirstName", holder["given_name"]) + element("p:LastName", holder["surname"])
    return (
        "<Contract>"
        + element("Operation", contract["pending"])
        + element("ContractNumber", contract["contract"])
        + element("MeteringPoint", contract["metering_point"])
        + f"<Address>{element('Text', address['text'])}{element('Code', address.get('code'))}</Address>"
        + f"<Holder>{element('PersonalCode', holder['code'])}<p:FullName>{name}</p:FullName></Holder>"
        + element("ValidFrom", contract["valid_from"])
        + element("ValidTo", contract.get("valid_to"))
        + "</Contract>"
    )


def payout_record(booking):
    invoice = booking["invoice"]
    return (
        "<Payout>"
        + element("ContractNumber", booking["contract"])
        + element("PersonalCode", booking["person"])
        + element("Period", booking["period"])
        + element("InvoiceNumber", invoice["invoice"])
        + element("InvoiceDate", invoice["date"])
        + element("NetBill", invoice["net"])
        + element("Applied", f"{booking['applied']:.2f}")
        + element("CarriedOver", f"{booking['carried']:.2f}")
        + element("Remainder", f"{booking['remainder']:.2f}")
        + element("Reversal", "false")
        + "</Payout>"
    )


# -- one JSON object a line in, one line out


def answer(retailer, request):
    try:
        if request["do"] not in REQUESTS:
            raise Unsupported
        fields = {name: each for name, each in request.items() if name not in ("id", "do")}
        return {"ok": True, **(getattr(retailer, request["do"])(**fields) or {})}
    except Unsupported:
        return {"unsupported": True}
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)  # the error stream is kept in the report
        return {"error": f"{type(error).__name__}: {error}"}


REQUESTS = ("hello", "reset", "now", "apply", "bill", "exchange", "bye")


def main():
    retailer = Retailer()
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"id": request["id"], **answer(retailer, request)}), flush=True)
        if request["do"] == "bye":
            break


main()
