"""All features of this folder, as pytest collects them."""

from __future__ import annotations

from pytest_bdd import scenarios

scenarios(".")
