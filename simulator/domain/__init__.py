"""The domain's values: pure data that every other package may use."""
