"""Authentication as DIT requires it: keys for TLS, the token service (STS), SAML tokens, WS-Security of a call.

The package depends on SOAP envelopes and the simulated clock, and not on DIT's rules: its result is a user's name.
"""
