"""dossier.zip: what a retailer attaches when it tells BVKB that it is ready, signed with its own key."""
