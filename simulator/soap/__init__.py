"""The wire: envelope, addressing, faults, WSDL and the services. Speaks SOAP outside and DIT's words inside."""

from simulator.soap import spyne_shim

# Before any module of this package imports Spyne.
spyne_shim.install()
