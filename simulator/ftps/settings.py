"""What is set of the FTPS interface: read from ``schemas/dit/ftps.toml``, overlaid by a file of the user's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from simulator.documents.locations import data_root
from simulator.documents.profile_model import Known
from simulator.documents.settings_file import SettingsReader


@dataclass(frozen=True, slots=True)
class FolderNames:
    """The folders of a channel version; ``older_read`` is a template with {kind} and {channel}."""

    write: Known[str]
    read: Known[str]
    read_error: Known[str]
    write_event: Known[str]
    write_event_error: Known[str]
    older_read: Known[str]


@dataclass(frozen=True, slots=True)
class FileNames:
    """Templates of file names: what is read has {message}, a reply {related} and perhaps {n}."""

    read_name: Known[str]
    event_name: Known[str]
    event_title: Known[str]


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Whether RETR marks as read, and whether what was read is still listed."""

    retr_reads: Known[bool]
    list_read: Known[bool]


@dataclass(frozen=True, slots=True)
class FtpsSettings:
    """All that is set of the FTPS interface; ``minimum_tls`` is 1.2 or 1.3."""

    folders: FolderNames
    files: FileNames
    mailbox: MailboxSettings
    minimum_tls: Known[str]


def load_ftps_settings(path: Path | None = None) -> FtpsSettings:
    """The bundled settings, with those of a user's file in their place; raises SettingsError when it cannot be used."""
    return _Reader(data_root("schemas") / "dit" / "ftps.toml", path).settings()


class _Reader(SettingsReader):
    def settings(self) -> FtpsSettings:
        return FtpsSettings(
            folders=FolderNames(
                write=self._folder("folders.write"),
                read=self._folder("folders.read"),
                read_error=self._folder("folders.read_error"),
                write_event=self._folder("folders.write_event"),
                write_event_error=self._folder("folders.write_event_error"),
                older_read=self._template("folders.older_read", {"kind", "channel"}),
            ),
            files=FileNames(
                read_name=self._template("files.read_name", {"message"}),
                event_name=self._template("files.event_name", {"related"}, {"n"}),
                event_title=self.text("files.event_title"),
            ),
            mailbox=MailboxSettings(
                retr_reads=self.switch("mailbox.retr_reads"), list_read=self.switch("mailbox.list_read")
            ),
            minimum_tls=self.choice("tls.minimum", ("1.2", "1.3")),
        )

    def _folder(self, name: str) -> Known[str]:
        def sound(found: object) -> bool:
            return isinstance(found, str) and found not in ("", ".", "..") and "/" not in found

        return self.known(name, sound, "the name of one folder, without /")

    def _template(self, name: str, needed: set[str], allowed: set[str] | None = None) -> Known[str]:
        words = needed | (allowed or set())

        def sound(found: object) -> bool:
            if not isinstance(found, str) or "/" in found:
                return False
            used = re.findall(r"\{(\w+)\}", found)
            return needed <= set(used) <= words and len(used) == len(set(used))

        braces = ", ".join(f"{{{each}}}" for each in sorted(needed))
        more = "".join(f", and perhaps {{{each}}}" for each in sorted(allowed or set()))
        return self.known(name, sound, f"a name without / that has {braces}{more} once")
