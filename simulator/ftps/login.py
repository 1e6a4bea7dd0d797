"""Who logs in by FTPS: by the user name and password that the STS knows, too."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from simulator.ftps.refusals import FtpRefusal, refuse

if TYPE_CHECKING:
    from simulator.ftps.backing import Backing
    from simulator.ftps.refusals import FtpError


def admit(backing: Backing, user: str, password: str) -> str:
    """The authority that a user acts for; raises FtpError for a wrong password, DitError for whom DIT does not know."""
    expected = backing.passwords.get(user)
    if expected is None:
        known = ", ".join(sorted(backing.passwords))
        raise _refused(f"user {user!r} is not known", f"one of {known}", "take user and password from users.toml")
    if not hmac.compare_digest(password.encode(), expected.encode()):
        raise _refused(
            f"the password is not that of {user!r}",
            "the password in users.toml of the simulator's folder of keys",
            "copy it from there; mind blanks at its ends",
        )
    with backing.store.reading() as unit:
        return backing.network.caller(unit, user).authority


def _refused(found: str, expected: str, advice: str) -> FtpError:
    return refuse(
        530,
        FtpRefusal.CREDENTIAL,
        "user name or password is wrong",
        cause=f"Login refused: {found}. Expected: {expected}. Source: VRAA, DIT integration instruction v1.09, 3.2.2: "
        f"user name and password (documented). What to do: {advice}.",
    )
