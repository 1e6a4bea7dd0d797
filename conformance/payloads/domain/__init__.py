"""Documents of the three channels: samples, strategies that reach for the edges, and invalid documents."""
