"""Use cases: one verb per file. Dependencies are fields of a class, and calling it is the verb."""
