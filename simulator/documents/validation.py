"""Everything that is wrong with a document: the schema's verdict first, then the rules of the business."""

from __future__ import annotations

from simulator.documents.business import Breach, breaches
from simulator.documents.parsing import Complaint
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, Located, parse_document, read_located
from simulator.domain.model import ChannelName


def validate(data: bytes, profile: Profile, channel: ChannelName | None = None) -> tuple[Complaint, ...]:
    """All complaints about a document; none when it is good. Its document element tells the channel unless given.

    The business rules are only asked about a document that its schema accepts. Raises CatalogueError when a schema is
    unusable.
    """
    try:
        tree = parse_document(data)
        found = profile.channel(channel) if channel else profile.channel_of_root(str(tree.getroot().tag))
        if found is not None:
            complaints = profile.catalogue.validate_tree(
                found.schema_urn, tree, element=found.root, prefixes=profile.namespaces
            )
            if complaints:
                return complaints
        located = read_located(tree, profile, channel)
    except DocumentError as error:
        return error.complaints
    return place(located, profile, breaches(located.document, profile))


def place(located: Located, profile: Profile, found: tuple[Breach, ...]) -> tuple[Complaint, ...]:
    """Breaches as complaints, with the line and path of the element that each is about, in order of their lines."""
    names = profile.names()
    complaints = []
    for breach in found:
        element, attribute = located.find(breach.record, breach.field, breach.member)
        path = names.path(element, attribute)
        complaints.append(
            Complaint(
                breach.code, element.sourceline, path, str(breach.found), str(breach.expected), breach.rule.provenance
            )
        )
    return tuple(sorted(complaints, key=lambda complaint: complaint.line or 0))
