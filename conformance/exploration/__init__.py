"""Random life over simulated months: the suite makes stories up, the rules judge them, a failure is told as a story."""
