"""The configuration of a local stack: ports, folders, names, template parameters."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deployment import ROOT
from deployment.emulator import PortError, emulator_port, emulator_url, read_port

BUCKET = "image-enhancer-images"
AUDIENCE = "image-enhancer"
FOLLOWERS = {
    "R2Endpoint": ("R2PublicEndpoint",),
    "ReplicateBaseUrl": ("ReplicateOutputHosts",),
    "OidcIssuer": ("OidcAudience", "OidcJwksUrl"),
}
"""Template parameter → parameters whose local values belong to the same server."""


class LocalStackError(Exception):
    """An error for the person who runs the stack: one sentence that says what is wrong and what to do."""


@dataclass(frozen=True)
class StackConfig:
    """A local installation. Several can run side by side with different ports and state folders."""

    port: int
    replicate_port: int
    emulator_port: int
    state: Path
    engine: str = "realesrgan"
    template: Path = ROOT / "template.yaml"
    build: Path = ROOT / ".build" / "local"
    page: Path = ROOT / "web" / "dist"
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Template parameters that replace the local defaults, for example raised limits in a test."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Name in the parameter store → value, for another bucket or provider (`parameters.py`).

    They are stored only in the emulator."""

    @property
    def base_url(self) -> str:
        """The public address (PUBLIC_BASE_URL)."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def replicate_url(self) -> str:
        return f"http://127.0.0.1:{self.replicate_port}"

    @property
    def emulator_url(self) -> str:
        return emulator_url(self.emulator_port)

    @property
    def issuer(self) -> str:
        """Issuer of the local bearer tokens."""
        return f"{self.base_url}/_local"

    @property
    def uses_emulators_bucket(self) -> bool:
        """Whether the bucket is the emulator's and not another S3 server's."""
        return "R2Endpoint" not in self.parameters

    def template_parameters(self) -> dict[str, str]:
        """Return the values of the template's parameters for the local installation.

        Where a parameter of FOLLOWERS is replaced, its followers have the template's defaults.
        """
        local = {
            "Stage": "local",
            "PublicBaseUrl": self.base_url,
            "R2Endpoint": self.emulator_url,
            "R2PublicEndpoint": self.base_url,
            "R2Bucket": BUCKET,
            "ReplicateBaseUrl": self.replicate_url,
            "ReplicateOutputHosts": f"127.0.0.1:{self.replicate_port}",
            "OidcIssuer": self.issuer,
            "OidcAudience": AUDIENCE,
            "OidcJwksUrl": f"{self.issuer}/jwks.json",
            "StatusWaitSeconds": "20",
        }
        replaced = {name for leader in self.parameters for name in FOLLOWERS.get(leader, ())}
        return {name: value for name, value in local.items() if name not in replaced} | dict(self.parameters)


def config_from_environment(environment: Mapping[str, str] = os.environ) -> StackConfig:
    """Read PORT (gateway; the stand-in gets PORT+1, the emulator PORT+2), STATE and LOCAL_ENGINE; empty is unset.

    Raises LocalStackError when PORT is not a usable port number.
    """
    try:
        port = read_port(environment)
    except PortError as problem:
        raise LocalStackError(str(problem)) from None
    return StackConfig(
        port=port,
        replicate_port=port + 1,
        emulator_port=emulator_port(port),
        state=Path(environment.get("STATE") or ROOT / ".local").resolve(),
        engine=environment.get("LOCAL_ENGINE") or "realesrgan",
    )
