"""Baselines: the same answers from bare boto3, as people write them. No function of ours runs them."""
