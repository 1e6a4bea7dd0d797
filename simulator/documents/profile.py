"""The profile: what a schema and its channels mean in the domain's words. It is data (``schemas/profiles/*.toml``).

A profile binds channels, URNs, schema files and the path of every field to the names of ``simulator.documents.fields``,
and holds whatever else is assumed: limits, due days, rates. Each statement carries its basis and source.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from pathlib import Path

from simulator.documents.access import Environment
from simulator.documents.bindings import Binding, GroupBinding, Node, PathError, Step, build_tree, parse_path
from simulator.documents.catalogue import Catalogue, CatalogueError, read_entries
from simulator.documents.explaining import Names, document_elements, global_element
from simulator.documents.fields import DOCUMENTS, ERROR_REPORT, Field, Group
from simulator.documents.locations import data_root
from simulator.documents.model import Basis, Category, ChannelName, Provenance
from simulator.documents.profile_model import ChannelProfile, Due, Limits, National, Profile, Rate
from simulator.documents.resolving import problems
from simulator.documents.tables import ProfileError, Table, read_toml
from simulator.documents.values import Kind
from simulator.domain.provenance import Sourced

__all__ = [
    "ChannelProfile",
    "Due",
    "Limits",
    "National",
    "Profile",
    "ProfileError",
    "Rate",
    "load_profile",
    "profile_names",
]


def profile_names() -> tuple[str, ...]:
    """The names of the profiles that the project ships."""
    return tuple(sorted(each.stem for each in (data_root("schemas") / "profiles").glob("*.toml")))


def load_profile(name_or_path: str | Path = "reconstruction") -> Profile:
    """Read a shipped profile by name, or one of your own by the path of its file.

    Raises ProfileError, whose ``problems`` say file, place, what is wrong and what is there instead.
    """
    path = Path(name_or_path)
    if path.suffix != ".toml" and len(path.parts) == 1:
        path = data_root("schemas") / "profiles" / f"{name_or_path}.toml"
        if not path.is_file():
            known = ", ".join(profile_names()) or "none"
            raise ProfileError(
                f"no profile has the name {str(name_or_path)!r}; known are {known}, or give a file's path"
            )
    path = path.resolve()
    try:
        state = path.stat()
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read: {error.strerror or error}") from error
    return _load(path, state.st_mtime_ns, state.st_size)


@functools.lru_cache(maxsize=8)
def _load(path: Path, modified: int, size: int) -> Profile:
    del modified, size  # they only tell a changed file from the one that was read before
    try:
        return _Loader(path).profile()
    except CatalogueError as error:
        raise ProfileError(str(error)) from error


_TOP = ("name", "title", "assumed_requirements", "namespaces", "schema")
_PARTS = ("limits", "due", "rates", "errors", "national", "channels")
_CHANNEL = ("title", "urn", "kind", "version_urn", "major", "schema_urn", "root")
_READING = ("manual_acknowledgement", "use_receiver_filter", "header", "records")


class _Loader:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._top = Table(read_toml(path), path)
        self._top.only(*_TOP, *_PARTS)
        self._catalogue = Catalogue.default()
        entries = read_entries(self._top.data, path)
        if entries:
            self._catalogue = self._catalogue.extended(entries)
        self._namespaces = {prefix: str(uri) for prefix, uri in self._top.table("namespaces").data.items()}
        self._names = Names(self._namespaces)
        self._problems: list[str] = []

    def profile(self) -> Profile:
        top = self._top
        channels = self._channels(top.table("channels"))
        error_schema, error_root, error_tree = self._errors(top.table("errors"))
        profile = Profile(
            name=top.text("name"),
            path=self._path,
            title=top.text("title"),
            assumed_requirements=top.choice("assumed_requirements", ("warn", "fail")),
            namespaces=self._namespaces,
            catalogue=self._catalogue,
            channels=channels,
            error_schema_urn=error_schema,
            error_root=error_root,
            error_tree=error_tree,
            national=self._national(top.table("national")),
            limits=_limits(top.table("limits")),
            due=_due(top.table("due")),
            rates=_rates(top),
            provenance=top.provenance("name"),
        )
        if self._problems:
            raise ProfileError(*self._problems)
        return profile

    def _channels(self, table: Table) -> dict[ChannelName, ChannelProfile]:
        table.only(*ChannelName)
        return {name: self._channel(name, table.table(name)) for name in ChannelName}

    def _channel(self, name: ChannelName, table: Table) -> ChannelProfile:
        table.only(*_CHANNEL, *_READING)
        urn, root = table.text("schema_urn"), self._clark(table, "root")
        fields = table.without(*_CHANNEL, "manual_acknowledgement", "use_receiver_filter")
        tree = self._tree(fields, DOCUMENTS[name], urn, root)
        pattern = table.text("version_urn")
        if "{minor}" not in pattern:
            raise table.error("version_urn", f"must hold {{minor}} where the minor number goes, found {pattern!r}")
        return ChannelProfile(
            name=name,
            title=table.text("title"),
            urn=table.text("urn"),
            kind=table.choice("kind", ("dik", "dsk")),
            version_pattern=pattern,
            major=table.number("major"),
            schema_urn=urn,
            schema_path=self._schema_path(table),
            root=root,
            manual_acknowledgement=table.flag("manual_acknowledgement"),
            use_receiver_filter=table.flag("use_receiver_filter"),
            tree=tree,
            provenance=table.provenance("urn"),
        )

    def _errors(self, table: Table) -> tuple[str, str, Node]:
        urn, root = table.text("schema_urn"), self._clark(table, "root")
        members = {
            key: value for key, value in table.data.items() if key not in {"schema_urn", "root", "basis", "source"}
        }
        return urn, root, self._tree(Table(members, self._path, table.place, table), ERROR_REPORT, urn, root)

    def _national(self, table: Table) -> National:
        table.only("schema_urn", "root", "part", "provider", "content", "stylesheet", "parameter")
        urn, root = table.text("schema_urn"), self._clark(table, "root")
        if global_element(self._catalogue.model(urn), root) is None:
            raise table.error("root", f"{table.text('root')} is not a document element of {urn}")
        stylesheet = table.text("stylesheet")
        if not (data_root("schemas") / stylesheet).is_file():
            raise table.error("stylesheet", f"there is no file {stylesheet} below the folder schemas/")
        return National(
            schema_urn=urn,
            root=root,
            part=self._clark(table, "part"),
            provider=self._clark(table, "provider"),
            content=self._clark(table, "content"),
            stylesheet=stylesheet,
            parameter=table.text("parameter"),
            provenance=table.provenance("stylesheet"),
        )

    def _schema_path(self, table: Table) -> Path:
        try:
            return self._catalogue.path(table.text("schema_urn"))
        except CatalogueError as error:
            raise table.error("schema_urn", str(error)) from None

    def _clark(self, table: Table, key: str) -> str:
        try:
            steps = parse_path(table.text(key), self._namespaces)
        except PathError as error:
            raise table.error(key, str(error)) from None
        if len(steps) != 1 or steps[0].attribute or steps[0].conditions:
            raise table.error(key, f"must be one element name such as prefix:name, found {table.text(key)!r}")
        return steps[0].name

    def _tree(self, table: Table, members: tuple[Field | Group, ...], urn: str, root: str) -> Node:
        """The tree of one kind of document, held against its schema; what is wrong is gathered for one report."""
        before = len(self._problems)
        tree = build_tree(root, self._bind(table, members))
        try:
            model = self._catalogue.model(urn)
        except CatalogueError as error:
            raise ProfileError(f"{self._path}: {table.at('schema_urn')}: {error}") from None
        declaration = global_element(model, root)
        if declaration is None:
            known = ", ".join(self._names.name(each) for each in document_elements(model))
            self._problems.append(
                f"{self._path}: {table.at('root')}: {self._names.name(root)} is not a document element of"
                f" {self._catalogue.path(urn).name}; there are {known}"
            )
        elif len(self._problems) == before:
            found = problems(tree, declaration, self._names, self._catalogue.path(urn).name)
            self._problems.extend(f"{self._path}: {each}" for each in found)
        return tree

    def _bind(self, table: Table, members: tuple[Field | Group, ...]) -> tuple[Binding | GroupBinding, ...]:
        """Bindings in the order of the file."""
        known = {each.name: each for each in members}
        entries = dict(_flatten(table, tuple(known)))
        missing = [each for each in members if each.required and each.name not in entries]
        self._problems.extend(
            f"{self._path}: {table.at(each.name)}: is missing; it says where {each.name} stands in the XML"
            for each in missing
        )
        bound: list[Binding | GroupBinding] = []
        for name, (holder, key) in entries.items():
            member = known.get(name)
            if isinstance(member, Group):
                bound.append(self._group(member, holder.table(key)))
            else:
                binding = self._field(member, name, holder, key, tuple(known))
                if binding is not None:
                    bound.append(binding)
        return tuple(bound)

    def _group(self, group: Group, table: Table) -> GroupBinding:
        return GroupBinding(
            name=group.name,
            place=table.place,
            path=self._path_of(table, "each"),
            written=table.text("each"),
            members=self._bind(table.without("each"), group.members),
            provenance=table.provenance("each"),
        )

    def _path_of(self, table: Table, key: str) -> tuple[Step, ...]:
        try:
            steps = parse_path(table.text(key), self._namespaces)
        except PathError as error:
            raise table.error(key, str(error)) from None
        if key == "each" and (not steps or steps[-1].attribute):
            raise table.error(key, f"must end at an element that repeats, found {table.text(key)!r}")
        return steps

    def _field(
        self, field: Field | Group | None, name: str, holder: Table, key: str, known: tuple[str, ...]
    ) -> Binding | None:
        row = holder.data[key]
        words = {"path": row} if isinstance(row, str) else row
        entry = Table(words, self._path, holder.at(key), holder)
        constant = words.get("constant")
        if field is None and constant is None:
            self._problems.append(f"{self._path}: {holder.at(key)}: is no field; known here are {', '.join(known)}")
            return None
        entry.only("path", "values", "constant")
        assert not isinstance(field, Group)
        return Binding(
            name=name,
            place=holder.at(key),
            path=self._path_of(entry, "path"),
            written=entry.text("path"),
            provenance=holder.provenance(key),
            field=field if constant is None else None,
            values=_choices(entry, field) if constant is None else {},
            constant=None if constant is None else str(constant),
        )


def _flatten(table: Table, known: tuple[str, ...], prefix: str = "") -> list[tuple[str, tuple[Table, str]]]:
    """The entries of a table of fields in order, nested names joined by dots (``holder.code``)."""
    found: list[tuple[str, tuple[Table, str]]] = []
    for key, value in table.data.items():
        if key in {"basis", "source"}:
            continue
        name = f"{prefix}{key}"
        leaf = isinstance(value, str) or (isinstance(value, dict) and ("path" in value or "each" in value))
        if leaf or name in known:
            found.append((name, (table, key)))
        elif isinstance(value, dict):
            found.extend(_flatten(table.table(key), known, f"{name}."))
        else:
            raise table.error(key, f"must be a path as text or a table with path, found {value!r}")
    return found


def _choices(entry: Table, field: Field | None) -> Mapping[str, str]:
    """How each value of a choice is written; every value of the domain must have its word.

    A boolean may have words too; without them it is an XML boolean.
    """
    if field is None or (field.choice is None and (field.kind is not Kind.BOOLEAN or "values" not in entry.data)):
        if "values" in entry.data:
            raise entry.error("values", "only fields that choose between words have values")
        return {}
    domain = ("true", "false") if field.choice is None else tuple(str(each) for each in field.choice)
    written = entry.table("values").data
    for value in domain:
        if not isinstance(written.get(value), str):
            raise entry.error("values", f"does not say how {value} is written; needed are {', '.join(domain)}")
    unknown = [key for key in written if key not in domain and key not in {"basis", "source"}]
    if unknown:
        raise entry.error("values", f"{unknown[0]} is no value of {field.name}; known are {', '.join(domain)}")
    if len({written[value] for value in domain}) != len(domain):
        raise entry.error("values", "writes two values alike, so that they could not be read back")
    return {value: written[value] for value in domain}


def _known(table: Table, key: str) -> Sourced[int]:
    return Sourced(table.number(key), table.provenance(key))


def _limits(table: Table) -> Limits:
    table.only("message_bytes", "poll_seconds", "retention_days", *_USUAL)
    return Limits(
        _known(table, "message_bytes"),
        _known(table, "poll_seconds"),
        _known(table, "retention_days"),
        {each: _known_or_usual(table, f"month_bytes_{each}") for each in Environment},
        _known_or_usual(table, "transformation_seconds"),
    )


_SECTION_2_4 = Provenance(Basis.DOCUMENTED, "VRAA, DIT integration instruction v1.09, section 2.4")
_USUAL = {
    "month_bytes_test": Sourced(100 * 10**9, _SECTION_2_4),
    "month_bytes_production": Sourced(50 * 10**9, _SECTION_2_4),
    "transformation_seconds": Sourced(10, Provenance(Basis.ASSUMED, "no public source; a choice of this simulator")),
}
"""Limits that a profile need not repeat: those written before they were known here do not."""


def _known_or_usual(table: Table, key: str) -> Sourced[int]:
    return _known(table, key) if key in table.data else _USUAL[key]


def _due(table: Table) -> Due:
    table.only("contract_before_day", "determination_day", "payout_day")
    for key in ("contract_before_day", "determination_day", "payout_day"):
        if table.number(key) > 28:
            raise table.error(key, f"must be a day that every month has, 1 to 28, found {table.number(key)}")
    due = Due(_known(table, "contract_before_day"), _known(table, "determination_day"), _known(table, "payout_day"))
    _due_days_collide(table, due)
    return due


def _due_days_collide(table: Table, due: Due) -> None:
    contracts, determination, payouts = due.contract_before_day.value, due.determination_day.value, due.payout_day.value
    if contracts > determination:
        raise table.error(
            "contract_before_day",
            f"contracts of a month are due before day {contracts}, but ALDIS determines on day {determination}: what "
            f"it decides on would still be on its way; give at most {determination}",
        )
    if payouts > 27:
        raise table.error(
            "payout_day",
            f"a month is reconciled on the day after, and February has no day {payouts + 1} each year; give at most 27",
        )
    if payouts + 1 == determination:
        raise table.error(
            "payout_day",
            f"a month is reconciled on the day after, which is determination_day ({determination}) too; the two would "
            "fall on one moment, so move one of them",
        )


def _rates(top: Table) -> tuple[Rate, ...]:
    read = tuple((each, _rate(each)) for each in top.tables("rates"))
    if not read:
        raise top.error("rates", "is missing; write a table [[rates]] for each category and span of periods")
    for category in Category:
        _rates_follow(
            sorted((each for each in read if each[1].category is category), key=lambda each: each[1].valid_from)
        )
    return tuple(rate for _, rate in read)


def _rates_follow(rates: list[tuple[Table, Rate]]) -> None:
    """The rates of a category follow each other month by month: no gap, no month with two."""
    for table, rate in rates:
        if rate.valid_to is not None and rate.valid_to < rate.valid_from:
            raise table.error("valid_to", f"{rate.valid_to} lies before valid_from {rate.valid_from}")
    for (_, rate), (table, following) in itertools.pairwise(rates):
        if rate.valid_to is None or rate.valid_to >= following.valid_from:
            end = "without end" if rate.valid_to is None else f"to {rate.valid_to}"
            raise table.error(
                "valid_from",
                f"{following.category} has two rates for {following.valid_from}: the one before runs from "
                f'{rate.valid_from} {end}; end it with valid_to = "{following.valid_from - 1}"',
            )
        if rate.valid_to + 1 != following.valid_from:
            raise table.error(
                "valid_from",
                f"{following.category} has no rate from {rate.valid_to + 1} to {following.valid_from - 1}; let "
                "the rate before last longer, or write one of 0.00 for these months",
            )


def _rate(table: Table) -> Rate:
    table.only("category", "valid_from", "valid_to", "amount", "per_count", "known_from")
    return Rate(
        category=Category(table.choice("category", tuple(Category))),
        valid_from=table.period("valid_from"),
        valid_to=table.period("valid_to") if "valid_to" in table.data else None,
        amount=table.money("amount"),
        per_count=table.flag("per_count"),
        provenance=table.provenance("amount"),
        known_from=table.day("known_from") if "known_from" in table.data else None,
    )
