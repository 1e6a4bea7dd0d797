"""The base class of errors that the user can correct."""

from __future__ import annotations


class UserError(Exception):
    """A mistake of the user's: wrong option, file or value. The command prints it and ends with ``exit_code``."""

    exit_code = 2
