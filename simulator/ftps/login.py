"""Login by FTPS, with the user names and passwords of the STS."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from simulator.dit.refusals import documented
from simulator.ftps.refusals import FtpCode, refuse

if TYPE_CHECKING:
    from simulator.dit.refusals import Refused
    from simulator.ftps.calls import FtpsBackend


def admit(backend: FtpsBackend, user: str, password: str) -> str:
    """Return the authority that a user acts for; raises Refused for a wrong password and for an unknown user."""
    expected = backend.passwords.get(user)
    if expected is None:
        known = ", ".join(sorted(backend.passwords))
        raise _refused(f"user {user!r} is not known", f"one of {known}", "take user and password from users.toml")
    if not hmac.compare_digest(password.encode(), expected.encode()):
        raise _refused(
            f"the password is not that of {user!r}",
            "the password in users.toml of the simulator's folder of keys",
            "copy it from there; mind blanks at its ends",
        )
    with backend.services.store.reading() as transaction:
        return backend.services.network.caller(transaction, user).authority


def _refused(found: str, expected: str, remedy: str) -> Refused:
    return refuse(
        530,
        FtpCode.CREDENTIAL,
        "user name or password is wrong",
        found=f"Login refused: {found}.",
        expected=f"{expected}.",
        source=documented("3.2.2: user name and password"),
        remedy=f"{remedy}.",
    )
