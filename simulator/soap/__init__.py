"""DIT's services over SOAP: HTTP addresses and WSDL, envelopes, WS-Addressing, faults, and the operations."""

from simulator.soap import spyne_shim

# Must run before any module of this package imports Spyne.
spyne_shim.install()
