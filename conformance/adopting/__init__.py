"""Adoption of official schemas in place of the reconstruction: copy, check, bind to the domain's fields, compare."""
