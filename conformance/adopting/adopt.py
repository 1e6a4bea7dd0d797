"""Adopts a folder of official schemas: pins, checks, binds, asks, writes a profile."""

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
"""Asks a person where a field is: its full name and what is known of it; the answer is a path, or None."""
AskWord = Callable[[str, str, Place], str | None]
"""Asks how a value of a field is written at a place; the answer is a word of the schema, or None."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What came of it: the profile's file, the fields that were bound, what is still open (sentences)."""

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

    ``bindings`` say where fields are, by their full names; ``ask`` is asked for what is open then. Loading the schemas
    may take ``seconds`` of wall time. Raises AdoptionError when a schema does not load, and when the profile does not
    fit although all was bound.
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
    _keep_what_was_edited(profile)
    target.mkdir(parents=True, exist_ok=True)
    pin(files, target / SCHEMAS)
    urns = {channel: roots[channel][0].urn for channel in ChannelName}
    text = write_profile(name, drafts, urns, files, base.path, namespaces, SCHEMAS)
    profile.write_text(text, encoding="utf-8")
    left = tuple(question for draft in drafts.values() for question in questions(draft))
    bound = {key: each.place.path for one in drafts.values() for key, each in one.fields() if each.place is not None}
    if left:
        return Adopted(profile, bound, left)
    try:
        load_profile(profile)
    except SettingsError as error:
        return Adopted(profile, bound, tuple(str(problem) for problem in error.problems))
    return Adopted(profile, bound, ())


def _keep_what_was_edited(profile: Path) -> None:
    if profile.exists():
        raise AdoptionError(
            f"{profile}: is there already, perhaps with answers of yours; use it with --profile {profile}, or remove it"
            " to have a new draft"
        )


def _prefixes(files: tuple[SchemaFile, ...], catalogue: Catalogue, base: Profile) -> dict[str, str]:
    """The base's prefixes, and one for each other namespace that the schemas use."""
    found = dict(base.namespaces)
    for file in files:
        if file.namespace and file.namespace not in found.values():
            stem = tokens(Path(file.name).stem)
            prefix = (stem[0] if stem else "ns")[:8]
            found[_free(prefix, found)] = file.namespace
    for entry in catalogue.entries:
        if entry.namespace not in found.values():
            found[_free(tokens(entry.path.stem)[0][:8], found)] = entry.namespace
    return found


def _free(prefix: str, taken: Mapping[str, str]) -> str:
    number = 2
    while prefix in taken:
        prefix = f"{prefix.rstrip('0123456789')}{number}"
        number += 1
    return prefix


def _roots(
    files: tuple[SchemaFile, ...], catalogue: Catalogue, names: Names, chosen: Mapping[ChannelName, str]
) -> dict[ChannelName, tuple[SchemaFile, Branch]]:
    """The document element of each channel: the one whose name says so and that holds most."""
    elements: list[tuple[SchemaFile, str, Branch]] = []
    for file in (file for file in files if file.urn):
        model = catalogue.model(file.urn)
        for clark in document_elements(model):
            declaration = global_element(model, clark)
            if declaration is not None and clark.startswith(f"{{{file.namespace}}}" if file.namespace else ""):
                elements.append((file, clark, Reader(names).root(declaration)))
    found: dict[ChannelName, tuple[SchemaFile, Branch]] = {}
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
            key=lambda each: each[:2],
            reverse=True,
        )
        if not ranked or ranked[0][0] <= 0:
            known = ", ".join(branch.step for _, _, branch in elements) or "none"
            problems.append(
                f"no document element is recognised as the {channel} document; there are {known}; say which it is with"
                f" --bind {channel}=<element>"
            )
        else:
            found[channel] = (ranked[0][2], ranked[0][3])
    if problems:
        raise AdoptionError(*problems)
    return found


class _Answers:
    """Puts into the drafts what a person says."""

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
                *(f"--bind {each}: is no field; known are {', '.join(sorted(known))}" for each in sorted(unknown))
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
        for each in members:
            full = f"{prefix}.{each.name}"
            member = fields.get(each.name)
            if isinstance(each, BoundGroup) and isinstance(member, Group):
                self._members(full, each.members, each.branch, member.members, known)
            elif isinstance(each, Bound) and isinstance(member, Field):
                known.add(full)
                self._field(full, each, member, places)

    def _field(self, full: str, bound: Bound, field: Field, places: Mapping[str, Place]) -> None:
        answer = self._bindings.get(full)
        while answer is None and bound.required and bound.place is None and self._ask is not None:
            said = self._ask(full, bound)
            if said is None or said in places:
                answer = said
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
            bound.lacking = tuple(each for each in bound.lacking if each not in bound.values)
