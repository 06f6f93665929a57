"""Share links: signed tokens that give anyone access to a result until they expire."""

from datetime import UTC, datetime

from enhancer.adapters.signing import Signer


class SignedShareLinks:
    """The port `ShareLinks`: a signed expiry that is valid for one job only."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def sign(self, job_id: str, expires_at: datetime) -> str:
        """See `ports.ShareLinks.sign`."""
        return self._signer.sign(f"share {job_id}", str(int(expires_at.timestamp())))

    def verify(self, job_id: str, token: str) -> datetime | None:
        """See `ports.ShareLinks.verify`."""
        expires = self._signer.unsign(f"share {job_id}", token)
        return datetime.fromtimestamp(int(expires), UTC) if expires else None
