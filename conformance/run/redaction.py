"""Redaction: personal codes, names and addresses are replaced by synthetic ones, one for each person of the run.

For reports that leave the machine: a retailer may have tested with its own customers. Personal data is collected from
the journal (documents, and requests to the driver) and from the world, and then replaced wherever it occurs.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from xml.sax.saxutils import escape

from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, read_document
from simulator.domain.identifiers import personal_code_canonical, synthetic_personal_code
from simulator.domain.language import Text
from simulator.domain.model import ContractRecord, DiscountRecord, Document, PayoutRecord
from simulator.domain.people import letters
from simulator.journal import Entry, Journal
from simulator.world.model import World

_FIRST = 50_000  # synthetic codes from here on, so that they are none of the suite's own people
_SHORTEST = 2  # letters of a name that is worth replacing
_Event = TypeVar("_Event")


@dataclass(slots=True)
class Redactor:
    """Learns personal data and replaces it."""

    _codes: dict[str, str] = field(default_factory=dict)
    _words: dict[str, str] = field(default_factory=dict)
    _written: dict[str, str] = field(default_factory=dict)  # also in the form that XML escapes
    _pattern: re.Pattern[str] | None = None

    # -- learning

    def learn(self, journal: Journal, profile: Profile, world: World) -> None:
        """Learn all persons and addresses of a journal and of the world that it was recorded in."""
        for resident in world.residents:
            self._person(resident.code, resident.given_name, resident.surname)
            self._address(resident.address)
            for change in resident.code_changes:
                self._code(change.earlier)
        for entry in journal.entries():
            self._details(entry.details)
            for data in _payloads(entry, journal):
                self._document(data, profile)
        self._pattern = None

    def _document(self, data: bytes, profile: Profile) -> None:
        try:
            document: Document = read_document(data, profile)
        except DocumentError:
            return
        for record in document.records:
            match record:
                case ContractRecord():
                    for person in (record.holder, *(user.person for user in record.sub_users)):
                        self._person(person.code, person.given_name, person.surname)
                    for address in (record.address, *(user.address for user in record.sub_users)):
                        self._address(address.text)
                case DiscountRecord() | PayoutRecord():
                    self._code(record.person_code)

    def _details(self, value: object) -> None:
        if isinstance(value, Mapping):
            if "given_name" in value and "surname" in value:
                self._person(str(value.get("code", "")), str(value["given_name"]), str(value["surname"]))
            address = value.get("address")
            if isinstance(address, Mapping):
                self._address(str(address.get("text", "")))
            for key, detail in value.items():
                if key in ("person", "previous_code") and isinstance(detail, str):
                    self._code(detail)
                self._details(detail)
        elif isinstance(value, list | tuple):
            for detail in value:
                self._details(detail)

    def _person(self, code: str, given_name: str, surname: str) -> None:
        self._code(code)
        self._word(given_name, "Vārds")
        self._word(surname, "Uzvārds")

    def _code(self, code: str) -> None:
        canonical = personal_code_canonical(code)
        if re.fullmatch(r"\d{6}-\d{5}", canonical) and canonical not in self._codes:
            synthetic = synthetic_personal_code(_FIRST + len(self._codes))
            self._codes[canonical] = synthetic
            self._words[canonical] = synthetic
            self._words[canonical.replace("-", "")] = synthetic.replace("-", "")

    def _address(self, text: str) -> None:
        self._word(text, "Adrese ")

    def _word(self, text: str, prefix: str) -> None:
        text = text.strip()
        if len(text) >= _SHORTEST and text not in self._words:
            self._words[text] = f"{prefix}{letters(len(self._words))}"

    # -- replacing

    def text(self, text: str) -> str:
        """Return a text with synthetic people in place of the real ones."""
        if not self._words:
            return text
        if self._pattern is None:
            self._written = {**{escape(word): synthetic for word, synthetic in self._words.items()}, **self._words}
            longest_first = sorted(self._written, key=len, reverse=True)
            self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
        return self._pattern.sub(lambda match: self._written[match[0]], text)

    def data(self, data: bytes) -> bytes:
        """Return bytes, usually XML in UTF-8, with synthetic people."""
        return self.text(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def value(self, value: Any) -> Any:
        """Return a value of an event or of an entry's details with synthetic people."""
        if isinstance(value, str) and type(value) is str:
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(self.value(item) for item in value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self.value(item) for key, item in value.items()}
        if isinstance(value, Text):
            return replace(value, params=self.value(value.params))  # a template is the key of its translation
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = (field.name for field in dataclasses.fields(value))
            return replace(value, **{name: self.value(getattr(value, name)) for name in fields})
        return value

    def event(self, event: _Event) -> _Event:
        """Return an event of a run with synthetic people."""
        redacted: _Event = self.value(event)
        return redacted


class RedactedJournal:
    """A journal with synthetic people. Its blobs are named by their redacted content."""

    def __init__(self, journal: Journal, redactor: Redactor) -> None:
        self._journal = journal
        self._redactor = redactor
        self._names: dict[str, str] = {}
        self._blobs: dict[str, str] = {}

    def entries(self) -> Iterator[Entry]:
        """Yield all entries in order."""
        for entry in self._journal.entries():
            details = dict(entry.details)
            payloads = details.pop("payloads", None)
            changed: dict[str, Any] = self._redactor.value(details)
            if isinstance(payloads, dict):
                changed["payloads"] = {message: self._name(str(blob)) for message, blob in payloads.items()}
            yield replace(
                entry,
                details=changed,
                cause=None if entry.cause is None else self._redactor.text(entry.cause),
                request=self._name(entry.request),
                reply=self._name(entry.reply),
                payload=self._name(entry.payload),
            )

    def blob(self, reference: str) -> bytes:
        """Return the bytes behind a reference of these entries. Raises KeyError when there are none."""
        return self._redactor.data(self._journal.blob(self._blobs[reference]))

    def _name(self, reference: str | None) -> Any:
        if reference is None:
            return None
        if reference not in self._names:
            try:
                data = self._redactor.data(self._journal.blob(reference))
            except KeyError:
                return reference
            name = hashlib.sha256(data).hexdigest()
            self._names[reference] = name
            self._blobs[name] = reference
        return self._names[reference]


def _payloads(entry: Entry, journal: Journal) -> Iterator[bytes]:
    references: Iterable[object] = [entry.payload]
    payloads = entry.details.get("payloads")
    if isinstance(payloads, dict):
        references = [*references, *payloads.values()]
    for reference in references:
        if isinstance(reference, str):
            try:
                yield journal.blob(reference)
            except KeyError:
                continue
