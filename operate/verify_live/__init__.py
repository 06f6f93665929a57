"""`make verify-live`: check on the real R2 and Replicate what our stand-ins assume. Costs about a cent."""
