"""The HTTP edge: requests, responses, routing and access control."""
