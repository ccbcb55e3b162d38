"""The settings of the store for the models that runs make: a folder, or a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from mergehub.artifacts.place import SCHEME, S3Place, split_url
from mergehub.kit.settings.environment import Settings
from mergehub.urls import parsed


def _place(value: Any) -> Any:
    """A URL of a bucket as it is, anything else as a folder."""
    if not isinstance(value, str) or "://" not in value:
        return value if not isinstance(value, str) else Path(value)
    if not value.startswith(SCHEME):
        raise ValueError("it must be a folder or s3://bucket/prefix")
    split_url(value)
    return value


def origin(text: str) -> str:
    """The origin of a server, without a slash at its end. Raises ValueError."""
    parsed(text)
    return text.rstrip("/")


FolderOrBucket = Annotated[Path | str, BeforeValidator(_place)]


class BucketSettings(Settings):
    """How to reach an S3-compatible store."""

    s3_endpoint: Annotated[str, BeforeValidator(origin)] | None = Field(
        default=None,
        examples=["https://s3.example.org"],
        description="The origin of the S3-compatible store; without it, AWS.",
    )
    s3_access_key: SecretStr | None = Field(
        default=None,
        description="The key of an account that may read and write the bucket; without it, keys "
        "come from where AWS's tools look, such as the role of a pod.",
    )
    s3_secret_key: SecretStr | None = Field(
        default=None, description="The secret that belongs to `s3_access_key`."
    )
    s3_region: str = Field(default="us-east-1", description="The region of the bucket.")

    def s3_place_of(self, url: str) -> S3Place:
        """A place in that store. Raises ValueError."""
        return S3Place.at(
            url,
            endpoint=self.s3_endpoint,
            access_key=_revealed(self.s3_access_key),
            secret_key=_revealed(self.s3_secret_key),
            region=self.s3_region,
        )

    @model_validator(mode="after")
    def _keys_belong_together(self) -> Self:
        if (self.s3_access_key is None) != (self.s3_secret_key is None):
            raise ValueError(
                "MERGEHUB_S3_ACCESS_KEY and MERGEHUB_S3_SECRET_KEY belong together: set both or "
                "neither"
            )
        return self


class ArtifactSettings(BucketSettings):
    """Where the models of runs are stored."""

    artifacts: FolderOrBucket = Field(
        default=Path("artifacts"),
        description="The folder for the models that runs make, or `s3://bucket/prefix`.",
    )

    @property
    def s3_place(self) -> S3Place | None:
        """The bucket, or None if `artifacts` is a folder."""
        if isinstance(self.artifacts, Path):
            return None
        return self.s3_place_of(self.artifacts)


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
