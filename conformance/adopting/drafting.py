"""Writing of a draft as a profile: bound fields with their source, open ones as questions in comments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from conformance.adopting.folder import SchemaFile
from conformance.adopting.matching import Bound, BoundGroup, Draft
from simulator.domain.model import ChannelName

_HEADER = re.compile(r"^\[{1,2}([\w.]+)\]{1,2}\s*$", re.MULTILINE)
_KEPT = ("limits", "due", "rates", "errors", "national")
_REPLACED = re.compile(r"^(schema_urn|root|basis|source)\s*=")


def write_profile(
    name: str,
    drafts: Mapping[ChannelName, Draft],
    schemas: Mapping[ChannelName, str],
    files: Iterable[SchemaFile],
    base: Path,
    namespaces: Mapping[str, str],
    folder: str,
) -> str:
    """Return the profile's text. Limits, due days, rates, errors and channels are those of ``base``, a profile file.

    ``schemas`` are the URNs of the channels' schemas, ``namespaces`` prefixes and their URIs; ``folder`` holds the
    copies of ``files``, as seen from the profile.
    """
    text = base.read_text(encoding="utf-8")
    blocks = list(_blocks(text))
    channels = {table.removeprefix("channels."): block for table, block in blocks if table.startswith("channels.")}
    kept = [block for table, block in blocks if table.partition(".")[0] in _KEPT]
    parts = [_top(name), _schemas(files, folder), _namespaces(namespaces), *kept]
    parts += [
        _channel(drafts[channel_name], schemas[channel_name], channels[str(channel_name)])
        for channel_name in ChannelName
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def questions(draft: Draft) -> Iterator[str]:
    """Yield the open questions of a channel, a sentence each."""
    for name, bound in draft.fields():
        if bound.required and bound.place is None:
            offered = ", ".join(place.path for place in bound.candidates) or "none that would take such a value"
            yield f"{name}: no place was recognised; candidates are {offered}"
        elif bound.required and bound.lacking:
            allowed = ", ".join(bound.place.enumeration if bound.place else ()) or "any text"
            yield f"{name}: how is {', '.join(bound.lacking)} written there? The schema allows {allowed}"


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each table of a TOML file, with the comments inside."""
    heads = list(_HEADER.finditer(text))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        block = text[head.start() : following.start() if following else len(text)]
        yield head[1], re.sub(r"\n# -{4}.*", "\n", block)


def _top(name: str) -> str:
    return (
        "# Drafted by `aldis schemas adopt`. Where the fields stand was told by names and types: check it against the\n"
        "# official description. Comments with a question mark are still to be answered.\n\n"
        f"name = {_quoted(name)}\n"
        f"title = {_quoted(f'ALISProvider, adopted as {name}')}\n"
        'assumed_requirements = "warn" # what is only assumed warns; "fail" makes it fail\n'
        'basis = "inferred"\n'
        f"source = {_quoted('adopted schema: bound by names and types (aldis schemas adopt), to be checked')}\n"
    )


def _schemas(files: Iterable[SchemaFile], folder: str) -> str:
    return "\n".join(
        "[[schema]]\n"
        f"urn = {_quoted(file.urn)}\n"
        f"file = {_quoted(f'{folder}/{file.name}')}\n"
        f"namespace = {_quoted(file.namespace)}\n"
        f"sha256 = {_quoted(file.sha256)}\n"
        'basis = "documented"\n'
        f"source = {_quoted(f'official schema {file.name}, as downloaded')}\n"
        for file in files
        if file.urn
    )


def _namespaces(namespaces: Mapping[str, str]) -> str:
    return "[namespaces]\n" + "".join(f"{prefix} = {_quoted(uri)}\n" for prefix, uri in namespaces.items())


def _channel(draft: Draft, urn: str, base: str) -> str:
    lines = [line for line in base.splitlines() if line and not _REPLACED.match(line)]
    lines += [f"schema_urn = {_quoted(urn)}", f"root = {_quoted(draft.root)}"]
    text = "\n".join(lines) + "\n"
    for member in draft.members:
        if isinstance(member, Bound):
            text += _bound(member, "header." if member.constant is not None else "")
    for member in draft.members:
        if isinstance(member, BoundGroup):
            text += f"\n[channels.{draft.channel}.{member.name}]\neach = {_quoted(member.path)}\n"
            text += "".join(_member(inner) for inner in _ordered(member.members))
    if not any(isinstance(member, BoundGroup) for member in draft.members):
        text += f"\n# ? which element of {draft.root} repeats, once for each record?\n"
        text += f'# [channels.{draft.channel}.records]\n# each = "..."\n'
    return text


def _ordered(members: list[Bound | BoundGroup]) -> list[Bound | BoundGroup]:
    def order(member: Bound | BoundGroup) -> int:
        if isinstance(member, BoundGroup):
            return member.order
        return member.place.order if member.place is not None else 1_000_000

    return sorted(members, key=order)


def _member(member: Bound | BoundGroup, prefix: str = "") -> str:
    if isinstance(member, Bound):
        return _bound(member, prefix)
    inner_prefix = f"{prefix}{member.name}."
    text = f"{inner_prefix}each = {_quoted(member.path)}\n"
    return text + "".join(_member(inner, inner_prefix) for inner in _ordered(member.members))


def _bound(bound: Bound, prefix: str) -> str:
    name = f"{prefix}{bound.name}"
    if bound.place is None:
        if not bound.required:
            return ""
        offered = " | ".join(place.path for place in bound.candidates)
        return f'# ? {name} = "..."   # candidates: {offered or "none"}\n'
    path = _quoted(bound.place.path)
    if bound.constant is not None:
        return f"{name} = {{ path = {path}, constant = {_quoted(bound.constant)} }}\n"
    if not bound.values and not bound.lacking:
        return f"{name} = {path}\n"
    if bound.lacking:
        asked = ", ".join(f"{value} = ?" for value in bound.lacking)
        values = "".join(f"{value} = {_quoted(word)}, " for value, word in bound.values.items())
        return f"# ? {name} = {{ path = {path}, values = {{ {values}{asked} }} }}\n"
    values = ", ".join(f"{value} = {_quoted(word)}" for value, word in bound.values.items())
    return f"{name} = {{ path = {path}, values = {{ {values} }} }}\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
