"""A stand-in for Replicate: its HTTP contract on a loopback port, with real Real-ESRGAN weights behind it."""
