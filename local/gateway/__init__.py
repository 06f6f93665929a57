"""CloudFront, the HTTP API, R2's address and the OpenID issuer of the local stack, on one loopback port."""
