"""Baselines: handlers with the same answers, written with boto3 alone, as is usual. No function of ours runs them."""
