"""Facts of a deployment that the operator's commands and the local stack share: template, bucket, page, emulator.

Imports no other package of this repository.
"""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The folder of the repository."""
