"""The state's side: DIT, the data distribution network, and ALDIS behind it, on the retailer's own machine."""

__version__ = "0.1.0"
