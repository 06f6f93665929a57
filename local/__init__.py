"""What runs on a desk instead of a cloud: emulator, front door, Replicate stand-in, demo."""
