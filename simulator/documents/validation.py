"""Everything that is wrong with a document: the schema's verdict first, then the rules of the business."""

from __future__ import annotations

from simulator.documents.complaints import Complaint
from simulator.documents.model import ChannelName
from simulator.documents.profile import Profile
from simulator.documents.reading import DocumentError, parse_document, read_located


def validate(data: bytes, profile: Profile, channel: ChannelName | None = None) -> tuple[Complaint, ...]:
    """All complaints about a document; none when it is good. Its document element tells the channel unless given.

    The business rules are only asked about a document that its schema accepts. Raises CatalogueError when a schema is
    unusable.
    """
    try:
        tree = parse_document(data)
        found = profile.channel(channel) if channel else profile.channel_of_root(str(tree.getroot().tag))
        if found is None:
            read_located(tree, profile)
            raise AssertionError("a document element of no channel cannot be read")
        complaints = profile.catalogue.validate_tree(
            found.schema_urn, tree, element=found.root, prefixes=profile.namespaces
        )
        if complaints:
            return complaints
        read_located(tree, profile, found.name)
    except DocumentError as error:
        return error.complaints
    return ()
