"""Everything that can go wrong at the provider, on demand: one class for each fault, one table of all."""
