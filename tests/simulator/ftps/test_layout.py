"""Paths: any text is one place or is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.dit.directory import Directory
from simulator.dit.model import Caller, RefusalCode
from simulator.dit.refusals import Refusal, Refused
from simulator.ftps.layout import LEAVES, Layout, Place, message_of, written_about
from simulator.ftps.refusals import FtpRefusal, reply_line
from simulator.ftps.settings import load_ftps_settings
from simulator.http.provisioning import installation_for
from simulator.settings import SettingsError
from tests.simulator.soap.setting import _profile, _town

ID = "6f1c2a52-0d3b-4c8e-9a55-1f0e7c1b2a01"
SETTINGS = load_ftps_settings()


def layout(authority: str = "100777") -> Layout:
    setup = installation_for(_town(), _profile())
    subscribers: dict[str, frozenset[str]] = {}
    for urn, subscriber in setup.subscriptions:
        subscribers[urn] = subscribers.get(urn, frozenset()) | {subscriber}
    directory = Directory(
        authorities={authority.id: authority for authority in setup.authorities},
        users={user.name: user.authority for user in setup.users},
        channels={channel.urn: channel for channel in setup.channels},
        versions={version.urn: version for version in setup.versions},
        subscribers=subscribers,
    )
    return Layout(SETTINGS, directory, Caller("any", authority))


TREE = layout()


def everything(tree: Layout, place: Place) -> Iterator[Place]:
    yield place
    for name in tree.folders(place):
        yield from everything(tree, tree.place(place.path, name))


def test_each_folder_that_is_listed_is_there() -> None:
    tree = TREE
    places = list(everything(tree, tree.place("/", "")))
    assert len(places) == 1 + 3 * (1 + 1 + 4 + 1) + 3 * 2
    assert {place.path for place in places} >= {"/ALDIS_ProviderPayout/DSK-v1-0/WriteEvent/WriteEventError"}
    for place in places:
        assert tree.place("/anywhere", place.path) == place
        assert place.version is None or place.version.urn in {
            urn for urn, all_ in tree.directory.subscribers.items() if "100777" in all_
        }


STEPS = st.sampled_from(
    [
        *("", ".", "..", "Read", "ReadError", "Write", "WriteEvent", "WriteEventError", "1.xml", "100777", "~", "*"),
        *("ALDIS_ProviderContract", "ALDIS_ProviderDiscount", "DSK-v1-0", "DIK-v1-0", "DIK-v1-1", "DIK-v1-2", "a\\b"),
        *("ReadDSK-ALDIS_ProviderContract", "v1-0", "C:", "\x00", " ", "ē", f"{ID}.xml"),
    ]
)


@given(st.one_of(st.lists(STEPS, max_size=9).map("/".join), st.text(max_size=60)), st.booleans())
def test_any_path_is_one_place_or_refused(path: str, absolute: bool) -> None:
    meant = _meant(f"/{path}" if absolute else path)
    match meant:
        case FtpRefusal():
            assert meant.reply_code == 550
            assert "\n" not in reply_line(meant)
            assert "What to do:" in meant.cause
        case Refusal():
            assert meant.code in (RefusalCode.NO_RIGHT, RefusalCode.UNKNOWN_AUTHORITY)
        case Place():
            assert TREE.place("/", meant.path) == meant
            assert ".." not in meant.path.split("/")
            assert meant.file is None or meant.folder in LEAVES


def _meant(path: str) -> Place | Refusal:
    try:
        return TREE.place("/ALDIS_ProviderContract/DSK-v1-0", path)
    except Refused as error:
        return error.refusal


def test_names_of_files() -> None:
    assert message_of("{message}.xml", f"{ID}.xml") == ID
    assert message_of("{message}.xml", f"{ID}.xml.xml") is None
    assert written_about("e_{n}_{related}.xml", f"e_12_{ID}.xml") == ID
    assert written_about("e_{n}_{related}.xml", f"e__{ID}.xml") is None
    assert written_about("{related}.xml", f"{ID}xxml") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[folders]\nread = "a/b"', 'line 2: folders.read: found "a/b"; expected the name of one folder'),
        (
            '[files]\nread_name = "x.xml"',
            'files.read_name: found "x.xml"; expected a name without / that has {message} once',
        ),
        ('[files]\nevent_name = "{n}.xml"', "expected a name without / that has {related}, and perhaps {n} once"),
        ('[files]\nevent_name = "{related}{user}"', "files.event_name"),
        ("[mailbox]\nlist_read = 1", "line 2: mailbox.list_read: found 1; expected true or false"),
        ('[tls]\nminimum = "1.0"', 'line 2: tls.minimum: found "1.0"; expected one of "1.2", "1.3"'),
        (
            "[mailbox]\nlist_reed = true",
            'mailbox.list_reed: unknown key; known are retr_reads, list_read, basis, source; did you mean "list',
        ),
        ("[[", "not TOML"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(SettingsError) as error:
        load_ftps_settings(file)
    assert says in str(error.value)
    assert str(file) in str(error.value)


def test_settings_say_how_they_are_known() -> None:
    assert SETTINGS.folders.write.provenance.basis == "documented"
    assert SETTINGS.files.event_name.provenance.basis == "assumed"
