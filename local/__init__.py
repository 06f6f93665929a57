"""What runs on a desk instead of a cloud: emulator, gateway, Replicate stand-in, demo."""
