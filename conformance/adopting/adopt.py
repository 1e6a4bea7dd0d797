"""Adoption of a folder of official schemas: copies and checks them, binds the fields, asks, and writes a profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from conformance.adopting.diff import SECONDS, try_out
from conformance.adopting.drafting import questions, write_profile
from conformance.adopting.folder import AdoptionError, SchemaFile, catalogue_of, check, pin, read_folder
from conformance.adopting.matching import Bound, BoundGroup, Draft, domain_of, draft
from conformance.adopting.places import Branch, Place, Reader, score, tokens, vocabulary
from simulator.documents.catalogue import Catalogue
from simulator.documents.element_names import Names
from simulator.documents.explaining import document_elements, global_element
from simulator.documents.fields import DOCUMENTS, Field, Group
from simulator.documents.profile import Profile, load_profile
from simulator.domain.model import ChannelName
from simulator.settings import SettingsError

SCHEMAS = "schemas"
PROFILE = "profile.toml"

Ask = Callable[[str, Bound], str | None]
"""Asks a person for the path of a field, given its full name and its candidates; None leaves it open."""
AskWord = Callable[[str, str, Place], str | None]
"""Asks a person for the word by which the schema writes a value of a field at a place; None leaves it open."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """Result of an adoption: the profile's file, the path of each bound field, and open questions, a sentence each."""

    profile: Path
    bound: Mapping[str, str]
    open: tuple[str, ...]


def adopt(
    folder: Path,
    name: str,
    target: Path,
    *,
    base: Profile,
    bindings: Mapping[str, str] | None = None,
    ask: Ask | None = None,
    ask_word: AskWord | None = None,
    seconds: float = SECONDS,
) -> Adopted:
    """Adopt the schemas of a folder under a name, into ``target``; limits, rates and channels are those of ``base``.

    ``bindings`` are paths of fields, by their full names; ``ask`` and ``ask_word`` are called for the fields that stay
    open. Loading the schemas may take ``seconds`` of wall time. Raises AdoptionError when a schema does not load, when
    a binding names no field or place, and when the profile exists already.
    """
    try_out(folder, seconds)
    files = read_folder(folder)
    catalogue = catalogue_of(files, "official schema, as downloaded")
    check(files, catalogue)
    namespaces = _prefixes(files, catalogue, base)
    names = Names(namespaces)
    answers = dict(bindings or {})
    chosen = {
        channel_name: answers.pop(str(channel_name)) for channel_name in ChannelName if str(channel_name) in answers
    }
    roots = _roots(files, catalogue, names, chosen)
    drafts = {channel: draft(channel, roots[channel][1]) for channel in ChannelName}
    _Answers(drafts, answers, ask, ask_word).apply()
    profile = target / PROFILE
    _refuse_to_overwrite(profile)
    target.mkdir(parents=True, exist_ok=True)
    pin(files, target / SCHEMAS)
    urns = {channel: roots[channel][0].urn for channel in ChannelName}
    text = write_profile(name, drafts, urns, files, base.path, namespaces, SCHEMAS)
    profile.write_text(text, encoding="utf-8")
    left = tuple(question for draft in drafts.values() for question in questions(draft))
    bound = {
        name: field.place.path
        for channel_draft in drafts.values()
        for name, field in channel_draft.fields()
        if field.place is not None
    }
    if left:
        return Adopted(profile, bound, left)
    try:
        load_profile(profile)
    except SettingsError as error:
        return Adopted(profile, bound, tuple(str(problem) for problem in error.problems))
    return Adopted(profile, bound, ())


def _refuse_to_overwrite(profile: Path) -> None:
    if profile.exists():
        raise AdoptionError(
            f"{profile}: is there already, perhaps with answers of yours; use it with --profile {profile}, or remove it"
            " to have a new draft"
        )


def _prefixes(files: tuple[SchemaFile, ...], catalogue: Catalogue, base: Profile) -> dict[str, str]:
    """Return the base's prefixes, and one for each other namespace that the schemas use."""
    prefixes = dict(base.namespaces)
    for file in files:
        if file.namespace and file.namespace not in prefixes.values():
            stem = tokens(Path(file.name).stem)
            prefix = (stem[0] if stem else "ns")[:8]
            prefixes[_free(prefix, prefixes)] = file.namespace
    for entry in catalogue.entries:
        if entry.namespace not in prefixes.values():
            prefixes[_free(tokens(entry.path.stem)[0][:8], prefixes)] = entry.namespace
    return prefixes


def _free(prefix: str, taken: Mapping[str, str]) -> str:
    number = 2
    while prefix in taken:
        prefix = f"{prefix.rstrip('0123456789')}{number}"
        number += 1
    return prefix


def _roots(
    files: tuple[SchemaFile, ...], catalogue: Catalogue, names: Names, chosen: Mapping[ChannelName, str]
) -> dict[ChannelName, tuple[SchemaFile, Branch]]:
    """Return the document element of each channel: the one whose name matches best and that contains most."""
    elements: list[tuple[SchemaFile, str, Branch]] = []
    for file in (file for file in files if file.urn):
        model = catalogue.model(file.urn)
        for clark in document_elements(model):
            declaration = global_element(model, clark)
            if declaration is not None and clark.startswith(f"{{{file.namespace}}}" if file.namespace else ""):
                elements.append((file, clark, Reader(names).root(declaration)))
    roots: dict[ChannelName, tuple[SchemaFile, Branch]] = {}
    problems: list[str] = []
    for channel in ChannelName:
        words = vocabulary()["channels"][str(channel)]
        ranked = sorted(
            (
                (score(words, branch.own, ()), branch.size(), file, branch)
                if channel not in chosen
                else (int(branch.step == chosen[channel]), 0, file, branch)
                for file, _, branch in elements
            ),
            key=lambda candidate: candidate[:2],
            reverse=True,
        )
        if not ranked or ranked[0][0] <= 0:
            known = ", ".join(branch.step for _, _, branch in elements) or "none"
            problems.append(
                f"no document element is recognised as the {channel} document; there are {known}; say which it is with"
                f" --bind {channel}=<element>"
            )
        else:
            roots[channel] = (ranked[0][2], ranked[0][3])
    if problems:
        raise AdoptionError(*problems)
    return roots


class _Answers:
    """Applies the bindings of the command line, and a person's answers, to the drafts."""

    def __init__(
        self, drafts: Mapping[ChannelName, Draft], bindings: dict[str, str], ask: Ask | None, ask_word: AskWord | None
    ) -> None:
        self._drafts = drafts
        self._bindings = bindings
        self._ask = ask
        self._ask_word = ask_word

    def apply(self) -> None:
        known: set[str] = set()
        for channel_draft in self._drafts.values():
            self._members(
                str(channel_draft.channel),
                channel_draft.members,
                channel_draft.branch,
                DOCUMENTS[channel_draft.channel],
                known,
            )
        unknown = self._bindings.keys() - known
        if unknown:
            raise AdoptionError(
                *(f"--bind {name}: is no field; known are {', '.join(sorted(known))}" for name in sorted(unknown))
            )

    def _members(
        self,
        prefix: str,
        members: list[Bound | BoundGroup],
        branch: Branch,
        domain: tuple[Field | Group, ...],
        known: set[str],
    ) -> None:
        places = {place.path: place for place in branch.places()}
        fields = {field.name: field for field in domain}
        for bound in members:
            full = f"{prefix}.{bound.name}"
            member = fields.get(bound.name)
            if isinstance(bound, BoundGroup) and isinstance(member, Group):
                self._members(full, bound.members, bound.branch, member.members, known)
            elif isinstance(bound, Bound) and isinstance(member, Field):
                known.add(full)
                self._field(full, bound, member, places)

    def _field(self, full: str, bound: Bound, field: Field, places: Mapping[str, Place]) -> None:
        answer = self._bindings.get(full)
        while answer is None and bound.required and bound.place is None and self._ask is not None:
            path = self._ask(full, bound)
            if path is None or path in places:
                answer = path
                break
        if answer is not None:
            if answer not in places:
                raise AdoptionError(
                    f"{full}: there is no place {answer!r}; there are {', '.join(places) or 'none'} (as in profiles)"
                )
            bound.place, bound.values = places[answer], {}
            bound.lacking = domain_of(field, bound.place)
        if bound.place is not None and bound.lacking and self._ask_word is not None:
            for value in bound.lacking:
                word = self._ask_word(full, value, bound.place)
                if word is not None:
                    bound.values[value] = word
            bound.lacking = tuple(value for value in bound.lacking if value not in bound.values)
