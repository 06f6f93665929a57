"""Plays CloudFront and the HTTP API gateway on one loopback port, with the R2 bucket beside them."""
