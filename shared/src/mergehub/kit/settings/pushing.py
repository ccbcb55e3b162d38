"""The settings of a worker that pushes models: where it may, and with which token and keys."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from mergehub.contracts.destinations import AllowList
from mergehub.kit.settings.artifacts import origin
from mergehub.kit.settings.environment import Settings


class PushSettings(Settings):
    """Without entries in `push_allow`, a worker pushes nothing."""

    push_allow: AllowList = Field(
        default_factory=list,
        examples=[["hf://lab/*", "s3://models/merged/*"]],
        description="JSON list of the destinations to which runs may push models; an entry that "
        "ends with * allows all that begin with the rest. Without it, the worker takes no runs "
        "that push.",
    )
    push_hf_token: SecretStr | None = Field(
        default=None,
        description="The token with which models are pushed to the Hugging Face Hub; it needs the "
        "right to write there.",
    )
    push_s3_endpoint: Annotated[str, BeforeValidator(origin)] | None = Field(
        default=None,
        examples=["https://s3.example.org"],
        description="The origin of the S3-compatible store to which models are pushed; without it, "
        "AWS.",
    )
    push_s3_access_key: SecretStr | None = Field(
        default=None,
        description="The key of an account that may read and write there; without it, keys come "
        "from where AWS's tools look.",
    )
    push_s3_secret_key: SecretStr | None = Field(
        default=None, description="The secret that belongs to `push_s3_access_key`."
    )
    push_s3_region: str = Field(default="us-east-1", description="The region of those buckets.")

    @model_validator(mode="after")
    def _push_keys_belong_together(self) -> Self:
        if (self.push_s3_access_key is None) != (self.push_s3_secret_key is None):
            raise ValueError(
                "MERGEHUB_PUSH_S3_ACCESS_KEY and MERGEHUB_PUSH_S3_SECRET_KEY belong together: set "
                "both or neither"
            )
        return self
