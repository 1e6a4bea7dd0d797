"""The domain: documents, identifiers, business rules, time and texts. Pure; every other package may use it."""
