"""A call that came before is refused by every server on one database, and after a restart."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy import create_engine, func, select

from simulator.documents.profile import load_profile
from simulator.security import replay_cache
from simulator.security.settings import load_settings
from simulator.store import Store
from simulator.store.schema import metadata, replays
from simulator.world.file import load_world
from tests.simulator.postgresql import MISSING, cluster, programs
from tests.simulator.security.client import Answer, FederatedClient
from tests.simulator.security.setting import LIST, OTHER, SECURED, SecuredSetting
from tests.simulator.soap.setting import Setting

KIND = "application/soap+xml"


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str | None]:
    binaries = programs()
    if binaries is None:
        yield None
        return
    with cluster(binaries) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """The URL of the database that two servers share; None for SQLite in a folder."""
    if request.param == "sqlite":
        yield None
        return
    url = request.getfixturevalue("postgresql")
    if url is None:
        pytest.skip(MISSING)
    yield str(url)
    engine = create_engine(url)
    metadata.drop_all(engine)
    engine.dispose()


@contextmanager
def _server(directory: Path, url: str | None) -> Iterator[SecuredSetting]:
    with Store.open(directory / "data", url=url) as store:
        yield SecuredSetting(Setting(store, load_profile(), load_world("town")), directory / "keys", load_settings())


def _call(secured: SecuredSetting, version: str | None = None, user: str | None = None, **asked: object) -> bytes:
    content = LIST.format(version=version or secured.setting.version())
    token = secured.token(user, **asked) if user else secured.token(**asked)
    return etree.tostring(secured.client.envelope(SECURED, "ReceiveMessageList", content, token))


def _replayed(secured: SecuredSetting, call: bytes) -> bool:
    """Return True when a call is refused as a replay, with the opaque fault as its reply."""
    answer = secured.post(SECURED, call, KIND)
    if answer.status == 200:
        return False
    assert b"InvalidSecurity" in answer.body
    assert b"came before" not in answer.body
    (complaint,) = secured.last.details["complaints"]  # type: ignore[misc]
    return complaint["code"] == "replay"  # type: ignore[call-overload, index, no-any-return]


@pytest.mark.parametrize("key_type", ["SymmetricKey", "Bearer"])
def test_another_server_and_a_restarted_one_refuse_a_replay(
    tmp_path: Path, database: str | None, key_type: str
) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(_server(tmp_path, database)) for _ in range(2))
        call = _call(first, key_type=key_type)
        assert not _replayed(first, call)
        assert _replayed(second, call)
        assert _replayed(first, call)
        fresh = _call(second, key_type=key_type)
        assert not _replayed(second, fresh)
    with _server(tmp_path, database) as restarted:
        assert _replayed(restarted, fresh)


def test_a_request_for_a_token_may_not_come_again_to_another_sts(tmp_path: Path) -> None:
    with ExitStack() as stack:
        first, second = (stack.enter_context(_server(tmp_path, None)) for _ in range(2))
        asked: list[tuple[str, bytes, str]] = []

        def post(path: str, body: bytes, content_type: str) -> Answer:
            asked.append((path, body, content_type))
            return first.post(path, body, content_type)

        client = FederatedClient(post, first.setting.clock.now)
        answer, _ = client.ask_by_certificate(*first.certificate())
        assert answer.status == 200
        assert second.post(*asked[0]).status == 500
        (complaint,) = second.last.details["complaints"]  # type: ignore[misc]
        assert complaint["code"] == "replay"  # type: ignore[call-overload, index]


def test_a_call_that_was_refused_may_not_come_again_either(tmp_path: Path) -> None:
    with _server(tmp_path, None) as secured:
        call = _call(secured, version="URN:IVIS:100001:CHA-None-v1-0-TYPE-DSK")
        answer = secured.post(SECURED, call, KIND)
        assert b"InvalidSecurity" not in answer.body
        assert secured.last.fault_code == "unknown-channel-version"
        assert _replayed(secured, call)


def test_a_replay_changes_nothing(tmp_path: Path) -> None:
    with _server(tmp_path, None) as secured:
        call = _call(secured, user=OTHER)
        assert not _replayed(secured, call)
        before = len(secured.setting.exchanges)
        assert _replayed(secured, call)
        assert [exchange.outcome.value for exchange in secured.setting.exchanges[before:]] == ["fault"]
        security = secured.last.details["security"]
        assert isinstance(security, dict)
        assert set(security) == {"token_digest"}


def test_what_has_expired_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_cache, "_CALLS_PER_SWEEP", 3)
    with _server(tmp_path, None) as secured:
        for _ in range(2):
            assert not _replayed(secured, _call(secured))
        assert _kept(secured) == 2
        secured.setting.clock.advance(secured.setting.clock.now() + timedelta(hours=1))
        assert not _replayed(secured, _call(secured))
        assert _kept(secured) == 1


def _kept(secured: SecuredSetting) -> int:
    with secured.setting.store.reading() as transaction:
        return transaction.connection.scalar(select(func.count()).select_from(replays)) or 0
