"""Bodies of the registry. Written by `make documents`."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypeAlias, TypedDict

LockOutput: TypeAlias = "dict[str, Any]"

ModelRefOutput: TypeAlias = "str"

RunState: TypeAlias = "Literal['queued', 'running', 'succeeded', 'failed', 'cancelled']"


class AblateResult(TypedDict):
    """The outcome of an ablate run: the whole merge first, then one candidate per ingredient."""

    device: NotRequired[str | None]
    warnings: NotRequired[list[str]]
    kind: Literal["ablate"]
    method: str
    harness: str
    seconds: float
    candidates: list[Candidate]
    versions: NotRequired[dict[str, str]]
    in_memory: NotRequired[bool]


class AblateRunCreate(TypedDict):
    """Score a merge, whole and without each ingredient; no model is written.

    Give one of `model` (a model that a run of this hub merged), `recipe` and `recipe_version`."""

    limit: NotRequired[int | None]
    chat_template: NotRequired[bool]
    fresh: NotRequired[bool]
    hardware: NotRequired[Literal["cpu", "gpu", "gpu:80gb"]]
    needs: NotRequired[NeedsInput | None]
    timeout_seconds: NotRequired[int | None]
    kind: Literal["ablate"]
    model: NotRequired[str | None]
    recipe: NotRequired[str | None]
    recipe_version: NotRequired[str | None]
    seed: NotRequired[int]
    benchmarks: list[str]


class AblateSpec(TypedDict):
    """All that a worker needs, the recipe's text included. `model_name` is the merge's name."""

    limit: int | None
    chat_template: bool
    fresh: bool
    kind: Literal["ablate"]
    recipe: str
    recipe_version: str | None
    recipe_digest: str
    model_name: str
    benchmarks: list[str]
    seed: int


class Account(TypedDict):
    """A person or an organisation, as everyone may see it."""

    id: str
    handle: str
    kind: Literal["person", "organisation"]
    display_name: str
    created_at: str
    disabled_at: str | None


class AccountUpdate(TypedDict):
    """Omitted fields do not change; only administrators may set `disabled`."""

    display_name: NotRequired[str | None]
    disabled: NotRequired[bool | None]


class Active(TypedDict):
    """A valid token by RFC 7662; without `exp`, it never expires."""

    active: bool
    scope: str
    client_id: str
    username: str
    sub: str
    token_type: str
    account: NotRequired[str | None]
    iat: int
    exp: NotRequired[int | None]


class Artifact(TypedDict):
    """The model of a run.

    A model that is `leaving` is deleted later, unless a run needs it until then; `why` says why,
    and `marked_at` since when. `size` is null while the hub has not read its files yet."""

    run: str
    owner: str
    visibility: Literal["public", "private"]
    model_name: str
    recipe_version: str | None
    output_digest: str
    size: int | None
    created_at: str
    pinned: bool
    state: Literal["stored", "leaving", "deleting", "gone"]
    why: str | None
    marked_at: str | None


class ArtifactFile(TypedDict):
    """A file of a model. `name` is its path in the model's folder."""

    name: str
    size: int
    sha256: str
    media_type: str


class ArtifactFiles(TypedDict):
    """A model with its files, by name; empty while the hub has not read them yet.

    `lock`, `manifest` and `provenance` are the names of the files that say what the merge read,
    the digest of each tensor, and how the model was made; null if it has no such file."""

    run: str
    owner: str
    visibility: Literal["public", "private"]
    model_name: str
    recipe_version: str | None
    output_digest: str
    size: int | None
    created_at: str
    pinned: bool
    state: Literal["stored", "leaving", "deleting", "gone"]
    why: str | None
    marked_at: str | None
    files: list[ArtifactFile]
    lock: str | None
    manifest: str | None
    provenance: str | None


class ArtifactPage(TypedDict):
    """Newest first."""

    items: list[Artifact]
    next_cursor: str | None


class Attempt(TypedDict):
    """One attempt: the status and the beginning of the answer, or the error."""

    number: int
    at: str
    milliseconds: int
    status: int | None
    error: str | None
    answer: str


class AuditEntry(TypedDict):
    """A change, by the token `actor` of `account`; the registry's own changes have neither."""

    id: int
    at: str
    actor: str
    actor_id: str | None
    account: str | None
    action: str
    subject: str
    request_id: str | None


class AuditPage(TypedDict):
    """Newest first."""

    items: list[AuditEntry]
    next_cursor: str | None


class BenchmarkResult(TypedDict):
    """One benchmark's score of one model. `items` maps an item's hash to its own score.

    The fields from `task_hash` on are null in results of older workers."""

    benchmark: str
    version: str
    metric: str
    value: float
    stderr: float
    count: int
    shots: int
    items: NotRequired[dict[str, float]]
    task_hash: NotRequired[str | None]
    harness_version: NotRequired[str | None]
    precision: NotRequired[str | None]
    chat_template: NotRequired[bool | None]
    seed: NotRequired[int | None]
    batch_size: NotRequired[int | None]
    limited: NotRequired[bool]
    cached: NotRequired[str | None]


class Brought(TypedDict):
    """A recipe that the hub has now.

    - `outcome`: `published` as a new recipe; a new `version` of one; `known`, and nothing changed.
    - `recipe`: null if a dry run would publish it."""

    line: int
    outcome: Literal["published", "version", "known"]
    recipe: str | None
    name: str
    number: int
    digest: str


class Candidate(TypedDict):
    """One merge of an ablation: the whole if `without` is null, else the merge without that model.

    `how` says what became of the other ingredients' weights."""

    without: str | None
    how: str
    model_digest: str
    results: list[BenchmarkResult]


class CapacityInput(TypedDict):
    """The resources of a worker, in bytes; null if it does not know."""

    memory: NotRequired[int | None]
    disk: NotRequired[int | None]
    gpu_memory: NotRequired[int | None]
    gpu: NotRequired[Gpu | None]


class CapacityOutput(TypedDict):
    """The resources of a worker, in bytes; null if it does not know."""

    memory: int | None
    disk: int | None
    gpu_memory: int | None
    gpu: Gpu | None


class CheckedRecipeAnswer(TypedDict):
    """A valid recipe."""

    warnings: list[FieldFault]
    lineage: Literal["answered", "unavailable", "not-asked"]
    unknown_models: list[str]
    twins: list[Twin]
    digest: str
    method: str
    ingredients: list[str]


class Claim(TypedDict):
    """The right to work on a run until its lease ends; `fence` grows with each claim.

    `traceparent` is the span that submitted the run, if the registry has traces."""

    run_id: str
    fence: int
    attempt: int
    lease_seconds: int
    heartbeat_seconds: int
    timeout_seconds: int
    spec: AblateSpec | EvaluateSpec | MergeSpec | PushSpec | VerifySpec
    products: dict[str, str]
    traceparent: str | None


class ClaimRequest(TypedDict):
    """A worker's claim to a run. With the same nonce, a repeated request gets the same claim."""

    worker: str
    nonce: NotRequired[str | None]
    hardware: NotRequired[Literal["cpu", "gpu", "gpu:80gb"] | None]
    capacity: NotRequired[CapacityInput]
    pushes: NotRequired[list[str]]


class Collected(TypedDict):
    """How many models a collection has marked; their files go an hour later."""

    marked: int


class Comment(TypedDict):
    """A comment. The text is as its author wrote it: untrusted Markdown, maybe with HTML."""

    number: int
    parent: int | None
    author: str | None
    text: str | None
    created_at: str
    edited_at: str | None
    removed_by: Literal["author", "moderator"] | None


class CommentCreate(TypedDict):
    text: str
    parent: NotRequired[int | None]


class CommentPage(TypedDict):
    """The threads in the order of their first comments, each with its answers, oldest first."""

    items: list[Comment]
    next_cursor: str | None


class CommentUpdate(TypedDict):
    text: str


class ComparedVersion(TypedDict):
    """One of the two versions."""

    id: str
    recipe_id: str
    owner: str
    name: str
    number: int
    digest: str
    method: str


class Delivery(TypedDict):
    """One event for one endpoint; `due_at` is the next attempt of a pending one."""

    id: int
    endpoint_id: str
    message: str
    type: str
    subject: str
    event_time: str
    state: Literal["pending", "delivered", "failed"]
    attempt: int
    due_at: str
    created_at: str
    finished_at: str | None


class DeliveryPage(TypedDict):
    """Newest first."""

    items: list[Delivery]
    next_cursor: str | None


class DeliveryWithAttempts(TypedDict):
    id: int
    endpoint_id: str
    message: str
    type: str
    subject: str
    event_time: str
    state: Literal["pending", "delivered", "failed"]
    attempt: int
    due_at: str
    created_at: str
    finished_at: str | None
    payload: dict[str, Any]
    attempts: list[Attempt]


class DifferencePlace(TypedDict):
    """A place in a recipe: the newer one, unless only the older one has it."""

    module: str | None
    slice: int | None
    model: str | None
    entry: int | None


class Endpoint(TypedDict):
    """An endpoint without its secret; `disabled_reason` is `gone`, `failing` or `manual`.

    `public_key` (`whpk_`) verifies signatures of the scheme `v1a`."""

    id: str
    owner: str
    url: str
    description: str
    types: list[str]
    format: Literal["standard", "openlineage"]
    ordered: bool
    signature: Literal["v1", "v1a"]
    public_key: str | None
    has_bearer_token: bool
    enabled: bool
    disabled_at: str | None
    disabled_reason: str | None
    failing_since: str | None
    paused_until: str | None
    previous_until: str | None
    created_at: str


class EndpointCreate(TypedDict):
    url: str
    owner: NotRequired[str | None]
    description: NotRequired[str]
    types: NotRequired[
        list[
            Literal[
                "recipe.published",
                "recipe.commented",
                "run.queued",
                "run.started",
                "run.succeeded",
                "run.failed",
                "run.cancelled",
                "model.produced",
                "evaluation.completed",
                "ablation.completed",
                "webhook.disabled",
                "webhook.test",
            ]
        ]
    ]
    format: NotRequired[Literal["standard", "openlineage"]]
    ordered: NotRequired[bool | None]
    signature: NotRequired[Literal["v1", "v1a"]]
    bearer_token: NotRequired[str]


class EndpointPage(TypedDict):
    """Newest first."""

    items: list[Endpoint]
    next_cursor: str | None


class EndpointUpdate(TypedDict):
    """Omitted fields do not change. Enabling, or another URL, clears the record of failures.

    Another origin in `url` needs `bearer_token` again, if there is one."""

    url: NotRequired[str | None]
    description: NotRequired[str | None]
    types: NotRequired[
        list[
            Literal[
                "recipe.published",
                "recipe.commented",
                "run.queued",
                "run.started",
                "run.succeeded",
                "run.failed",
                "run.cancelled",
                "model.produced",
                "evaluation.completed",
                "ablation.completed",
                "webhook.disabled",
                "webhook.test",
            ]
        ]
        | None
    ]
    ordered: NotRequired[bool | None]
    bearer_token: NotRequired[str | None]
    enabled: NotRequired[bool | None]


class EndpointWithSecret(TypedDict):
    """The only answer that shows the secret of a `v1` signature. Keep it."""

    id: str
    owner: str
    url: str
    description: str
    types: list[str]
    format: Literal["standard", "openlineage"]
    ordered: bool
    signature: Literal["v1", "v1a"]
    public_key: str | None
    has_bearer_token: bool
    enabled: bool
    disabled_at: str | None
    disabled_reason: str | None
    failing_since: str | None
    paused_until: str | None
    previous_until: str | None
    created_at: str
    secret: str | None


class Envelope(TypedDict):
    """One event. `sequence` counts each source's events from 1 without a gap.

    `traceparent` is the trace that it belongs to (W3C Trace Context), if its source has traces.
    Stored events of older versions lack it; answers always have it."""

    id: str
    source: str
    sequence: int
    type: str
    time: str
    subject: str
    data: dict[str, Any]
    traceparent: str | None


class ErrorSummary(TypedDict):
    """Why an attempt ended: the code and the beginning of the message."""

    code: str
    message: str


class EvaluateResult(TypedDict):
    """The outcome of an evaluate run."""

    device: NotRequired[str | None]
    warnings: NotRequired[list[str]]
    kind: Literal["evaluate"]
    model: str
    model_digest: str
    harness: str
    seconds: float
    results: list[BenchmarkResult]
    versions: NotRequired[dict[str, str]]
    in_memory: NotRequired[bool]


class EvaluateRunCreate(TypedDict):
    """Evaluate a model: a path, a hub id, a product's name or `run:<id>`, maybe with `+adapter`.

    Or evaluate the merge of a recipe without writing it: then give `recipe` or `recipe_version`
    instead of `model`. Such scores belong to the run and are on no board."""

    limit: NotRequired[int | None]
    chat_template: NotRequired[bool]
    fresh: NotRequired[bool]
    hardware: NotRequired[Literal["cpu", "gpu", "gpu:80gb"]]
    needs: NotRequired[NeedsInput | None]
    timeout_seconds: NotRequired[int | None]
    kind: Literal["evaluate"]
    model: NotRequired[str | None]
    recipe: NotRequired[str | None]
    recipe_version: NotRequired[str | None]
    seed: NotRequired[int]
    benchmarks: list[str]


class EvaluateSpec(TypedDict):
    """`model` is what the worker opens, `model_name` its name in lineage and leaderboard.

    With a `recipe`, the worker merges it in memory; `model` and `model_name` only name it."""

    limit: int | None
    chat_template: bool
    fresh: bool
    kind: Literal["evaluate"]
    model: str
    model_name: str
    benchmarks: list[str]
    recipe: str | None
    recipe_version: str | None
    recipe_digest: str | None
    seed: int


class EventPage(TypedDict):
    """A page of `GET /v1/events`: events after a sequence, oldest first."""

    items: list[Envelope]
    next_after: int
    has_more: bool


class FacetValue(TypedDict):
    """A value of a field, and how many of the recipes have it."""

    value: str
    count: int


class FieldFault(TypedDict):
    """One fault in a request; `pointer` is a JSON pointer (RFC 6901) into it.

    `line`, from 1, is the line in a recipe's text, if it is known."""

    pointer: str
    code: str
    detail: str
    suggestion: str | None
    line: int | None


class FileDifference(TypedDict):
    """A file that is not the same again; null where a merge does not have it."""

    name: str
    made: str | None
    again: str | None


class FileDigest(TypedDict):
    """A file's size in bytes and its SHA-256 in hexadecimal."""

    size: int
    sha256: str


class ForkCreate(TypedDict):
    """What the fork has in another way than its origin; omitted fields are taken from there."""

    version: NotRequired[int | None]
    name: NotRequired[str | None]
    owner: NotRequired[str | None]
    visibility: NotRequired[Literal["public", "unlisted", "private"] | None]
    title: NotRequired[str | None]
    description: NotRequired[str | None]
    tags: NotRequired[list[str] | None]
    domains: NotRequired[list[str] | None]
    licence: NotRequired[str | None]


class ForkPage(TypedDict):
    """Newest first, each with the first 300 characters of its description."""

    items: list[Recipe]
    next_cursor: str | None


class FoundRecipe(TypedDict):
    """A recipe with what searches know of it; null: not known."""

    id: str
    owner: str
    visibility: Literal["public", "unlisted", "private"]
    name: str
    title: str
    description: str
    tags: list[str]
    domains: list[str]
    licence: str | None
    forked_from: VersionReference | None
    forks: int
    archived_at: str | None
    reproductions: int
    created_at: str
    stars: int
    comments: int
    version: VersionSummary
    base: str | None
    ingredients: int
    size: float | None
    uplift: float | None


class Gpu(TypedDict):
    """A GPU as its driver describes it; `memory` is null if the driver does not say."""

    uuid: str
    name: str
    memory: int | None
    driver: str


class HeartbeatAnswer(TypedDict):
    order: Literal["go_on", "cancel"]


class HeartbeatRequest(TypedDict):
    fence: int
    progress: NotRequired[RunProgressInput | None]
    needs: NotRequired[NeedsInput | None]
    warnings: NotRequired[list[str]]


class Hub(TypedDict):
    """A hub as a visitor sees it.

    `reading` says whether reading needs a token, and `account` to whom yours belongs."""

    name: str
    version: str
    sign_in: bool
    reading: Literal["public", "token"]
    account: str | None


class ImportedRecipe(TypedDict):
    """A recipe with what is said of it, which counts only if the owner has none of this name."""

    name: str
    title: NotRequired[str | None]
    description: NotRequired[str]
    tags: NotRequired[list[str]]
    domains: NotRequired[list[str]]
    licence: NotRequired[str | None]
    recipe: str
    line: NotRequired[int | None]


class Inactive(TypedDict):
    """The answer for every other token."""

    active: bool


class ItemsOfRun(TypedDict):
    """The item scores of one benchmark of a run, by item hash."""

    run: str
    benchmark: str
    items: dict[str, float]


class ItemsOfRuns(TypedDict):
    """Those that are there of what was asked for, in any order."""

    items: list[ItemsOfRun]


class Leaving(TypedDict):
    """A model that goes by the rules at the next collection, and why."""

    run: str
    owner: str
    model_name: str
    size: int | None
    created_at: str
    why: str


class LeavingPage(TypedDict):
    """The oldest first. A page may have fewer items than its limit, since needed models stay."""

    items: list[Leaving]
    next_cursor: str | None


class LockInput(TypedDict):
    """What determines the output together with the recipe: a rerun under it must agree.

    `method_file` is the SHA-256 of the file that the merge method came from, if it is not one of
    the engine's."""

    version: NotRequired[Literal[1]]
    recipe: str
    engine: str
    seed: int
    method_file: NotRequired[str | None]
    ingredients: list[LockedIngredientInput]


class LockedFile(TypedDict):
    """A file as it was read: its SHA-256 in hexadecimal and its size in bytes."""

    sha256: str
    size: int


class LockedIngredientInput(TypedDict):
    """A model of a recipe, pinned.

    `ref` is the reference as in the recipe; `revision` is what it resolved to (a commit, a run), if
    its kind has revisions; `files` maps each path inside the model to the file."""

    ref: ModelRefInput
    kind: Literal["hub", "folder", "s3", "run"]
    revision: NotRequired[str | None]
    files: dict[str, LockedFile]


class LockedIngredientOutput(TypedDict):
    """A model of a recipe, pinned.

    `ref` is the reference as in the recipe; `revision` is what it resolved to (a commit, a run), if
    its kind has revisions; `files` maps each path inside the model to the file."""

    ref: ModelRefOutput
    kind: Literal["hub", "folder", "s3", "run"]
    revision: NotRequired[str | None]
    files: dict[str, LockedFile]


class Machine(TypedDict):
    """A machine as its system describes it; `threads` are those that a process may use."""

    system: str
    architecture: str
    processor: str | None
    threads: int


class Me(TypedDict):
    """Your account, by the token that you sent, and what the token allows."""

    account: Account
    scopes: list[str]
    expires_at: str | None
    organisations: list[Membership]


class Member(TypedDict):
    person: str
    role: Literal["owner", "writer", "reader"]
    since: str


class MemberList(TypedDict):
    """Sorted by handle."""

    items: list[Member]


class MemberSet(TypedDict):
    role: Literal["owner", "writer", "reader"]


class Membership(TypedDict):
    """Your role in an organisation."""

    organisation: str
    role: Literal["owner", "writer", "reader"]


class MergeResult(TypedDict):
    """The outcome of a merge run.

    `versions` and what follows are empty or null in results of older workers."""

    device: NotRequired[str | None]
    warnings: NotRequired[list[str]]
    kind: Literal["merge"]
    output_digest: str
    lock_digest: str
    engine_version: str
    method: str
    tensors: int
    bytes: int
    seconds: float
    parents: list[Parent]
    notes: NotRequired[list[str]]
    versions: NotRequired[dict[str, str]]
    machine: NotRequired[Machine | None]
    companions: NotRequired[dict[str, str]]
    lock: NotRequired[LockInput | None]
    manifest: NotRequired[dict[str, TensorDigest] | None]
    files: NotRequired[dict[str, FileDigest] | None]


class MergeRunCreate(TypedDict):
    """Merge by a recipe: give either `recipe` (text) or `recipe_version` (an id)."""

    hardware: NotRequired[Literal["cpu", "gpu", "gpu:80gb"]]
    needs: NotRequired[NeedsInput | None]
    timeout_seconds: NotRequired[int | None]
    kind: Literal["merge"]
    recipe: NotRequired[str | None]
    recipe_version: NotRequired[str | None]
    model_name: str
    seed: NotRequired[int]
    push: NotRequired[PushTo | None]


class MergeSetting(TypedDict):
    """What computed a model; null and empty where it is not known."""

    engine_version: str
    versions: dict[str, str]
    device: str | None
    machine: Machine | None


class MergeSpec(TypedDict):
    """All that a worker needs to merge, the recipe's text included."""

    kind: Literal["merge"]
    recipe: str
    recipe_version: str | None
    recipe_digest: str
    model_name: str
    seed: int


class ModelRefInput(TypedDict):
    """One ingredient: a model, optionally at a revision, optionally with a LoRA adapter on top.

    In a recipe it is written as a string, which `str` returns. The mapping form
    `{model: {path, revision}, lora: {path, revision}}` of mergekit is read as well."""

    model: str
    revision: NotRequired[str | None]
    adapter: NotRequired[ModelRefInput | None]


class NeedsInput(TypedDict):
    """The resources that an attempt at a run needs, in bytes, as far as its plan says."""

    memory: NotRequired[int]
    disk: NotRequired[int]
    gpu_memory: NotRequired[int]


class NeedsOutput(TypedDict):
    """The resources that an attempt at a run needs, in bytes, as far as its plan says."""

    memory: int
    disk: int
    gpu_memory: int


class OrganisationCreate(TypedDict):
    handle: str
    display_name: NotRequired[str | None]


class OwnRules(TypedDict):
    """The rules of retention that an account has beside those of the hub."""

    days: int | None
    newest: int
    keep: list[Literal["starred", "published"]]


class Parent(TypedDict):
    """One ingredient of a merge, as reported to lineage."""

    name: str
    digest: NotRequired[str | None]
    relation: NotRequired[Literal["merge", "finetune", "adapter", "quantized"]]
    role: NotRequired[Literal["base", "ingredient"]]
    weight: NotRequired[float | None]
    layers: NotRequired[list[list[Any]] | None]
    base: NotRequired[Parent | None]


class PublishedRecipe(TypedDict):
    """A recipe that was just published."""

    warnings: list[FieldFault]
    lineage: Literal["answered", "unavailable", "not-asked"]
    unknown_models: list[str]
    twins: list[Twin]
    id: str
    owner: str
    visibility: Literal["public", "unlisted", "private"]
    name: str
    title: str
    description: str
    tags: list[str]
    domains: list[str]
    licence: str | None
    forked_from: VersionReference | None
    forks: int
    archived_at: str | None
    reproductions: int
    created_at: str
    stars: int
    comments: int
    version: VersionSummary


class PublishedVersion(TypedDict):
    """A version that was just published."""

    warnings: list[FieldFault]
    lineage: Literal["answered", "unavailable", "not-asked"]
    unknown_models: list[str]
    twins: list[Twin]
    id: str
    number: int
    digest: str
    method: str
    created_at: str
    recipe_id: str
    ingredients: list[str]
    source: str
    canonical: dict[str, Any]


class PushResult(TypedDict):
    """Where a model is now. What was there already was not sent again."""

    device: NotRequired[str | None]
    warnings: NotRequired[list[str]]
    kind: Literal["push"]
    destination: str
    url: str
    commit: str | None
    visibility: Literal["public", "private"] | None
    files: int
    pushed_bytes: int
    sent: int
    seconds: float


class PushRunCreate(TypedDict):
    """Push the model that a run has made. You must be a writer of the account that owns the run."""

    hardware: NotRequired[Literal["cpu", "gpu", "gpu:80gb"]]
    needs: NotRequired[NeedsInput | None]
    timeout_seconds: NotRequired[int | None]
    kind: Literal["push"]
    run: str
    destination: str
    replace: NotRequired[bool]
    private: NotRequired[bool]


class PushSpec(TypedDict):
    """All that a worker needs to push a model; tokens and keys are the worker's own."""

    kind: Literal["push"]
    run: str
    model_name: str
    destination: str
    replace: bool
    private: bool


class PushTo(TypedDict):
    """Where a model is pushed, and how."""

    destination: str
    replace: NotRequired[bool]
    private: NotRequired[bool]


class Queue(TypedDict):
    """How much work there is for one class of hardware, for autoscalers.

    `due` runs can begin now, `delayed` ones later (after a failed attempt); `running` ones have a
    worker. `load` is `due` plus `running`: the number of workers to have."""

    hardware: Literal["cpu", "gpu", "gpu:80gb"]
    due: int
    delayed: int
    running: int
    load: int


class QueueList(TypedDict):
    """Every class of hardware, also those without work."""

    items: list[Queue]


class Quota(TypedDict):
    """How many an account has and may have; a `limit` of null means any number."""

    name: Literal[
        "recipes",
        "comments_a_day",
        "runs_active",
        "runs_a_day",
        "artifact_bytes",
        "webhooks",
        "tokens",
        "organisations",
    ]
    counts: str
    limit: int | None
    used: int


class QuotaList(TypedDict):
    items: list[Quota]


class QuotaSet(TypedDict):
    limit: int | None


class Recipe(TypedDict):
    """A recipe with its newest version.

    - `forked_from`: null also if the origin was deleted, or if no list shows it to you.
    - `forks`: the number of its public forks that are not archived."""

    id: str
    owner: str
    visibility: Literal["public", "unlisted", "private"]
    name: str
    title: str
    description: str
    tags: list[str]
    domains: list[str]
    licence: str | None
    forked_from: VersionReference | None
    forks: int
    archived_at: str | None
    reproductions: int
    created_at: str
    stars: int
    comments: int
    version: VersionSummary


class RecipeCheck(TypedDict):
    recipe: str
    licence: NotRequired[str | None]


class RecipeCreate(TypedDict):
    name: str
    owner: NotRequired[str | None]
    visibility: NotRequired[Literal["public", "unlisted", "private"]]
    title: NotRequired[str | None]
    description: NotRequired[str]
    tags: NotRequired[list[str]]
    domains: NotRequired[list[str]]
    licence: NotRequired[str | None]
    recipe: str


class RecipeDifference(TypedDict):
    """The same change in one place or several."""

    what: Literal[
        "method",
        "base",
        "content",
        "module",
        "slice",
        "ingredient",
        "layers",
        "parameter",
        "dtype",
        "out_dtype",
        "tokenizer",
        "token",
        "chat_template",
        "allow_submatrix",
        "same_token_ids",
    ]
    change: Literal["added", "removed", "changed", "moved"]
    path: str
    name: str | None
    filter: str | None
    places: list[DifferencePlace]
    everywhere: bool
    old: Any
    new: Any


class RecipeFacets(TypedDict):
    """The most frequent values of each field among the recipes that match, most frequent first.

    Of number fields (`ingredients`, `size`, `uplift`, `reproduced`) the values are ranges, from low
    to high. `field:value` in `q` finds what a value counts."""

    total: int
    as_of: int
    corrections: list[WordCorrection]
    facets: dict[str, list[FacetValue]]


class RecipeImportCreate(TypedDict):
    """At most 1,000 rows. Importing the same rows again changes nothing."""

    owner: NotRequired[str | None]
    visibility: NotRequired[Literal["public", "unlisted", "private"]]
    dry_run: NotRequired[bool]
    recipes: list[ImportedRecipe]


class RecipeImportReport(TypedDict):
    """What became of the rows, in their order. A row without `line` has its place, from 1."""

    dry_run: bool
    owner: str
    brought: list[Brought]
    refused: list[Refused]


class RecipePage(TypedDict):
    """In the order asked for, each with the first 300 characters of its description.

    `corrected` is `q` as it was read, if that is something else. If no recipe has the `name` asked
    for, `suggestions` are the `owner/name` of similar ones."""

    items: list[FoundRecipe]
    next_cursor: str | None
    total: int
    as_of: int
    corrected: str | None
    corrections: list[WordCorrection]
    suggestions: list[str]


class RecipeUpdate(TypedDict):
    """Omitted fields do not change; `licence: null` removes the licence."""

    name: NotRequired[str | None]
    title: NotRequired[str | None]
    visibility: NotRequired[Literal["public", "unlisted", "private"] | None]
    archived: NotRequired[bool | None]
    licence: NotRequired[str | None]
    description: NotRequired[str | None]
    tags: NotRequired[list[str] | None]
    domains: NotRequired[list[str] | None]


class RecipeVersion(TypedDict):
    """A version: `source` as published, byte for byte, and its canonical form."""

    id: str
    number: int
    digest: str
    method: str
    created_at: str
    recipe_id: str
    ingredients: list[str]
    source: str
    canonical: dict[str, Any]


class RecipeVersionCreate(TypedDict):
    recipe: str


class Refused(TypedDict):
    """A row that was not taken over: the problem's code and detail, and the recipe's faults."""

    line: int
    name: str
    code: str
    detail: str
    errors: list[FieldFault]


class ReleaseRequest(TypedDict):
    """Return a run without using up its attempt: the worker stops, or `needs` do not fit."""

    fence: int
    reason: str
    needs: NotRequired[NeedsInput | None]


class ReplayRange(TypedDict):
    """The events of a time range, without `until` itself; `all` includes delivered ones.

    Deliveries that wait for a retry are sent at once, with all their attempts again."""

    since: str
    until: NotRequired[str | None]
    only: NotRequired[Literal["undelivered", "all"]]


class Replayed(TypedDict):
    """How many deliveries are due again; if not `complete`, repeat the request for the rest."""

    deliveries: int
    complete: bool


class ReportRequest(TypedDict):
    """The outcome of an attempt: a success has a `result`, a failure an `error`."""

    fence: int
    outcome: Literal["succeeded", "failed", "cancelled"]
    result: NotRequired[
        AblateResult | EvaluateResult | MergeResult | PushResult | VerifyResult | None
    ]
    error: NotRequired[RunErrorInput | None]
    warnings: NotRequired[list[str]]


class Reproduction(TypedDict):
    """A merge by the recipe that a verify run made again.

    `owner` had it made again on `worker`. `independent` says that this is not the account that owns
    the merge, or a member of it. `differences` are the five largest; the run lists more.
    `differing_files` are the files beside the weights, and null if a worker did not report them."""

    run: str
    owner: str
    independent: bool
    worker: str | None
    finished_at: str
    merge: str
    merge_owner: str
    model_name: str
    version: int
    same: bool
    tensors: int
    differing: int
    differences: list[TensorDifference]
    made: MergeSetting
    again: MergeSetting
    unlike: list[Unlike]
    differing_files: list[FileDifference] | None


class ReproductionPage(TypedDict):
    """Newest first."""

    items: list[Reproduction]
    next_cursor: str | None


class Retention(TypedDict):
    """Which models go: those older than `days`, unless another rule keeps them.

    Whatever the rules say, a model stays while it is pinned, while a run or a lock needs it, and
    for a day after its run."""

    days: NotRequired[int | None]
    newest: NotRequired[int]
    keep: NotRequired[list[Literal["starred", "published"]]]


class Rotation(TypedDict):
    """If the scheme changes, requests carry signatures of both for a day."""

    signature: NotRequired[Literal["v1", "v1a"] | None]


class Run(TypedDict):
    """A run as clients see it. `revision` grows with every change."""

    id: str
    owner: str
    visibility: Literal["public", "private"]
    kind: str
    state: RunState
    hardware: str
    needs: NeedsOutput | None
    timeout_seconds: int
    spec: AblateSpec | EvaluateSpec | MergeSpec | PushSpec | VerifySpec
    products: dict[str, str]
    push: WantedPush | None
    attempt: int
    fence: int
    worker: str | None
    progress: RunProgressOutput | None
    result: dict[str, Any] | None
    error: RunErrorOutput | None
    warnings: list[str]
    revision: int
    created_at: str
    started_at: str | None
    finished_at: str | None


class RunErrorInput(TypedDict):
    """Why an attempt ended: a stable code, a sentence, and the last lines of the child process."""

    code: str
    message: str
    last_lines: NotRequired[list[str]]
    retryable: NotRequired[bool]


class RunErrorOutput(TypedDict):
    """Why an attempt ended: a stable code, a sentence, and the last lines of the child process."""

    code: str
    message: str
    last_lines: list[str]
    retryable: bool


class RunItems(TypedDict):
    """The item scores of one benchmark, by item hash."""

    benchmark: str
    items: dict[str, float]


class RunLock(TypedDict):
    """The lock of a merge. `digest` is the SHA-256 of the lock as canonical JSON (RFC 8785)."""

    run: str
    digest: str
    lock: LockOutput


class RunPage(TypedDict):
    """Newest first."""

    items: list[RunSummary]
    next_cursor: str | None


class RunProgressInput(TypedDict):
    """The progress of a run; `total` is 0 while unknown. Bytes are those of the output."""

    stage: str
    done: int
    total: int
    unit: str
    bytes_done: NotRequired[int]
    bytes_total: NotRequired[int]
    seconds: NotRequired[float]


class RunProgressOutput(TypedDict):
    """The progress of a run; `total` is 0 while unknown. Bytes are those of the output."""

    stage: str
    done: int
    total: int
    unit: str
    bytes_done: int
    bytes_total: int
    seconds: float


class RunSummary(TypedDict):
    """A run as lists show it, without the recipe, the result and the whole error.

    `digest` is that of the model that the run made or evaluated."""

    id: str
    owner: str
    visibility: Literal["public", "private"]
    kind: str
    state: RunState
    hardware: str
    model_name: str
    digest: str | None
    attempt: int
    worker: str | None
    progress: RunProgressOutput | None
    error: ErrorSummary | None
    revision: int
    created_at: str
    started_at: str | None
    finished_at: str | None


class RunTensors(TypedDict):
    """The tensors of the model that a merge made, by name."""

    run: str
    output_digest: str
    tensors: dict[str, TensorDigest]


class ShellCode(TypedDict):
    code: str
    verifier: str


class ShellToken(TypedDict):
    """A token for a shell, shown only once."""

    account: str
    token: str
    expires_at: str


class SigningKey(TypedDict):
    """A public key; `id` is the SHA-256 of its DER form in hexadecimal."""

    id: str
    algorithm: Literal["ed25519"]
    pem: str


class SigningKeys(TypedDict):
    """The public keys of a hub; none if its workers sign nothing."""

    keys: list[SigningKey]


class SimilarRecipe(TypedDict):
    """A recipe, and how like another one it is, from 0 to 1."""

    id: str
    owner: str
    visibility: Literal["public", "unlisted", "private"]
    name: str
    title: str
    description: str
    tags: list[str]
    domains: list[str]
    licence: str | None
    forked_from: VersionReference | None
    forks: int
    archived_at: str | None
    reproductions: int
    created_at: str
    stars: int
    comments: int
    version: VersionSummary
    base: str | None
    ingredients: int
    size: float | None
    uplift: float | None
    likeness: float


class SimilarRecipes(TypedDict):
    """Recipes like one, the most like first."""

    items: list[SimilarRecipe]
    as_of: int


class Star(TypedDict):
    """Whether you starred a recipe, and how many people did."""

    recipe_id: str
    starred_at: str | None
    stars: int


class StarPage(TypedDict):
    """Newest first."""

    items: list[Stargazer]
    next_cursor: str | None


class Stargazer(TypedDict):
    """Who starred a recipe, and when."""

    account: str
    starred_at: str


class StarredPage(TypedDict):
    """Newest star first, each recipe with the first 300 characters of its description."""

    items: list[StarredRecipe]
    next_cursor: str | None


class StarredRecipe(TypedDict):
    """A recipe that you starred."""

    id: str
    owner: str
    visibility: Literal["public", "unlisted", "private"]
    name: str
    title: str
    description: str
    tags: list[str]
    domains: list[str]
    licence: str | None
    forked_from: VersionReference | None
    forks: int
    archived_at: str | None
    reproductions: int
    created_at: str
    stars: int
    comments: int
    version: VersionSummary
    starred_at: str


class SubmittedRun(TypedDict):
    """A run that was queued. `notes` are sentences on what its submitter may not expect."""

    id: str
    owner: str
    visibility: Literal["public", "private"]
    kind: str
    state: RunState
    hardware: str
    needs: NeedsOutput | None
    timeout_seconds: int
    spec: AblateSpec | EvaluateSpec | MergeSpec | PushSpec | VerifySpec
    products: dict[str, str]
    push: WantedPush | None
    attempt: int
    fence: int
    worker: str | None
    progress: RunProgressOutput | None
    result: dict[str, Any] | None
    error: RunErrorOutput | None
    warnings: list[str]
    revision: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    notes: list[str]


class SuggestedField(TypedDict):
    """A field or merge parameter whose name begins like the last word."""

    name: str
    meaning: str
    example: str
    q: str


class SuggestedRecipe(TypedDict):
    """A recipe whose texts have the last word, if that goes on."""

    id: str
    owner: str
    name: str
    title: str


class SuggestedValue(TypedDict):
    """A value of a field, and how many of the recipes that match have it."""

    value: str
    count: int
    q: str


class Suggestions(TypedDict):
    """What the last word of a search may become; `values` by the name of their field."""

    recipes: list[SuggestedRecipe]
    fields: list[SuggestedField]
    values: dict[str, list[SuggestedValue]]


class TensorDifference(TypedDict):
    """A tensor that is not the same again. One that is on one side only is null on the other."""

    name: str
    made: TensorDigest | None
    again: TensorDigest | None
    elements: int | None
    largest: float | None


class TensorDigest(TypedDict):
    """One tensor: its type as safetensors names it, its shape, and its digest in hexadecimal.

    The digest covers name, type, shape and bytes."""

    dtype: str
    shape: list[int]
    sha256: str


class Token(TypedDict):
    """A token without its secret; `hint` has its first and last characters.

    The tokens of the hub's own programs have no `account`. Signing in creates a `session`."""

    id: str
    name: str
    account: str | None
    session: bool
    hint: str
    scopes: list[str]
    created_at: str
    created_by: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None


class TokenCreate(TypedDict):
    name: str
    scopes: list[
        Literal[
            "accounts:manage",
            "admin",
            "boards:write",
            "lineage:moderate",
            "lineage:write",
            "recipes:read",
            "recipes:write",
            "results:moderate",
            "results:write",
            "runs:submit",
            "tokens:introspect",
            "webhooks:manage",
            "worker",
        ]
    ]
    expires_at: NotRequired[str | None]
    expires_in: NotRequired[int | None]


class TokenCreated(TypedDict):
    """A new token with its secret, which is stored nowhere."""

    id: str
    name: str
    account: str | None
    session: bool
    hint: str
    scopes: list[str]
    created_at: str
    created_by: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None
    token: str


class TokenPage(TypedDict):
    """Newest first."""

    items: list[Token]
    next_cursor: str | None


class Twin(TypedDict):
    """A version of another recipe with the same digest."""

    recipe: str
    version: str
    number: int
    owner: str
    name: str
    created_at: str


class TwinPage(TypedDict):
    """The oldest first. A recipe is listed once for each of its versions with the digest."""

    items: list[Twin]
    next_cursor: str | None


class Unlike(TypedDict):
    """Something in which two settings differ, such as `numpy`, with its value in each."""

    what: str
    made: str
    again: str


class VerifyResult(TypedDict):
    """The outcome of a verify run. Of many differences, the largest are listed."""

    device: NotRequired[str | None]
    warnings: NotRequired[list[str]]
    kind: Literal["verify"]
    output_digest: str
    same: bool
    method: str
    tensors: int
    compared_bytes: int
    differing: int
    differences: list[TensorDifference]
    engine_version: str
    versions: dict[str, str]
    machine: Machine | None
    unlike: list[Unlike]
    seconds: float
    companions: NotRequired[dict[str, str]]
    differing_files: NotRequired[list[FileDifference] | None]


class VerifyRunCreate(TypedDict):
    """Merge again what a run has merged, and compare tensor by tensor; no model is written."""

    hardware: NotRequired[Literal["cpu", "gpu", "gpu:80gb"]]
    needs: NotRequired[NeedsInput | None]
    timeout_seconds: NotRequired[int | None]
    kind: Literal["verify"]
    run: str


class VerifySpec(TypedDict):
    """All that a worker needs to merge again. `lock` and `manifest` are only in claims."""

    kind: Literal["verify"]
    run: str
    recipe: str
    recipe_version: str | None
    recipe_digest: str
    model_name: str
    seed: int
    output_digest: str
    made: MergeSetting
    independent: bool
    lock: LockOutput | None
    manifest: dict[str, TensorDigest] | None


class VersionComparison(TypedDict):
    """The differences of two versions, at most 1,000 of `total`."""

    old: ComparedVersion
    new: ComparedVersion
    total: int
    differences: list[RecipeDifference]


class VersionPage(TypedDict):
    """Newest first."""

    items: list[VersionSummary]
    next_cursor: str | None


class VersionReference(TypedDict):
    """A version of a recipe, by its id and number, and the recipe by its id and name."""

    recipe: str
    version: str
    number: int
    owner: str
    name: str


class VersionSummary(TypedDict):
    """A version without its text."""

    id: str
    number: int
    digest: str
    method: str
    created_at: str


class Waiting(TypedDict):
    """What a queued run waits for beside its turn: sentences; none if a worker may take it."""

    reasons: list[str]


class WantedPush(TypedDict):
    """Where a merge run's model is to be pushed. `run` pushes it; null until the model is made."""

    destination: str
    replace: bool
    private: bool
    run: str | None


class WordCorrection(TypedDict):
    """What was read instead of a word, or of a field's value, that no recipe has.

    If it is not `certain`, a few recipes have the word, and it was left as it is."""

    field: str | None
    written: str
    read: str
    certain: bool


class Worker(TypedDict):
    """A worker: `alive` if it has reported lately; `run` while it is busy.

    `since` is when it registered, `idle_since` when its last run ended, or when it registered."""

    name: str
    hardware: str
    capacity: CapacityOutput
    version: str
    alive: bool
    since: str
    idle_since: str
    seen_at: str
    run: WorkerRun | None


class WorkerBeat(TypedDict):
    """A worker's report that it is alive."""

    hardware: Literal["cpu", "gpu", "gpu:80gb"]
    capacity: CapacityInput
    version: str
    pushes: NotRequired[list[str]]


class WorkerPage(TypedDict):
    """Sorted by name."""

    items: list[Worker]
    next_cursor: str | None


class WorkerRun(TypedDict):
    """The run that a worker holds, and since when."""

    id: str
    kind: str
    attempt: int
    since: str
    progress: RunProgressOutput | None


class Problem(TypedDict):
    """The body of every error answer. `code` is stable; `type` is the page that explains it."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldFault]


class IntrospectTokenForm(TypedDict):
    token: str
    token_type_hint: NotRequired[str]
