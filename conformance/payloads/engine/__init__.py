"""Strategies of valid documents from any XSD 1.0 schema. Imports nothing else of this project."""
