"""Official schemas in place of the reconstruction: pinned, checked, bound to the domain's words by their names."""
