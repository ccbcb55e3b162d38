"""What a backup of a deployed hub must know: its database, and where its models are."""

from __future__ import annotations

from pydantic import Field

from mergehub.kit.settings.artifacts import ArtifactSettings
from mergehub.kit.settings.service import DatabaseUrl, ServiceSettings


class BackupSettings(ArtifactSettings):
    """The settings of `mergehub backup --deployed`, from the variables of the services."""

    model_config = ServiceSettings.model_config

    database_url: DatabaseUrl = Field(
        description="The PostgreSQL of the services, as a user who may read all their schemas."
    )
