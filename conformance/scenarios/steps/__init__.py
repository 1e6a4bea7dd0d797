"""The sentences that scenarios are written in."""
