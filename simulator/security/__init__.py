"""Who calls, shown as DIT wants it shown: TLS material, the token service (STS), SAML tokens, WS-Security in a call.

Knows SOAP envelopes and the simulated clock, nothing of DIT itself: what it finds out about a call is a user's name.
"""
