"""The control connection: it needs TLS and login, refuses other commands, and journals each command once."""

from __future__ import annotations

import ftplib
import socket
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.ftps.control import NOT_OFFERED, OFFERED
from simulator.ftps.settings import load_ftps_settings
from simulator.journal import Entry, Kind, Outcome
from tests.simulator.ftps.setting import CONTRACT, RETAILER, Client, FtpsSetting, ftps_setting


def commands(ftps: FtpsSetting) -> list[tuple[str, str | None]]:
    return [(entry.operation, entry.fault_code) for entry in ftps.journal if entry.kind is Kind.FTP]


def ftp(entry: Entry) -> dict[str, object]:
    command = entry.details["ftp"]
    assert isinstance(command, dict)
    return dict(command)


def test_login(ftps: FtpsSetting) -> None:
    client = ftps.client()
    client.quit()
    assert commands(ftps) == [(verb, None) for verb in ("AUTH", "USER", "PASS", "PBSZ", "PROT", "QUIT")]
    entries = {entry.operation: entry for entry in ftps.journal}
    assert ftp(entries["PASS"])["argument"] == "*"
    assert ftps.material.passwords[RETAILER] not in str(ftps.journal)
    assert ftp(entries["AUTH"])["tls"] is False
    assert ftp(entries["USER"])["tls"] is True
    assert (entries["USER"].authority, entries["PASS"].authority, entries["QUIT"].authority) == (
        None,
        "100777",
        "100777",
    )
    assert len({ftp(entry)["session"] for entry in ftps.journal}) == 1


def test_no_password_without_tls(ftps: FtpsSetting) -> None:
    client = ftps.connected()
    assert client.refused(client.sendcmd, f"USER {RETAILER}").startswith("530 clear-text")
    assert client.refused(client.sendcmd, "PASS guessed").startswith("530 clear-text")
    assert "AUTH TLS" in (ftps.last.cause or "")
    assert ftp(ftps.last)["argument"] == "*"
    client.login(RETAILER, ftps.material.passwords[RETAILER])


def test_no_data_without_tls(ftps: FtpsSetting) -> None:
    client = ftps.connected()
    client.login(RETAILER, ftps.material.passwords[RETAILER])
    for command in ("PASV", "EPSV"):
        assert client.refused(client.sendcmd, command).startswith("522 clear-text")
    assert client.refused(client.prot_c).startswith("534 clear-text")
    # A client that protects the control connection only does not get further either.
    client.sendcmd("PBSZ 0")
    client.sendcmd("PROT P")
    host, port = client.makepasv()
    with socket.create_connection((host, port), 10) as plain:
        client.putcmd(f"STOR {CONTRACT}/Write/1.xml")
        plain.sendall(b"<a/>" * 100)
        assert client.getresp()[:3] in ("125", "150")
        assert client.refused(client.voidresp).startswith("522 tls-handshake")
    assert {entry.fault_code for entry in ftps.journal[-2:]} == {"tls-handshake", "incomplete-body"}
    assert ftps.arrived() == []


@pytest.mark.parametrize(("user", "password"), [("nobody", "x"), (RETAILER, "guessed"), (RETAILER, " ")])
def test_wrong_credentials(ftps: FtpsSetting, user: str, password: str) -> None:
    client = ftps.connected()
    answer = client.refused(client.login, user, password)
    assert answer == "530 unauthenticated: user name or password is wrong"
    cause = ftps.last.cause or ""
    assert ("is not known" if user == "nobody" else "is not that of") in cause
    assert password.strip() == "" or password not in answer
    assert client.refused(client.sendcmd, "PWD").startswith("530 bad-sequence")
    client.login(RETAILER, ftps.material.passwords[RETAILER])


def test_three_wrong_passwords_end_the_session(ftps: FtpsSetting) -> None:
    client = ftps.connected()
    for _ in range(3):
        client.refused(client.login, RETAILER, "guessed")
    with pytest.raises((EOFError, OSError)):
        client.sendcmd("NOOP")


def test_a_certificate_that_is_not_trusted(ftps: FtpsSetting) -> None:
    client = Client(context=ssl.create_default_context(), timeout=10)
    client.connect("127.0.0.1", ftps.server.port)
    with pytest.raises(ssl.SSLCertVerificationError):
        client.auth()
    client.close()
    ftps.client().quit()  # by then the server has seen it
    (refused,) = [entry for entry in ftps.journal if entry.fault_code == "tls-handshake"]
    assert "unknown ca" in (refused.cause or "")
    assert "ca.pem" in (refused.cause or "")


def test_an_old_tls(keys: Path) -> None:
    known = load_ftps_settings()
    minimum = replace(known.tls.minimum, value="1.3")
    strict = replace(known, tls=replace(known.tls, minimum=minimum))
    with ftps_setting(keys, settings=strict) as ftps:
        old = ftps.context
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        client = ftps.connected(old)
        with pytest.raises((ssl.SSLError, OSError)):
            client.auth()
        ftps.client().quit()
        assert "1.3 or later" in next(
            entry.cause or "" for entry in ftps.journal if entry.fault_code == "tls-handshake"
        )


def test_what_is_not_offered(ftps: FtpsSetting) -> None:
    client = ftps.client()
    for verb, why in NOT_OFFERED.items():
        before = len(ftps.journal)
        answer = client.refused(client.sendcmd, f"{verb} x")
        assert answer == f"502 command-not-offered: {verb}: {why}"
        assert [(entry.operation, entry.outcome) for entry in ftps.journal[before:]] == [(verb, Outcome.FAULT)]
    assert client.sendcmd("NOOP").startswith("200")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("XYZZY", "500 unknown-command"),
        ("", "500 unknown-command"),
        ("ā" * 100, "500 unknown-command"),
        ("CWD", "550 unknown-path"),
        ("STOR", "501 bad-command"),
        ("PWD x", "501 bad-command"),
        ("TYPE X", "504 "),
        ("STAT /", "504 command-not-offered"),
        ("REST -1", "501 bad-command"),
        ("REST 9999999999999999999", "501 bad-command"),
        ("CWD " + "a" * 3000, "500 bad-command"),
        ("CWD " + "a" * 100_000, "500 bad-command"),
        ("CWD \udcff\x01", "550 unknown-path"),
        ("CWD /..", "550 unknown-path"),
        ("PASS x", "503 bad-sequence"),
    ],
)
def test_bad_commands(ftps: FtpsSetting, command: str, says: str) -> None:
    client = ftps.client()
    client.encoding = "utf-8"
    before = len(ftps.journal)
    assert client.sock is not None
    client.sock.sendall(command.encode("utf-8", "surrogateescape") + b"\r\n")
    if command == "CWD":
        assert client.getresp() == '250 "/" is the current folder'  # as FTP clients expect: to the start
    else:
        assert client.refused(client.getresp).startswith(says)
    entries = ftps.journal[before:]
    assert [entry.kind for entry in entries] == [Kind.FTP]
    assert client.sendcmd("NOOP").startswith("200")


def test_all_that_is_offered_is_there(ftps: FtpsSetting) -> None:
    client = ftps.client()
    assert "EPSV" in client.sendcmd("FEAT")
    assert "EPRT" not in client.sendcmd("FEAT")
    helped = client.sendcmd("HELP")
    assert all(verb in helped for verb in OFFERED)
    assert not any(f" {verb} " in helped for verb in NOT_OFFERED)
    assert client.sendcmd("STAT").startswith("211")
    assert client.sendcmd("SYST") == "215 UNIX Type: L8"
    assert client.sendcmd("OPTS UTF8 ON").startswith("200")
    assert client.sendcmd("ABOR").startswith("225")


def test_another_user_in_the_same_session(ftps: FtpsSetting) -> None:
    client = ftps.client()
    client.sendcmd("USER kaimins")
    assert client.refused(client.sendcmd, "PWD").startswith("530")
    client.sendcmd(f"PASS {ftps.material.passwords['kaimins']}")
    client.sendcmd("PWD")
    assert ftps.last.authority == "100778"


def test_a_session_that_ends_in_the_middle_of_a_command(ftps: FtpsSetting) -> None:
    client = ftps.client()
    assert client.sock is not None
    client.sock.sendall(b"CW")
    client.close()
    assert ftps.client().sendcmd("NOOP").startswith("200")


def test_implicit_tls_is_not_spoken(ftps: FtpsSetting) -> None:
    with socket.create_connection(("127.0.0.1", ftps.server.port), 10) as raw, pytest.raises((ssl.SSLError, OSError)):
        ftps.context.wrap_socket(raw, server_hostname="localhost")
    assert ftps.client().sendcmd("NOOP").startswith("200")


def test_every_answer_is_one_that_a_client_can_read(ftps: FtpsSetting) -> None:
    client = ftps.client()
    for verb in OFFERED:
        if verb in ("QUIT", "AUTH", "USER", "PASS", "PASV", "EPSV"):
            continue
        try:
            answer = client.sendcmd(f"{verb} x")
        except (ftplib.error_perm, ftplib.error_temp) as error:  # ftplib raises another one for what it cannot read
            answer = str(error)
        assert answer[:3].isdecimal()
