"""The ledger's page: one person's year in words that a clerk understands, in Latvian and English."""
