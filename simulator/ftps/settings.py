"""Settings of the FTPS interface: ``schemas/dit/ftps.toml``, and a user's file that overrides some of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from simulator.domain.provenance import Sourced
from simulator.settings import Check, Text, read
from simulator.settings.files import data_root


def _template(needed: Iterable[str], allowed: Iterable[str] = ()) -> Check:
    """Return the check of a name with each of the needed words in braces once, and each of the allowed at most once."""
    must, may = set(needed), {*needed, *allowed}

    def test(name: str) -> bool:
        used = re.findall(r"\{(\w+)\}", name)
        return "/" not in name and must <= set(used) <= may and len(used) == len(set(used))

    braces = ", ".join(f"{{{word}}}" for word in sorted(must))
    more = "".join(f", and perhaps {{{word}}}" for word in sorted(may - must))
    return Check(f"a name without / that has {braces}{more} once", test)


FolderName = Annotated[
    str,
    Check(
        "the name of one folder, without /",
        lambda name: name not in ("", ".", "..") and "/" not in name,
        {"pattern": "^[^/]+$"},
    ),
]


@dataclass(frozen=True, slots=True)
class FolderNames:
    """The folders of a channel version; ``older_read`` is a template with {kind} and {channel}."""

    write: Sourced[FolderName]
    read: Sourced[FolderName]
    read_error: Sourced[FolderName]
    write_event: Sourced[FolderName]
    write_event_error: Sourced[FolderName]
    older_read: Sourced[Annotated[str, _template(("kind", "channel"))]]


@dataclass(frozen=True, slots=True)
class FileNames:
    """Templates of file names: a message to read has {message}, a reply has {related} and may have {n}."""

    read_name: Sourced[Annotated[str, _template(("message",))]]
    event_name: Sourced[Annotated[str, _template(("related",), ("n",))]]
    event_title: Sourced[Text]


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Settings of reading.

    ``retr_reads``: RETR marks a message as read. ``list_read``: a read message is still listed.
    """

    retr_reads: Sourced[bool]
    list_read: Sourced[bool]


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """The lowest version of TLS that the server accepts."""

    minimum: Sourced[Literal["1.2", "1.3"]]


@dataclass(frozen=True, slots=True)
class FtpsSettings:
    """All settings of the FTPS interface."""

    folders: FolderNames
    files: FileNames
    mailbox: MailboxSettings
    tls: TlsSettings


def load_ftps_settings(path: Path | None = None) -> FtpsSettings:
    """Load the bundled settings, overridden by those of a user's file; raises SettingsError when it cannot be used."""
    bundled = data_root("schemas") / "dit" / "ftps.toml"
    return read(bundled, FtpsSettings) if path is None else read(path, FtpsSettings, over=bundled)
