"""Every table of the registry in one place, with which migrations are compared."""

from __future__ import annotations

from registry.accounts.models import AccountRow, IdentityRow, MemberRow, QuotaRow
from registry.artifacts.collecting.models import RetentionRow
from registry.audit.models import AuditRow
from registry.base import Base
from registry.changes import ChangeRow
from registry.comments.models import CommentRow
from registry.events.tables import OutboxRow
from registry.idempotency.models import KeyRow
from registry.products.models import ProductRow
from registry.recipes.models import ForkRow, FormerNameRow, RecipeRow, VersionRow
from registry.runs.models import ItemsRow, RunRow
from registry.runs.reproductions.models import LockRow, ReproductionRow
from registry.runs.workers.models import WorkerRow
from registry.search.models import FeaturesRow
from registry.sign_in.models import SignInRow
from registry.stars.models import StarRow
from registry.stored.models import ArtifactRow, FileRow
from registry.tokens.models import TokenRow
from registry.webhooks.models import AttemptRow, DeliveryRow, EndpointRow

TABLES = (
    AccountRow,
    ArtifactRow,
    AttemptRow,
    AuditRow,
    ChangeRow,
    CommentRow,
    DeliveryRow,
    EndpointRow,
    FeaturesRow,
    FileRow,
    ForkRow,
    FormerNameRow,
    IdentityRow,
    ItemsRow,
    KeyRow,
    LockRow,
    MemberRow,
    OutboxRow,
    ProductRow,
    QuotaRow,
    RecipeRow,
    ReproductionRow,
    RetentionRow,
    RunRow,
    SignInRow,
    StarRow,
    TokenRow,
    VersionRow,
    WorkerRow,
)
metadata = Base.metadata
