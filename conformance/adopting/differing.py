"""What differs between two sets of schemas: elements and values that came, went, or take something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from conformance.adopting.folder import AdoptionError, catalogue_of, check, imported, read_folder
from conformance.adopting.places import Branch, Place, Reader
from conformance.adopting.trial import try_out
from simulator.documents.catalogue import Catalogue
from simulator.documents.element_names import Names, split
from simulator.documents.explaining import document_elements, global_element
from simulator.documents.model import ChannelName
from simulator.documents.profile import load_profile
from simulator.settings import SettingsError


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs; ``before`` and ``after`` say what the schemas have there, None for nothing."""

    kind: str
    place: str
    before: str | None
    after: str | None

    def as_json(self) -> dict[str, str | None]:
        """As a JSON object."""
        return asdict(self)


class _Plain(Names):
    """Names without namespaces: those change with every version, and would make everything differ."""

    def __init__(self) -> None:
        super().__init__({})

    def name(self, clark: str) -> str:
        return split(clark)[1]


def differences(one: str, other: str) -> tuple[Difference, ...]:
    """What differs between two folders of schemas, or profiles by name or file; raises AdoptionError."""
    return tuple(_compare(_shape(one), _shape(other)))


def _compare(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for place in sorted(before.keys() | after.keys()):
        was, now = before.get(place), after.get(place)
        if was != now:
            kind = "gone" if now is None else "new" if was is None else "changed"
            yield Difference(kind, place, was, now)


def _shape(source: str) -> dict[str, str]:
    """Every place of every document, by its path, and what may stand there."""
    path = Path(source)
    found: dict[str, str] = {}
    if path.is_dir():
        try_out(path)
        files = read_folder(path)
        catalogue = catalogue_of(files, "folder")
        check(files, catalogue)
        used = {space for each in files for space in imported(each)}
        for file in (each for each in files if each.urn and each.namespace not in used):
            for clark in document_elements(catalogue.model(file.urn)):
                if clark.startswith(f"{{{file.namespace}}}"):
                    found |= _document(catalogue, file.urn, clark)
        return found
    try:
        profile = load_profile(source)
    except SettingsError as error:
        raise AdoptionError(f"{source}: is neither a folder of schemas nor a profile: {error}") from error
    for name in ChannelName:
        channel = profile.channel(name)
        found |= _document(profile.catalogue, channel.schema_urn, channel.root)
    return found


def _document(catalogue: Catalogue, urn: str, root: str) -> dict[str, str]:
    declaration = global_element(catalogue.model(urn), root)
    if declaration is None:
        return {}
    return dict(_below("", Reader(_Plain()).root(declaration)))


def _below(path: str, branch: Branch) -> Iterator[tuple[str, str]]:
    here = f"{path}/{branch.step}"
    yield here, _extent(branch)
    for place in branch.places():
        yield f"{here}/{place.path}", _value(place)
    for inner, group in branch.groups():
        yield from _below("/".join([here, *inner.split("/")[:-1]]) if "/" in inner else here, group)


def _extent(branch: Branch) -> str:
    return f"{'repeats' if branch.repeats else 'once'}, {'required' if branch.required else 'may be absent'}"


def _value(place: Place) -> str:
    kind = place.type
    primitive = getattr(getattr(kind, "primitive_type", None), "local_name", None) or "text"
    facets = [
        f"{split(str(name))[1]} {' | '.join(getattr(facet, 'regexps', None) or [str(getattr(facet, 'value', ''))])}"
        for name, facet in (getattr(kind, "facets", None) or {}).items()
        if name and split(str(name))[1] not in ("whiteSpace", "enumeration")
    ]
    allowed = [f"one of {', '.join(place.enumeration)}"] if place.enumeration else []
    needed = "required" if place.required else "may be absent"
    return "; ".join([primitive, needed, *facets, *allowed])
