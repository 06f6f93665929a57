"""The accounts to check: a stage's, or those of the environment.

The environment's variables have the names of .env.example; secrets are given as values, where the functions get the
names of parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deployment import ROOT
from deployment.template import read_template
from operate.deploy import Clients, known_address
from operate.installation import OperatorError
from operate.parameter_store import load_all
from operate.stage import Stage

SECRETS = ("R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "REPLICATE_API_TOKEN")
NEEDED = ("R2_ENDPOINT", "R2_AI_IMAGES_BUCKET", *SECRETS, "PUBLIC_BASE_URL")


@dataclass(frozen=True)
class Accounts:
    """Addresses and keys. Keys are never shown, not even by `repr`."""

    endpoint: str
    public_endpoint: str
    bucket: str
    prefix: str
    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    origin: str
    replicate_url: str
    token: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    output_hosts: tuple[str, ...]
    allowed_models: tuple[str, ...]

    @property
    def local(self) -> bool:
        """Whether the provider is the stand-in on this machine."""
        return self.replicate_url.startswith("http://127.0.0.1:")


def environment_of(stage: Stage, clients: Clients) -> dict[str, str]:
    """Return the variables of `read_accounts` for a stage. Raises OperatorError when its secrets are not stored."""
    parameters, secrets = stage.parameters, load_all(clients("ssm"), stage)
    return {
        "R2_ENDPOINT": parameters["R2Endpoint"],
        "R2_PUBLIC_ENDPOINT": parameters["R2PublicEndpoint"],
        "R2_AI_IMAGES_BUCKET": parameters["R2Bucket"],
        "AI_R2_PREFIX": parameters["R2Prefix"],
        "R2_ACCESS_KEY_ID": secrets["r2-access-key-id"],
        "R2_SECRET_ACCESS_KEY": secrets["r2-secret-access-key"],
        "REPLICATE_API_TOKEN": secrets["replicate-api-token"],
        "REPLICATE_WEBHOOK_SECRET": secrets["replicate-webhook-secret"],
        "REPLICATE_BASE_URL": parameters["ReplicateBaseUrl"],
        "REPLICATE_OUTPUT_HOSTS": parameters["ReplicateOutputHosts"],
        "ALLOWED_MODELS": parameters["AllowedModels"],
        "PUBLIC_BASE_URL": known_address(stage, clients) or "",
    }


def read_accounts(environment: Mapping[str, str]) -> Accounts:
    """Read the accounts. Raises OperatorError naming variables that are missing or hold a name instead of a value."""
    given = {name: value.strip() for name, value in environment.items()}
    missing = [name for name in NEEDED if not given.get(name)]
    if missing:
        raise OperatorError(f"Missing in the environment: {', '.join(missing)} (.env.example says what each is).")
    names = [name for name in (*SECRETS, "REPLICATE_WEBHOOK_SECRET") if given.get(name, "").startswith("/")]
    if names:
        raise OperatorError(f"These need the values themselves, not names in the parameter store: {', '.join(names)}.")

    declared = read_template(ROOT / "template.yaml")["Parameters"]

    def setting(name: str, parameter: str) -> str:
        return given.get(name) or str(declared[parameter]["Default"])

    endpoint = given["R2_ENDPOINT"].rstrip("/")
    return Accounts(
        endpoint=endpoint,
        public_endpoint=given.get("R2_PUBLIC_ENDPOINT", "").rstrip("/") or endpoint,
        bucket=given["R2_AI_IMAGES_BUCKET"],
        prefix=setting("AI_R2_PREFIX", "R2Prefix"),
        key_id=given["R2_ACCESS_KEY_ID"],
        secret=given["R2_SECRET_ACCESS_KEY"],
        origin=given["PUBLIC_BASE_URL"].rstrip("/"),
        replicate_url=setting("REPLICATE_BASE_URL", "ReplicateBaseUrl").rstrip("/"),
        token=given["REPLICATE_API_TOKEN"],
        webhook_secrets=tuple(given.get("REPLICATE_WEBHOOK_SECRET", "").split()),
        output_hosts=tuple(setting("REPLICATE_OUTPUT_HOSTS", "ReplicateOutputHosts").split(",")),
        allowed_models=tuple(setting("ALLOWED_MODELS", "AllowedModels").split(",")),
    )
