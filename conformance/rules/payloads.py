"""Payloads as documents and error reports, with the complaints of their schemas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulator.documents.business import breaches
from simulator.documents.complaints import Complaint
from simulator.documents.model import ChannelName, Document, ErrorReport
from simulator.documents.parsing import ParsingError, parse
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, Located, read_error_report, read_located
from simulator.documents.validation import place

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
        found = profile.channel_of_root(str(tree.getroot().tag)) if channel is None else profile.channel(channel)
        if found is None:
            return Content(data)
        complaints = profile.catalogue.validate_tree(
            found.schema_urn, tree, element=found.root, prefixes=profile.namespaces
        )
        try:
            located = read_located(tree, profile, found.name)
        except DocumentError as reason:
            return Content(data, complaints=complaints or reason.complaints)
        if not complaints and found.name is ChannelName.DISCOUNT:
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
