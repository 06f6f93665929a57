"""Commands for the operator of an installation: deploy and check it, follow a job, redrive dead letters."""
