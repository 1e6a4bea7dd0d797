"""Validation of a document: by its schema, then by the business rules."""

from __future__ import annotations

from simulator.documents import business
from simulator.documents.business import Breach
from simulator.documents.parsing import Complaint
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, Located, parse_document, read_located
from simulator.domain.model import ChannelName


def validate(data: bytes, profile: Profile, channel: ChannelName | None = None) -> tuple[Complaint, ...]:
    """Return all complaints about a document of a channel, by default the channel of its document element.

    The business rules are checked only in a document that is valid by its schema. Raises CatalogueError when the schema
    is unusable.
    """
    try:
        tree = parse_document(data)
        plan = profile.channel(channel) if channel else profile.channel_of_root(str(tree.getroot().tag))
        if plan is not None:
            complaints = profile.catalogue.validate_tree(
                plan.schema_urn, tree, element=plan.root, prefixes=profile.namespaces
            )
            if complaints:
                return complaints
        located = read_located(tree, profile, channel)
    except DocumentError as error:
        return error.complaints
    return place(located, profile, business.breaches(located.document, profile))


def place(located: Located, profile: Profile, breaches: tuple[Breach, ...]) -> tuple[Complaint, ...]:
    """Return breaches of business rules as complaints with the line and path of their element, ordered by line."""
    names = profile.names()
    complaints = []
    for breach in breaches:
        element, attribute = located.find(breach.record, breach.field, breach.member)
        path = names.path(element, attribute)
        complaints.append(
            Complaint(
                breach.code, element.sourceline, path, str(breach.found), str(breach.expected), breach.rule.provenance
            )
        )
    return tuple(sorted(complaints, key=lambda complaint: complaint.line or 0))
