"""The registry as an ASGI application."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from mergehub.kit.background.resources import Resources
from mergehub.kit.http.app import ServiceParts, build_app
from mergehub.kit.identity.sealing import Sealer
from mergehub.kit.identity.token_cache import CachingAuthenticator
from mergehub.kit.settings.environment import read_settings
from mergehub.kit.settings.service import ServiceSettings
from mergehub.kit.telemetry.loops import Loop
from mergehub.kit.telemetry.metrics import Reading
from registry.accounts import counts as account_counts
from registry.accounts import endpoints as accounts
from registry.accounts import member_endpoints as members
from registry.accounts import quota_endpoints as quotas
from registry.accounts.service import CHANNEL as ACCOUNTS_CHANNEL
from registry.artifacts import endpoints as artifacts
from registry.artifacts.collecting import endpoints as collecting
from registry.artifacts.downloads import endpoints as downloads
from registry.artifacts.downloads.sending import Downloads
from registry.audit import endpoints as audit
from registry.background import BACKGROUND, count_runs
from registry.comments import counts as comment_counts
from registry.comments import endpoints as comments
from registry.comments import visibility as comment_visibility
from registry.differences import endpoints as differences
from registry.events import endpoints as events
from registry.events.follow import Feed
from registry.events.models import outbox
from registry.links import LINKS
from registry.recipes import counts as recipe_counts
from registry.recipes import endpoints as recipes
from registry.recipes.beside_lineage.lineage import Lineage
from registry.recipes.deletion import endpoints as recipe_deletion
from registry.recipes.exports import endpoints as recipe_exports
from registry.recipes.forks import endpoints as recipe_forks
from registry.recipes.imports import endpoints as recipe_imports
from registry.recipes.imports.checking import Checker
from registry.recipes.imports.endpoints import IMPORT_BYTES
from registry.recipes.twins import endpoints as recipe_twins
from registry.runs import counts as run_counts
from registry.runs import endpoints as runs
from registry.runs import origins
from registry.runs.follow import Following
from registry.runs.protocol import endpoints as worker_endpoints
from registry.runs.protocol import queue_endpoints
from registry.runs.readings import readings as run_readings
from registry.runs.reproductions import endpoints as reproductions
from registry.runs.workers import endpoints as workers
from registry.search import endpoints as search
from registry.search.gains.starting import start_gains
from registry.search.replica.serving import start_replica
from registry.sign_in import endpoints as sign_in
from registry.sign_in import hub_endpoints, shell_endpoints
from registry.sign_in.provider import Provider
from registry.stars import endpoints as stars
from registry.stored import counts as stored_counts
from registry.tokens import counts as token_counts
from registry.tokens import endpoints as tokens
from registry.tokens import introspection
from registry.tokens.authenticator import TableAuthenticator
from registry.tokens.service import CHANNEL as TOKENS_CHANNEL
from registry.tokens.settings import accept_settings_tokens
from registry.webhooks import counts as webhook_counts
from registry.webhooks import delivery_endpoints
from registry.webhooks import endpoints as webhooks
from registry.webhooks.secrets import reseal
from registry.webhooks.sending.measures import readings as webhook_readings

REPORT_BYTES = 64 << 20  # the score of every item of large benchmarks

COUNTS = (
    *recipe_counts.COUNTS,
    *comment_counts.COUNTS,
    *run_counts.COUNTS,
    *stored_counts.COUNTS,
    *webhook_counts.COUNTS,
    *token_counts.COUNTS,
    *account_counts.COUNTS,
)
"""The counts that the quotas limit."""

RECIPE_FOLLOWERS = (origins.follow, comment_visibility.follow)
"""The followers of a recipe that becomes private or public."""

RECIPE_NEEDS = (origins.needing,)
"""What keeps a recipe from being deleted, beside its forks."""


async def _readings(session: AsyncSession) -> list[Reading]:
    return [
        *await outbox.readings(session),
        *await run_readings(session),
        *await webhook_readings(session),
    ]


async def _start(app: FastAPI, resources: Resources) -> None:
    count_runs(resources)
    app.state.following = Following(resources)
    app.state.feed = Feed(resources)
    app.state.tokens = TableAuthenticator(resources.database)
    resources.closing.push_async_callback(app.state.tokens.settle)
    app.state.authenticator = CachingAuthenticator(app.state.tokens)
    for channel in (TOKENS_CHANNEL, ACCOUNTS_CHANNEL):
        resources.signals.on_call(channel, app.state.authenticator.forget)
    app.state.counts = COUNTS
    app.state.recipe_followers = RECIPE_FOLLOWERS
    app.state.recipe_needs = RECIPE_NEEDS
    settings = resources.settings
    app.state.lineage = Lineage(resources.hub, settings.lineage_url or settings.hub_url)
    app.state.provider = None
    if settings.oidc_issuer:
        app.state.provider = Provider(settings)
        resources.closing.push_async_callback(app.state.provider.close)
    app.state.sealer = Sealer(settings.secret_keys())
    app.state.checker = Checker()
    resources.closing.push_async_callback(app.state.checker.companion.close)
    app.state.downloads = Downloads(settings)
    resources.closing.push_async_callback(app.state.downloads.close)


def _loops(app: FastAPI, resources: Resources) -> Mapping[str, Loop]:
    return {**start_replica(app, resources), **start_gains(app, resources)}


async def _prepare(resources: Resources) -> None:
    async with resources.database.transaction() as session:
        await accept_settings_tokens(session, resources.settings)
        await reseal(session, Sealer(resources.settings.secret_keys()))


DOORS = (sign_in.router, shell_endpoints.router, hub_endpoints.router)

PARTS = ServiceParts(
    background=BACKGROUND,
    title="Mergehub registry",
    routers=(
        search.router,  # before the paths of one recipe, by its id
        differences.router,  # before the routes that would take their names for ids
        recipe_exports.router,
        stars.router,
        comments.router,
        recipes.router,
        recipe_forks.router,
        recipe_twins.router,
        recipe_imports.router,
        recipe_deletion.router,
        runs.router,
        reproductions.runs,
        reproductions.recipes,
        worker_endpoints.router,
        queue_endpoints.router,
        collecting.collection,  # before the models, by the ids of their runs
        artifacts.router,
        downloads.router,
        collecting.retention,
        workers.router,
        workers.protocol,
        webhooks.router,
        delivery_endpoints.router,
        events.router,
        introspection.router,
        tokens.router,
        audit.router,
        *DOORS,  # before the routes that would take their names for handles
        accounts.router,
        members.router,
        quotas.router,
    ),
    links=LINKS,
    largest_bodies={"/report": REPORT_BYTES, "/recipes/import": IMPORT_BYTES},
    start=_start,
    loops=_loops,
    prepare=_prepare,
    readings=_readings,
    doors=DOORS,
)


def create_app(settings: ServiceSettings | None = None) -> FastAPI:
    """Return the registry; without `settings`, it reads the `MERGEHUB_…` variables."""
    return build_app(PARTS, settings or read_settings(ServiceSettings))
