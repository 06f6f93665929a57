"""What the operator of an installation asks of it: the story of a job, the way back from the dead letters."""
