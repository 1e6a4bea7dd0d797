"""Runs of the suite: scenarios in pytest, random histories, recorded traffic, and the events that they emit."""
