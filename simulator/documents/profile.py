"""Reading of profiles (``schemas/profiles/*.toml``), which describe DIT's channels and the documents sent on them.

A profile binds channels, URNs, schema files and the path of every field to the names of ``simulator.documents.fields``,
and holds limits, due days and rates, each with its basis and source. ``load_profile`` reads one and checks it.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simulator.documents.bindings import Binding, GroupBinding, Node, PathError, Step, build_tree, parse_path
from simulator.documents.catalogue import Catalogue, CatalogueError, read_entries
from simulator.documents.element_names import Names
from simulator.documents.fields import DOCUMENTS, ERROR_REPORT, Field, Group
from simulator.documents.profile_model import (
    ChannelProfile,
    ChannelTable,
    Due,
    ErrorTable,
    Limits,
    National,
    Profile,
    ProfileFile,
    Rate,
)
from simulator.documents.values import Kind
from simulator.domain.model import Category, ChannelName
from simulator.domain.provenance import Provenance
from simulator.settings import KeyPath, SettingsError, SettingsFile, Table, shown, structure
from simulator.settings.files import LABELS, data_root, dotted
from simulator.settings.reading import label_problems

__all__ = [
    "ChannelProfile",
    "Due",
    "Limits",
    "National",
    "Profile",
    "ProfileFile",
    "Rate",
    "load_profile",
    "profile_names",
]


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that the project ships."""
    return tuple(sorted(profile.stem for profile in (data_root("schemas") / "profiles").glob("*.toml")))


def load_profile(name_or_path: str | Path = "reconstruction", *, against_schemas: bool = False) -> Profile:
    """Read a shipped profile by its name, or any profile by the path of its file.

    The paths of fields are checked against the profile's schemas. This takes half a second, so shipped profiles, which
    the tests and ``aldis doctor`` check, are checked only with ``against_schemas``. Raises SettingsError with all the
    problems of the file.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml" and len(path.parts) == 1:
        path = data_root("schemas") / "profiles" / f"{name_or_path}.toml"
        if not path.is_file():
            known = ", ".join(profile_names()) or "none"
            raise SettingsError(
                f"no profile has the name {str(name_or_path)!r}; known are {known}, or give a file's path"
            )
    path = path.resolve()
    try:
        state = path.stat()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror or error}") from error
    is_shipped = path.parent == (data_root("schemas") / "profiles").resolve()
    return _load(path, state.st_mtime_ns, state.st_size, against_schemas=against_schemas or not is_shipped)


@functools.lru_cache(maxsize=8)
def _load(path: Path, modified: int, size: int, *, against_schemas: bool) -> Profile:
    del modified, size  # part of the cache key only: a file that has changed is read again
    try:
        return _Loader(path, against_schemas=against_schemas).profile()
    except CatalogueError as error:
        raise SettingsError(str(error)) from error


class _Loader:
    """Reads a profile and checks it against its schemas; all problems are collected for one report."""

    def __init__(self, path: Path, *, against_schemas: bool) -> None:
        self._against_schemas = against_schemas
        self._file = SettingsFile.open(path)
        self._tables = structure(self._file, self._file.table, ProfileFile)
        self._catalogue = Catalogue.default()
        entries = read_entries(self._tables.schema, self._file)
        if entries:
            self._catalogue = self._catalogue.extended(entries)
        self._namespaces = dict(self._tables.namespaces)
        self._names = Names(self._namespaces)
        self._problems: list[tuple[KeyPath, str]] = []
        self._paths: dict[str, KeyPath] = {}  # by the place that a binding states

    def profile(self) -> Profile:
        tables = self._tables
        channels = {name: self._channel(name, getattr(tables.channels, name)) for name in ChannelName}
        error_schema, error_root, error_tree = self._errors(tables.errors)
        national = self._national(tables.national)
        for category in Category:
            self._rates_follow([(index, rate) for index, rate in enumerate(tables.rates) if rate.category is category])
        if self._problems:
            raise self._file.error(self._problems)
        return Profile(
            name=tables.name,
            path=self._file.path,
            title=tables.title,
            assumed_requirements=tables.assumed_requirements,
            namespaces=self._namespaces,
            catalogue=self._catalogue,
            channels=channels,
            error_schema_urn=error_schema,
            error_root=error_root,
            error_tree=error_tree,
            national=national,
            limits=tables.limits,
            due=tables.due,
            rates=tables.rates,
            provenance=tables.provenance,
        )

    def _channel(self, name: ChannelName, table: ChannelTable) -> ChannelProfile:
        path: KeyPath = ("channels", str(name))
        raw: Table = self._file.table["channels"][name]
        root = self._clark(table.root, (*path, "root"))
        fields = raw.only("header", "records")
        return ChannelProfile(
            name=name,
            title=table.title,
            urn=table.urn,
            kind=table.kind,
            version_pattern=table.version_urn,
            major=table.major,
            schema_urn=table.schema_urn,
            schema_path=self._schema_path(table.schema_urn, (*path, "schema_urn")),
            root=root,
            manual_acknowledgement=table.manual_acknowledgement,
            use_receiver_filter=table.use_receiver_filter,
            tree=self._tree(fields, DOCUMENTS[name], table.schema_urn, root),
            provenance=table.provenance,
        )

    def _errors(self, table: Table) -> tuple[str, str, Node]:
        head = structure(self._file, table.only("schema_urn", "root", *LABELS), ErrorTable)
        root = self._clark(head.root, (*table.path, "root"))
        fields = table.only(*(key for key in table if key not in {"schema_urn", "root"}))
        return head.schema_urn, root, self._tree(fields, ERROR_REPORT, head.schema_urn, root)

    def _national(self, table: National) -> National:
        path: KeyPath = ("national",)
        root = self._clark(table.root, (*path, "root"))
        model = self._model(table.schema_urn, (*path, "schema_urn"))
        if model is not None and root and root not in model.maps.elements:
            self._problems.append(((*path, "root"), f"{table.root} is not a document element of {table.schema_urn}"))
        if not (data_root("schemas") / table.stylesheet).is_file():
            self._problems.append(
                ((*path, "stylesheet"), f"there is no file {table.stylesheet} below the folder schemas/")
            )
        return replace(
            table,
            root=root,
            part=self._clark(table.part, (*path, "part")),
            provider=self._clark(table.provider, (*path, "provider")),
            content=self._clark(table.content, (*path, "content")),
        )

    def _schema_path(self, urn: str, path: KeyPath) -> Path:
        try:
            return self._catalogue.path(urn)
        except CatalogueError as error:
            self._problems.append((path, str(error)))
            return Path()

    def _model(self, urn: str, path: KeyPath) -> Any:
        """Return xmlschema's model of a schema; None when it cannot be used, or is not to be checked against."""
        if not self._against_schemas:
            return None
        try:
            return self._catalogue.model(urn)
        except CatalogueError as error:
            self._problems.append((path, str(error)))
            return None

    def _clark(self, name: str, path: KeyPath) -> str:
        """Return the Clark name of an element; empty, with a problem noted, for anything but an element name."""
        steps = self._steps(name, path)
        if steps is None:
            return ""
        if len(steps) != 1 or steps[0].attribute or steps[0].conditions:
            self._problems.append((path, f"must be one element name such as prefix:name, found {name!r}"))
            return ""
        return steps[0].name

    def _steps(self, written: str, path: KeyPath) -> tuple[Step, ...] | None:
        try:
            return parse_path(written, self._namespaces)
        except PathError as error:
            self._problems.append((path, str(error)))
            return None

    def _tree(self, table: Table, members: tuple[Field | Group, ...], urn: str, root: str) -> Node:
        """Return the tree of one kind of document, checked against its schema."""
        before = len(self._problems)
        tree = build_tree(root, self._bind(table, members))
        model = self._model(urn, (*table.path, "schema_urn"))
        if model is None or not root:
            return tree
        from simulator.documents.explaining import document_elements, global_element  # noqa: PLC0415 - see load_profile
        from simulator.documents.profile_schema import problems  # noqa: PLC0415

        declaration = global_element(model, root)
        if declaration is None:
            known = ", ".join(self._names.name(element) for element in document_elements(model))
            file = self._catalogue.path(urn).name
            reason = f"{self._names.name(root)} is not a document element of {file}; there are {known}"
            self._problems.append(((*table.path, "root"), reason))
        elif len(self._problems) == before:
            for problem in problems(tree, declaration, self._names, self._catalogue.path(urn).name):
                place, _, reason = problem.partition(": ")
                known_place = self._paths.get(place)
                self._problems.append((table.path, problem) if known_place is None else (known_place, reason))
        return tree

    def _bind(self, table: Table, members: tuple[Field | Group, ...]) -> tuple[Binding | GroupBinding, ...]:
        """Return the bindings of a table in the order of the file."""
        known = {member.name: member for member in members}
        entries = dict(self._flat(table, tuple(known)))
        for member in members:
            if member.required and member.name not in entries:
                path = (*table.path, *member.name.split("."))
                self._problems.append((path, f"is missing; it says where {member.name} stands in the XML"))
        bound: list[Binding | GroupBinding | None] = []
        for name, (holder, key) in entries.items():
            named = known.get(name)
            if isinstance(named, Group):
                bound.append(self._group(named, holder, key))
            else:
                bound.append(self._field(named, name, holder, key, tuple(known)))
        return tuple(binding for binding in bound if binding is not None)

    def _flat(self, table: Table, known: tuple[str, ...], prefix: str = "") -> list[tuple[str, tuple[Table, str]]]:
        """Return the entries of a table of fields in order, with nested names joined by dots (``holder.code``)."""
        entries: list[tuple[str, tuple[Table, str]]] = []
        self._check_labels(table)
        for key, value in table.items():
            if key in LABELS:
                continue
            name = f"{prefix}{key}"
            leaf = isinstance(value, str) or (isinstance(value, Table) and ("path" in value or "each" in value))
            if leaf or name in known:
                entries.append((name, (table, key)))
            elif isinstance(value, Table):
                entries.extend(self._flat(value, known, f"{name}."))
            else:
                reason = f"must be a path as text or a table with path, found {shown(value)}"
                self._problems.append(((*table.path, key), reason))
        return entries

    def _group(self, group: Group, holder: Table, key: str) -> GroupBinding | None:
        table, path = holder[key], (*holder.path, key)
        if not isinstance(table, Table) or not isinstance(table.get("each"), str):
            self._problems.append((path, 'must be a table with each = "...", the path of the element that repeats'))
            return None
        steps = self._steps(table["each"], (*path, "each"))
        if steps is not None and (not steps or steps[-1].attribute):
            reason = f"must end at an element that repeats, found {table['each']!r}"
            self._problems.append(((*path, "each"), reason))
        members = self._bind(table.only(*(name for name in table if name != "each")), group.members)
        provenance = self._provenance(table, "each")
        if steps is None or provenance is None:
            return None
        return GroupBinding(
            name=group.name,
            place=self._place(path),
            path=steps,
            written=table["each"],
            members=members,
            provenance=provenance,
        )

    def _field(self, field: Field | None, name: str, holder: Table, key: str, known: tuple[str, ...]) -> Binding | None:
        path, row = (*holder.path, key), holder[key]
        entry = row if isinstance(row, Table) else Table({"path": row}, path, holder.labels_at(key))
        constant = entry.get("constant")
        if field is None and constant is None:
            self._problems.append((path, f"is no field; known here are {', '.join(known)}"))
            return None
        self._check_labels(entry)
        written = entry.get("path")
        if not isinstance(written, str) or not written:
            self._problems.append(((*path, "path"), f"must be text, found {shown(written)}"))
            return None
        for unknown in set(entry) - {"path", "values", "constant", *LABELS}:
            self._problems.append(((*path, unknown), "unknown key; known are path, values, constant, basis, source"))
        steps = self._steps(written, path if row is written else (*path, "path"))
        provenance = self._provenance(holder, key)
        values = self._choices(entry, field) if constant is None else {}
        if steps is None or provenance is None:
            return None
        return Binding(
            name=name,
            place=self._place(path),
            path=steps,
            written=written,
            provenance=provenance,
            field=field if constant is None else None,
            values=values,
            constant=None if constant is None else str(constant),
        )

    def _check_labels(self, table: Table) -> None:
        self._problems.extend(((*table.path, key), reason) for key, reason in label_problems(table))

    def _place(self, path: KeyPath) -> str:
        place = dotted(path)
        self._paths[place] = path
        return place

    def _provenance(self, table: Table, key: str) -> Provenance | None:
        try:
            return table.labels_at(key).provenance()
        except ValueError as error:
            self._problems.append(((*table.path, key), str(error)))
            return None

    def _choices(self, entry: Table, field: Field | None) -> Mapping[str, str]:
        """Return the text for each value of a choice; every value of the domain must have one.

        A boolean may have texts too; without them it is an XML boolean.
        """
        path: KeyPath = (*entry.path, "values")
        if field is None or (field.choice is None and (field.kind is not Kind.BOOLEAN or "values" not in entry)):
            if "values" in entry:
                self._problems.append((path, "only fields that choose between words have values"))
            return {}
        domain = ("true", "false") if field.choice is None else tuple(str(word) for word in field.choice)
        written = entry.get("values")
        if not isinstance(written, Table):
            self._problems.append((path, f"is missing; it says how each of {', '.join(domain)} is written"))
            return {}
        missing = [value for value in domain if not isinstance(written.get(value), str)]
        for value in missing:
            reason = f"does not say how {value} is written; needed are {', '.join(domain)}"
            self._problems.append((path, reason))
        for key in written:
            if key not in domain and key not in LABELS:
                reason = f"{key} is no value of {field.name}; known are {', '.join(domain)}"
                self._problems.append(((*path, key), reason))
        if missing:
            return {}
        if len({written[value] for value in domain}) != len(domain):
            self._problems.append((path, "writes two values alike, so that they could not be read back"))
        return {value: written[value] for value in domain}

    def _rates_follow(self, rates: list[tuple[int, Rate]]) -> None:
        """Check that the rates of a category leave no gap between months and do not overlap."""
        rates = sorted(rates, key=lambda numbered: numbered[1].valid_from)
        for (_, rate), (index, following) in itertools.pairwise(rates):
            path: KeyPath = ("rates", index, "valid_from")
            if rate.valid_to is None or rate.valid_to >= following.valid_from:
                end = "without end" if rate.valid_to is None else f"to {rate.valid_to}"
                reason = (
                    f"{following.category} has two rates for {following.valid_from}: the one before runs from "
                    f'{rate.valid_from} {end}; end it with valid_to = "{following.valid_from - 1}"'
                )
                self._problems.append((path, reason))
            elif rate.valid_to + 1 != following.valid_from:
                reason = (
                    f"{following.category} has no rate from {rate.valid_to + 1} to {following.valid_from - 1}; let "
                    "the rate before last longer, or write one of 0.00 for these months"
                )
                self._problems.append((path, reason))
