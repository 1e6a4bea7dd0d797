"""Readers of a journal's details and payloads. A missing or malformed value is read as None, never as an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from simulator.documents.business import breaches
from simulator.documents.parsing import Complaint, ParsingError, parse
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, Located, read_error_report, read_located
from simulator.documents.validation import place
from simulator.domain.model import Address, ChannelName, Document, ErrorReport, Period, Person

Table = Mapping[str, Any]
_Item = TypeVar("_Item")
_OTHER = re.compile(r"[\W_]")


def text(value: object) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None


def table(value: object) -> Table:
    """An object; empty when it is none."""
    return value if isinstance(value, Mapping) else {}


def tables(value: object) -> Iterator[Table]:
    """The objects of a list."""
    if isinstance(value, (list, tuple)):
        yield from (item for item in value if isinstance(item, Mapping))


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, (list, tuple)) else ()


def money(value: object) -> Decimal | None:
    """An amount in EUR."""
    if not isinstance(value, (str, int)) or isinstance(value, bool):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) < 20 else None


def day(value: object) -> date | None:
    """An ISO date."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def month(value: object) -> Period | None:
    """A period, YYYY-MM."""
    try:
        return Period.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def person(value: object) -> Person | None:
    """A person with all that names one."""
    fields = table(value)
    parts = [text(fields.get(name)) for name in ("code", "given_name", "surname")]
    code, given_name, surname = parts
    return None if code is None or given_name is None or surname is None else Person(code, given_name, surname)


def address(value: object) -> Address | None:
    """An address; its code may be missing."""
    fields = table(value)
    written = text(fields.get("text"))
    return None if written is None else Address(written, text(fields.get("code")))


def euro(amount: Decimal) -> str:
    """An amount as people read it; more than two decimals are shown as they are."""
    exponent = amount.as_tuple().exponent
    return f"{amount:.2f} EUR" if isinstance(exponent, int) and exponent >= -2 else f"{amount:f} EUR"


def loosely(number: str) -> str:
    """Return a number without case, separators and leading zeros, which careless systems change."""
    return _OTHER.sub("", number.casefold()).lstrip("0")


def only(items: Iterable[_Item]) -> _Item | None:
    """The one item; None when there is none or more than one."""
    several = list(items)
    return several[0] if len(several) == 1 else None


_FORM = frozenset({"money-decimals", "time-zone"})
"""Mistakes that one schema forbids and another leaves to the business rules: a list is invalid either way."""


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a payload. ``complaints`` are those of the schema, or say why it cannot be read at all."""

    data: bytes
    located: Located | None = None
    report: ErrorReport | None = None
    complaints: tuple[Complaint, ...] = ()

    @property
    def document(self) -> Document | None:
        """The document, when it is valid and could be read."""
        return self.located.document if self.located is not None and not self.complaints else None


class Payloads:
    """Reads payloads, each blob once."""

    def __init__(self, blob: Callable[[str], bytes], profile: Profile) -> None:
        self._blob = blob
        self._profile = profile
        self._read: dict[tuple[str, ChannelName | None, bool], Content | None] = {}

    def content(self, reference: str | None, channel: ChannelName | None, *, is_event: bool) -> Content | None:
        """Return the content behind a reference; None when the journal does not have the bytes."""
        if reference is None:
            return None
        key = (reference, channel, is_event)
        if key not in self._read:
            try:
                data = self._blob(reference)
            except KeyError:
                self._read[key] = None
            else:
                self._read[key] = self._event(data) if is_event else self._document(data, channel)
        return self._read[key]

    def _document(self, data: bytes, channel: ChannelName | None) -> Content:
        profile = self._profile
        try:
            tree = parse(data)
        except ParsingError as reason:
            return Content(data, complaints=(reason.complaint,))
        known = profile.channel_of_root(str(tree.getroot().tag)) if channel is None else profile.channel(channel)
        if known is None:
            return Content(data)
        complaints = profile.catalogue.validate_tree(
            known.schema_urn, tree, element=known.root, prefixes=profile.namespaces
        )
        try:
            located = read_located(tree, profile, known.name)
        except DocumentError as reason:
            return Content(data, complaints=complaints or reason.complaints)
        if not complaints and known.name is ChannelName.DISCOUNT:
            found_wrong = place(located, profile, breaches(located.document, profile))
            complaints = tuple(complaint for complaint in found_wrong if complaint.code in _FORM)
        return Content(data, located, complaints=complaints)

    def _event(self, data: bytes) -> Content:
        profile = self._profile
        complaints = profile.catalogue.validate(
            profile.error_schema_urn, data, element=profile.error_root, prefixes=profile.namespaces
        )
        if complaints:
            return Content(data, complaints=complaints)
        try:
            return Content(data, report=read_error_report(data, profile))
        except DocumentError as reason:
            return Content(data, complaints=reason.complaints)
