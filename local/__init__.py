"""The local stack: an emulator of AWS, a gateway, the Replicate stand-in and the demo."""
