"""Whether this machine and installation have what simulator and suite take; one function a question, all told apart."""

from conformance.doctor.finding import Finding, Health

__all__ = ["Finding", "Health"]
