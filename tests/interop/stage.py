"""What a walk finds: a simulator with two discount lists and an error event of ALDIS waiting for the retailer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from simulator.documents.profile import Profile, load_profile
from simulator.documents.writing import write_national
from simulator.domain.model import ChannelName
from simulator.settings.files import data_root
from tests.interop.served import Served, serving

USER = "paraugs"
AUTHORITY = "100777"
BVKB_USER = "bvkb"
BVKB = "100500"
PROVIDER = "40009990008"
OTHER_PROVIDER = "40009990012"
LETTERS = "āčēģīķļņšūž ĀČĒĢĪĶĻŅŠŪŽ &amp; &lt;€&gt; “”"
"""Goes into every payload: the Latvian letters, and what XML has to escape."""
LARGE = 2_000_000
"""Bytes; one million is where the simulator begins to work through files."""
RESIDENTS = {
    "150385-00011": "010180-00012",
    "29119900022": "140284-00020",
    "329991-23456": "230391-00036",
    "311288-00042": "050487-00042",
}
"""Personal codes of the sample document, and of people whom ALDIS knows in the bundled world."""


@dataclass(frozen=True)
class Message:
    """A message in the retailer's mailbox, as DIT delivered it."""

    id: str
    version: str
    payload: bytes
    name: str | None = None
    related: str | None = None


@dataclass(frozen=True)
class Stage:
    """The simulator and what lies ready: mail from the state, and two documents for a walk to send."""

    served: Served
    profile: Profile
    contract: Path
    large: Path
    report: Path
    event: Message
    discounts: tuple[Message, ...]
    prepared: int
    """Number of the journal's last entry before the walk."""

    def plan(self, soap: str, *, user: str = USER) -> dict[str, str]:
        """What a walk is told: where and who, not what it will find."""
        return {
            "wsdl": self.served.wsdl,
            "soap": soap,
            "address": self.served.address(soap),
            "user": user,
            "contract_version": self.contract_version,
            "discount_version": self.discount_version,
            "owner": BVKB,
            "contract": str(self.contract),
            "large": str(self.large),
            "report": str(self.report),
        }

    @property
    def contract_version(self) -> str:
        return self.profile.channel(ChannelName.CONTRACT).version_urn()

    @property
    def discount_version(self) -> str:
        return self.profile.channel(ChannelName.DISCOUNT).version_urn(1)

    def journal_since(self) -> list[dict[str, Any]]:
        """The journal's entries that the walk caused, once ALDIS has come to rest."""
        self.served.settle()
        return [each for each in self.served.journal() if each["number"] > self.prepared]


@contextmanager
def open_stage(directory: Path, security: str = "off") -> Iterator[Stage]:
    """Serve, and let BVKB and ALDIS send the retailer its mail over the wire."""
    profile = load_profile()
    contracts = profile.channel(ChannelName.CONTRACT).version_urn()
    contract = _write(directory / "contract.xml", contract_document())
    large = _write(directory / "large.xml", large_document())
    report = _write(directory / "report.xml", error_report())
    with serving(directory, security) as served:
        # ALDIS answers a document of another retailer with an error event.
        served.send(USER, contracts, contract_document(provider=OTHER_PROVIDER))
        served.settle()
        for name in ("valid-stacked", "valid-catch-up-and-termination"):
            national = write_national({PROVIDER: discount_document(name)}, profile)
            served.send(BVKB_USER, profile.channel(ChannelName.DISCOUNT).version_urn(), national)
        served.settle()
        journal = served.journal()
        mail = [
            _message(served, each) for each in journal if each["kind"] == "delivery" and each["authority"] == AUTHORITY
        ]
        event, *discounts = mail
        assert len(discounts) == 2
        yield Stage(served, profile, contract, large, report, event, tuple(discounts), journal[-1]["number"])


def contract_document(*, provider: str = PROVIDER) -> bytes:
    """A contract document of the town's people, with an identifier of its own and awkward letters in an address."""
    document = _fixture("contract", "valid-new")
    for code, resident in RESIDENTS.items():
        document = document.replace(code, resident)
    return (
        document.replace("6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a01", str(uuid4()))
        .replace(PROVIDER, provider)
        .replace("Liepu iela 5, Cēsis", f"Liepu iela 5, Cēsis, {LETTERS}")
        .encode()
    )


def large_document() -> bytes:
    """A contract document of more bytes than :data:`LARGE`: the simulator keeps it in a file while it comes."""
    text = contract_document().decode()
    start, end = text.index("  <Contract>"), text.index("</Contract>") + len("</Contract>\n")
    record = text[start:end]
    count = LARGE // len(record) + 1
    head, tail = text[:start].replace("<RecordCount>2<", f"<RecordCount>{count + 1}<"), text[end:]
    return (head + "".join(record.replace("0012345678", f"{n:010d}") for n in range(count)) + tail).encode()


def discount_document(name: str) -> bytes:
    """A discount document with awkward letters in its reasons."""
    found = _fixture("discount", name)
    for reason in ("Pirmais lēmums", "Statuss beidzies"):
        found = found.replace(reason, f"{reason}: {LETTERS}")
    assert LETTERS in found
    return found.encode()


def error_report() -> bytes:
    """An error report with awkward letters."""
    return _fixture("error", "valid-report").replace("Dokuments saņemts", f"{LETTERS} Dokuments saņemts").encode()


def _fixture(channel: str, name: str) -> str:
    return (data_root("fixtures") / "payloads" / channel / f"{name}.xml").read_text(encoding="utf-8")


def _write(path: Path, document: bytes) -> Path:
    assert LETTERS.encode() in document
    path.write_bytes(document)
    return path


def _message(served: Served, delivery: dict[str, Any]) -> Message:
    (identifier,) = delivery["message_ids"]
    return Message(
        identifier,
        delivery["channel_version"],
        served.blob(delivery["payload"]),
        delivery["details"]["event_name"],
        delivery["details"]["related_message"],
    )
