"""`make verify-live`: ask the real R2 and the real Replicate what our stand-ins only claim. Costs about a cent."""
