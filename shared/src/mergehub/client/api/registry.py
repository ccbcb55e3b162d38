"""Operations of the registry. Written by `make documents`."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from mergehub.client.calls import Call, Pages, Stream, part
from mergehub.client.types import registry as t


def list_recipes(
    *,
    sort: Literal["relevance", "new", "stars", "uplift", "reproductions", "trending"] | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    q: str | None = None,
    method: list[str] | None = None,
    base: list[str] | None = None,
    ingredient: list[str] | None = None,
    owner: list[str] | None = None,
    name: list[str] | None = None,
    tag: list[str] | None = None,
    domain: list[str] | None = None,
    licence: list[str] | None = None,
    shape: list[str] | None = None,
    visibility: list[str] | None = None,
    archived: list[str] | None = None,
    ingredients: str | None = None,
    size: str | None = None,
    stars: str | None = None,
    forks: str | None = None,
    uplift: str | None = None,
    reproductions: str | None = None,
    reproduced: str | None = None,
    created: str | None = None,
    parameter: list[str] | None = None,
    if_none_match: str | None = None,
) -> Pages[t.RecipePage, t.FoundRecipe]:
    """Recipes that match. A private or unlisted one is shown to those who belong to its owner."""
    return Pages(
        "GET",
        "/v1/recipes",
        query={
            "sort": sort,
            "limit": limit,
            "cursor": cursor,
            "q": q,
            "method": method,
            "base": base,
            "ingredient": ingredient,
            "owner": owner,
            "name": name,
            "tag": tag,
            "domain": domain,
            "licence": licence,
            "shape": shape,
            "visibility": visibility,
            "archived": archived,
            "ingredients": ingredients,
            "size": size,
            "stars": stars,
            "forks": forks,
            "uplift": uplift,
            "reproductions": reproductions,
            "reproduced": reproduced,
            "created": created,
            "parameter": parameter,
        },
        headers={"If-None-Match": if_none_match},
    )


def publish_recipe(
    body: t.RecipeCreate, *, idempotency_key: str | None = None
) -> Call[t.PublishedRecipe]:
    """Publish a recipe with its version 1."""
    return Call(
        "POST", "/v1/recipes", headers={"Idempotency-Key": idempotency_key}, body=body, keyed=True
    )


def get_recipe_suggestions(
    *, q: str, limit: int | None = None, if_none_match: str | None = None
) -> Call[t.Suggestions]:
    """What the last word may become: fields, values that recipes have, and recipes."""
    return Call(
        "GET",
        "/v1/recipes/suggestions",
        query={"q": q, "limit": limit},
        headers={"If-None-Match": if_none_match},
    )


def get_recipe_facets(
    *,
    limit: int | None = None,
    q: str | None = None,
    method: list[str] | None = None,
    base: list[str] | None = None,
    ingredient: list[str] | None = None,
    owner: list[str] | None = None,
    name: list[str] | None = None,
    tag: list[str] | None = None,
    domain: list[str] | None = None,
    licence: list[str] | None = None,
    shape: list[str] | None = None,
    visibility: list[str] | None = None,
    archived: list[str] | None = None,
    ingredients: str | None = None,
    size: str | None = None,
    stars: str | None = None,
    forks: str | None = None,
    uplift: str | None = None,
    reproductions: str | None = None,
    reproduced: str | None = None,
    created: str | None = None,
    parameter: list[str] | None = None,
    if_none_match: str | None = None,
) -> Call[t.RecipeFacets]:
    """The most frequent values of each field among the recipes that match, with exact counts."""
    return Call(
        "GET",
        "/v1/recipes/facets",
        query={
            "limit": limit,
            "q": q,
            "method": method,
            "base": base,
            "ingredient": ingredient,
            "owner": owner,
            "name": name,
            "tag": tag,
            "domain": domain,
            "licence": licence,
            "shape": shape,
            "visibility": visibility,
            "archived": archived,
            "ingredients": ingredients,
            "size": size,
            "stars": stars,
            "forks": forks,
            "uplift": uplift,
            "reproductions": reproductions,
            "reproduced": reproduced,
            "created": created,
            "parameter": parameter,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_similar_recipes(
    recipe_id: str | UUID,
    *,
    by: Literal["likeness", "ingredients"] | None = None,
    limit: int | None = None,
    if_none_match: str | None = None,
) -> Call[t.SimilarRecipes]:
    """The recipes that are most like one, archived ones left out."""
    return Call(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/similar",
        query={"by": by, "limit": limit},
        headers={"If-None-Match": if_none_match},
    )


def compare_recipe_versions(
    *, from_: str | UUID, to: str | UUID, if_none_match: str | None = None
) -> Call[t.VersionComparison]:
    """How two versions differ in what they merge and how, of one recipe or of two."""
    return Call(
        "GET",
        "/v1/recipes/diff",
        query={"from": from_, "to": to},
        headers={"If-None-Match": if_none_match},
    )


def export_recipes(
    *, owner: str | None = None, after: str | None = None, if_none_match: str | None = None
) -> Call[str]:
    """Every version of the public recipes that are not archived, a line each."""
    return Call(
        "GET",
        "/v1/recipes/export",
        query={"owner": owner, "after": after},
        headers={"If-None-Match": if_none_match},
    )


def export_recipe_version(
    recipe_id: str | UUID,
    number: int,
    *,
    as_: Literal["yaml", "card", "cyclonedx", "jsonl"],
    if_none_match: str | None = None,
) -> Call[str]:
    """One version as a file."""
    return Call(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/versions/{part(number)}/export",
        query={"as": as_},
        headers={"If-None-Match": if_none_match},
    )


def list_starred_recipes(
    *, limit: int | None = None, cursor: str | None = None, if_none_match: str | None = None
) -> Pages[t.StarredPage, t.StarredRecipe]:
    """The recipes that you starred and may still see, newest star first."""
    return Pages(
        "GET",
        "/v1/recipes/starred",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_star(recipe_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.Star]:
    """Whether you starred a recipe, and how many people did."""
    return Call(
        "GET", f"/v1/recipes/{part(recipe_id)}/star", headers={"If-None-Match": if_none_match}
    )


def star_recipe(recipe_id: str | UUID) -> Call[t.Star]:
    """Star a recipe. A repetition changes nothing."""
    return Call("PUT", f"/v1/recipes/{part(recipe_id)}/star")


def unstar_recipe(recipe_id: str | UUID) -> Call[t.Star]:
    """Take back your star. A repetition changes nothing."""
    return Call("DELETE", f"/v1/recipes/{part(recipe_id)}/star")


def list_stars(
    recipe_id: str | UUID,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.StarPage, t.Stargazer]:
    """The accounts that starred a recipe, newest star first."""
    return Pages(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/stars",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def list_comments(
    recipe_id: str | UUID,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.CommentPage, t.Comment]:
    """The threads in the order of their first comments, each with its answers, oldest first."""
    return Pages(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/comments",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def add_comment(
    recipe_id: str | UUID, body: t.CommentCreate, *, idempotency_key: str | None = None
) -> Call[t.Comment]:
    """Comment on a recipe that you may see, or answer the first comment of a thread."""
    return Call(
        "POST",
        f"/v1/recipes/{part(recipe_id)}/comments",
        headers={"Idempotency-Key": idempotency_key},
        body=body,
        keyed=True,
    )


def get_comment(
    recipe_id: str | UUID, number: int, *, if_none_match: str | None = None
) -> Call[t.Comment]:
    """One comment. A removed one is there only while it has answers."""
    return Call(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/comments/{part(number)}",
        headers={"If-None-Match": if_none_match},
    )


def edit_comment(recipe_id: str | UUID, number: int, body: t.CommentUpdate) -> Call[t.Comment]:
    """Change the text of your own comment; `edited_at` shows that it changed."""
    return Call("PATCH", f"/v1/recipes/{part(recipe_id)}/comments/{part(number)}", body=body)


def remove_comment(recipe_id: str | UUID, number: int) -> Call[None]:
    """Delete the text of a comment: your own, or any on a recipe of an account you write for."""
    return Call("DELETE", f"/v1/recipes/{part(recipe_id)}/comments/{part(number)}")


def check_recipe(body: t.RecipeCheck) -> Call[t.CheckedRecipeAnswer]:
    """Check a recipe as if to publish it, but store nothing."""
    return Call("POST", "/v1/recipes/check", body=body)


def get_recipe_by_name(
    owner: str, name: str, *, if_none_match: str | None = None
) -> Call[t.Recipe]:
    """A recipe with its newest version. A name that it had before leads to the present one."""
    return Call(
        "GET",
        f"/v1/recipes/named/{part(owner)}/{part(name)}",
        headers={"If-None-Match": if_none_match},
    )


def get_recipe(recipe_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.Recipe]:
    """A recipe with its newest version."""
    return Call("GET", f"/v1/recipes/{part(recipe_id)}", headers={"If-None-Match": if_none_match})


def update_recipe(recipe_id: str | UUID, body: t.RecipeUpdate, *, if_match: str) -> Call[t.Recipe]:
    """Change what is said of a recipe, who sees it, or whether it is archived."""
    return Call(
        "PATCH", f"/v1/recipes/{part(recipe_id)}", headers={"If-Match": if_match}, body=body
    )


def delete_recipe(recipe_id: str | UUID) -> Call[None]:
    """Delete a recipe with its versions, if no run, model or fork came from it."""
    return Call("DELETE", f"/v1/recipes/{part(recipe_id)}")


def publish_recipe_version(
    recipe_id: str | UUID, body: t.RecipeVersionCreate, *, idempotency_key: str | None = None
) -> Call[t.PublishedVersion]:
    """Publish the next version, unless the newest version has the same digest."""
    return Call(
        "POST",
        f"/v1/recipes/{part(recipe_id)}/versions",
        headers={"Idempotency-Key": idempotency_key},
        body=body,
        keyed=True,
    )


def list_recipe_versions(
    recipe_id: str | UUID,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.VersionPage, t.VersionSummary]:
    """The versions of a recipe, newest first."""
    return Pages(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/versions",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_recipe_version(
    recipe_id: str | UUID, number: int, *, if_none_match: str | None = None
) -> Call[t.RecipeVersion]:
    """One version: its text as published, its canonical form and its digest."""
    return Call(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/versions/{part(number)}",
        headers={"If-None-Match": if_none_match},
    )


def get_recipe_source(
    recipe_id: str | UUID, number: int, *, if_none_match: str | None = None
) -> Call[str]:
    """The text of a version as YAML, byte for byte as published."""
    return Call(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/versions/{part(number)}/source",
        headers={"If-None-Match": if_none_match},
    )


def fork_recipe(
    recipe_id: str | UUID, body: t.ForkCreate | None, *, idempotency_key: str | None = None
) -> Call[t.PublishedRecipe]:
    """Publish a version of a recipe as a recipe of your own, which keeps where it came from."""
    return Call(
        "POST",
        f"/v1/recipes/{part(recipe_id)}/fork",
        headers={"Idempotency-Key": idempotency_key},
        body=body,
        keyed=True,
    )


def list_recipe_forks(
    recipe_id: str | UUID,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ForkPage, t.Recipe]:
    """The forks of a recipe that you may see, newest first, without archived ones."""
    return Pages(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/forks",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def list_recipe_twins(
    recipe_id: str | UUID,
    number: int,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.TwinPage, t.Twin]:
    """The versions of other recipes that have the same digest, the oldest first."""
    return Pages(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/versions/{part(number)}/twins",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def import_recipes(body: t.RecipeImportCreate) -> Call[t.RecipeImportReport]:
    """Publish up to 1,000 recipes, or new versions of them, and report each that was refused."""
    return Call("POST", "/v1/recipes/import", body=body)


def submit_run(
    body: t.AblateRunCreate
    | t.EvaluateRunCreate
    | t.MergeRunCreate
    | t.PushRunCreate
    | t.VerifyRunCreate,
    *,
    idempotency_key: str | None = None,
) -> Call[t.SubmittedRun]:
    """Queue a run. `Location` says where to follow it; `notes` say what to know about it."""
    return Call(
        "POST", "/v1/runs", headers={"Idempotency-Key": idempotency_key}, body=body, keyed=True
    )


def list_runs(
    *,
    owner: str | None = None,
    state: t.RunState | None = None,
    kind: Literal["ablate", "evaluate", "merge", "push", "verify"] | None = None,
    model: str | None = None,
    recipe: str | UUID | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.RunPage, t.RunSummary]:
    """Summaries of runs, newest first. A private run is shown to those who belong to its owner."""
    return Pages(
        "GET",
        "/v1/runs",
        query={
            "owner": owner,
            "state": state,
            "kind": kind,
            "model": model,
            "recipe": recipe,
            "limit": limit,
            "cursor": cursor,
        },
        headers={"If-None-Match": if_none_match},
    )


def list_items_of_runs(*, of: list[str], if_none_match: str | None = None) -> Call[t.ItemsOfRuns]:
    """The item scores of several benchmarks of several runs, in one answer."""
    return Call("GET", "/v1/runs/items", query={"of": of}, headers={"If-None-Match": if_none_match})


def get_run(
    run_id: str | UUID, *, wait: int | None = None, if_none_match: str | None = None
) -> Call[t.Run]:
    """A run as it is now; its `ETag` is its revision."""
    return Call(
        "GET",
        f"/v1/runs/{part(run_id)}",
        query={"wait": wait},
        headers={"If-None-Match": if_none_match},
    )


def get_waiting(run_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.Waiting]:
    """Why no worker takes a queued run: none suits it, or none may do it."""
    return Call("GET", f"/v1/runs/{part(run_id)}/waiting", headers={"If-None-Match": if_none_match})


def list_run_items(
    run_id: str | UUID, *, benchmark: str, if_none_match: str | None = None
) -> Call[t.RunItems]:
    """The item scores of one benchmark that the run evaluated."""
    return Call(
        "GET",
        f"/v1/runs/{part(run_id)}/items",
        query={"benchmark": benchmark},
        headers={"If-None-Match": if_none_match},
    )


def follow_run(run_id: str | UUID, *, last_event_id: str | None = None) -> Stream:
    """Follow a run live: an event `run` with the run's JSON at each change, until the run ends."""
    return Stream(
        "GET", f"/v1/runs/{part(run_id)}/events", headers={"last-event-id": last_event_id}
    )


def cancel_run(run_id: str | UUID) -> Call[t.Run]:
    """Cancel a run: a queued one at once, a running one as soon as its worker asks."""
    return Call("POST", f"/v1/runs/{part(run_id)}/cancel")


def retry_run(run_id: str | UUID) -> Call[t.SubmittedRun]:
    """Queue a failed or cancelled run again; what it had finished is kept for a day."""
    return Call("POST", f"/v1/runs/{part(run_id)}/retry")


def get_run_lock(run_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.RunLock]:
    """What the merge read: each ingredient's revision, and the SHA-256 of each of its files."""
    return Call("GET", f"/v1/runs/{part(run_id)}/lock", headers={"If-None-Match": if_none_match})


def list_run_tensors(run_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.RunTensors]:
    """The type, the shape and the SHA-256 of each tensor of the model."""
    return Call("GET", f"/v1/runs/{part(run_id)}/tensors", headers={"If-None-Match": if_none_match})


def list_recipe_reproductions(
    recipe_id: str | UUID,
    *,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ReproductionPage, t.Reproduction]:
    """The merges by the recipe that were made again, newest first: by whom, where, whether the
    tensors are the same, and in what the two settings differ.
    """
    return Pages(
        "GET",
        f"/v1/recipes/{part(recipe_id)}/reproductions",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def claim_run(run_id: str | UUID, body: t.ClaimRequest) -> Call[t.Claim]:
    """Claim a queued run. From now on, the fence proves the right to report on it."""
    return Call("POST", f"/v1/runs/{part(run_id)}/claim", body=body)


def heartbeat_run(run_id: str | UUID, body: t.HeartbeatRequest) -> Call[t.HeartbeatAnswer]:
    """Renew the lease, report the progress, and learn whether to continue."""
    return Call("POST", f"/v1/runs/{part(run_id)}/heartbeat", body=body)


def release_run(run_id: str | UUID, body: t.ReleaseRequest) -> Call[t.Run]:
    """Return a run to the queue; this attempt does not count."""
    return Call("POST", f"/v1/runs/{part(run_id)}/release", body=body)


def report_run(run_id: str | UUID, body: t.ReportRequest) -> Call[t.Run]:
    """End the attempt with its outcome. Sending the same report again changes nothing."""
    return Call("POST", f"/v1/runs/{part(run_id)}/report", body=body)


def list_queues(*, if_none_match: str | None = None) -> Call[t.QueueList]:
    """The depth of every queue."""
    return Call("GET", "/v1/queues", headers={"If-None-Match": if_none_match})


def get_queue(
    hardware: Literal["cpu", "gpu", "gpu:80gb"], *, if_none_match: str | None = None
) -> Call[t.Queue]:
    """The depth of one queue. Scale the workers to its `load`."""
    return Call("GET", f"/v1/queues/{part(hardware)}", headers={"If-None-Match": if_none_match})


def list_collection(
    *,
    account: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.LeavingPage, t.Leaving]:
    """The models that the rules of retention let go and that nothing needs, the oldest first."""
    return Pages(
        "GET",
        "/v1/artifacts/collection",
        query={"account": account, "limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def collect_artifacts() -> Call[t.Collected]:
    """Mark the models that `GET` lists. The hub does so by itself every minute."""
    return Call("POST", "/v1/artifacts/collection")


def list_artifacts(
    *,
    run: str | UUID | None = None,
    owner: str | None = None,
    model: str | None = None,
    recipe: str | UUID | None = None,
    gone: bool | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.ArtifactPage, t.Artifact]:
    """The models that runs made, newest first. A model is as private as its run."""
    return Pages(
        "GET",
        "/v1/artifacts",
        query={
            "run": run,
            "owner": owner,
            "model": model,
            "recipe": recipe,
            "gone": gone,
            "limit": limit,
            "cursor": cursor,
        },
        headers={"If-None-Match": if_none_match},
    )


def get_artifact(run_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.ArtifactFiles]:
    """A model, and the name, size and SHA-256 of each of its files."""
    return Call("GET", f"/v1/artifacts/{part(run_id)}", headers={"If-None-Match": if_none_match})


def delete_artifact(run_id: str | UUID) -> Call[t.Artifact]:
    """Mark a model to be deleted. Its files go later; a run that is submitted by then keeps it."""
    return Call("DELETE", f"/v1/artifacts/{part(run_id)}")


def pin_artifact(run_id: str | UUID) -> Call[t.Artifact]:
    """Keep a model, whatever the rules of retention say."""
    return Call("PUT", f"/v1/artifacts/{part(run_id)}/pin")


def unpin_artifact(run_id: str | UUID) -> Call[t.Artifact]:
    """Let the rules of retention decide about a model again."""
    return Call("DELETE", f"/v1/artifacts/{part(run_id)}/pin")


def download_artifact_file(
    run_id: str | UUID,
    name: str,
    *,
    range: str | None = None,
    if_range: str | None = None,
    if_none_match: str | None = None,
) -> Call[str]:
    """A file, or the range of it that `Range` asks for; several ranges get the whole file."""
    return Call(
        "GET",
        f"/v1/artifacts/{part(run_id)}/files/{part(name)}",
        headers={"Range": range, "If-Range": if_range, "If-None-Match": if_none_match},
    )


def get_retention(handle: str, *, if_none_match: str | None = None) -> Call[t.OwnRules]:
    """The rules that the account has beside those of the hub. Members may ask."""
    return Call(
        "GET", f"/v1/accounts/{part(handle)}/retention", headers={"If-None-Match": if_none_match}
    )


def set_retention(handle: str, body: t.Retention) -> Call[t.OwnRules]:
    """Let models of the account go earlier than the hub's rules do."""
    return Call("PUT", f"/v1/accounts/{part(handle)}/retention", body=body)


def remove_retention(handle: str) -> Call[t.OwnRules]:
    """Leave the account's models to the hub's rules alone."""
    return Call("DELETE", f"/v1/accounts/{part(handle)}/retention")


def list_workers(
    *, limit: int | None = None, cursor: str | None = None, if_none_match: str | None = None
) -> Pages[t.WorkerPage, t.Worker]:
    """The workers, sorted by name: whether each is alive, what it works on and since when."""
    return Pages(
        "GET",
        "/v1/workers",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def list_signing_keys(*, if_none_match: str | None = None) -> Call[t.SigningKeys]:
    """The public keys of this hub's workers, the present one first."""
    return Call("GET", "/v1/workers/keys", headers={"If-None-Match": if_none_match})


def beat_worker(name: str, body: t.WorkerBeat) -> Call[None]:
    """Register a worker. It repeats this every ten seconds."""
    return Call("PUT", f"/v1/workers/{part(name)}", body=body)


def leave_worker(name: str) -> Call[None]:
    """Sign off a worker; the run that it holds stays under its lease."""
    return Call("DELETE", f"/v1/workers/{part(name)}")


def create_webhook(
    body: t.EndpointCreate, *, idempotency_key: str | None = None
) -> Call[t.EndpointWithSecret]:
    """Have events sent to a URL. Only this answer shows the secret that signs them."""
    return Call(
        "POST", "/v1/webhooks", headers={"Idempotency-Key": idempotency_key}, body=body, keyed=True
    )


def list_webhooks(
    *, limit: int | None = None, cursor: str | None = None, if_none_match: str | None = None
) -> Pages[t.EndpointPage, t.Endpoint]:
    """Webhook endpoints, newest first."""
    return Pages(
        "GET",
        "/v1/webhooks",
        query={"limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_webhook(webhook_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.Endpoint]:
    """One endpoint: which events it gets, and whether it accepts them."""
    return Call("GET", f"/v1/webhooks/{part(webhook_id)}", headers={"If-None-Match": if_none_match})


def change_webhook(
    webhook_id: str | UUID, body: t.EndpointUpdate, *, if_match: str
) -> Call[t.Endpoint]:
    """Change an endpoint, or disable or enable it."""
    return Call(
        "PATCH", f"/v1/webhooks/{part(webhook_id)}", headers={"If-Match": if_match}, body=body
    )


def delete_webhook(webhook_id: str | UUID) -> Call[None]:
    """Delete an endpoint and its deliveries."""
    return Call("DELETE", f"/v1/webhooks/{part(webhook_id)}")


def rotate_webhook_secret(
    webhook_id: str | UUID, body: t.Rotation | None, *, idempotency_key: str | None = None
) -> Call[t.EndpointWithSecret]:
    """Make a new secret or key pair. The previous one also signs for 24 hours."""
    return Call(
        "POST",
        f"/v1/webhooks/{part(webhook_id)}/rotate",
        headers={"Idempotency-Key": idempotency_key},
        body=body,
        keyed=True,
    )


def test_webhook(webhook_id: str | UUID, *, idempotency_key: str | None = None) -> Call[t.Delivery]:
    """Send an event `webhook.test`. `Location` names the delivery, which will have the answer."""
    return Call(
        "POST",
        f"/v1/webhooks/{part(webhook_id)}/test",
        headers={"Idempotency-Key": idempotency_key},
        keyed=True,
    )


def list_webhook_deliveries(
    webhook_id: str | UUID,
    *,
    state: Literal["pending", "delivered", "failed"] | None = None,
    type: Literal[
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
    | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.DeliveryPage, t.Delivery]:
    """The deliveries to an endpoint in the last 30 days, newest first."""
    return Pages(
        "GET",
        f"/v1/webhooks/{part(webhook_id)}/deliveries",
        query={"state": state, "type": type, "limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_webhook_delivery(
    webhook_id: str | UUID, number: int, *, if_none_match: str | None = None
) -> Call[t.DeliveryWithAttempts]:
    """One delivery: its payload, and for each attempt the answer or the error."""
    return Call(
        "GET",
        f"/v1/webhooks/{part(webhook_id)}/deliveries/{part(number)}",
        headers={"If-None-Match": if_none_match},
    )


def replay_webhook_delivery(
    webhook_id: str | UUID, number: int, *, idempotency_key: str | None = None
) -> Call[t.Delivery]:
    """Send one delivery again with the same `webhook-id`; send a pending one at once."""
    return Call(
        "POST",
        f"/v1/webhooks/{part(webhook_id)}/deliveries/{part(number)}/replay",
        headers={"Idempotency-Key": idempotency_key},
        keyed=True,
    )


def replay_webhook_range(
    webhook_id: str | UUID, body: t.ReplayRange, *, idempotency_key: str | None = None
) -> Call[t.Replayed]:
    """Send the events of a time range again, with those from before the webhook was enabled."""
    return Call(
        "POST",
        f"/v1/webhooks/{part(webhook_id)}/replay",
        headers={"Idempotency-Key": idempotency_key},
        body=body,
        keyed=True,
    )


def list_events(
    *,
    after: int | None = None,
    limit: int | None = None,
    wait: int | None = None,
    if_none_match: str | None = None,
) -> Call[t.EventPage]:
    """The registry's events after `after`, oldest first and without a gap; `Link` has the rest."""
    return Call(
        "GET",
        "/v1/events",
        query={"after": after, "limit": limit, "wait": wait},
        headers={"If-None-Match": if_none_match},
    )


def follow_events(*, after: int | None = None, last_event_id: str | None = None) -> Stream:
    """Follow the feed live: the stream sends each event under its type, with its sequence as id."""
    return Stream(
        "GET", "/v1/events/stream", query={"after": after}, headers={"last-event-id": last_event_id}
    )


def introspect_token(body: t.IntrospectTokenForm) -> Call[t.Active | t.Inactive]:
    """Whether a token is valid now, whose it is and what it allows."""
    return Call("POST", "/v1/tokens/introspect", body=body, form=True)


def create_token(
    body: t.TokenCreate, *, idempotency_key: str | None = None
) -> Call[t.TokenCreated]:
    """Create a token, which only this answer shows."""
    return Call(
        "POST", "/v1/tokens", headers={"Idempotency-Key": idempotency_key}, body=body, keyed=True
    )


def list_tokens(
    *,
    revoked: bool | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.TokenPage, t.Token]:
    """Tokens, newest first."""
    return Pages(
        "GET",
        "/v1/tokens",
        query={"revoked": revoked, "limit": limit, "cursor": cursor},
        headers={"If-None-Match": if_none_match},
    )


def get_token(token_id: str | UUID, *, if_none_match: str | None = None) -> Call[t.Token]:
    """A token, without its secret."""
    return Call("GET", f"/v1/tokens/{part(token_id)}", headers={"If-None-Match": if_none_match})


def revoke_token(token_id: str | UUID) -> Call[None]:
    """Revoke a token: in the registry at once, in other services within 30 seconds."""
    return Call("DELETE", f"/v1/tokens/{part(token_id)}")


def list_audit(
    *,
    actor: str | None = None,
    account: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
    if_none_match: str | None = None,
) -> Pages[t.AuditPage, t.AuditEntry]:
    """Every change and who made it, newest first."""
    return Pages(
        "GET",
        "/v1/accounts/audit",
        query={
            "actor": actor,
            "account": account,
            "action": action,
            "subject": subject,
            "limit": limit,
            "cursor": cursor,
        },
        headers={"If-None-Match": if_none_match},
    )


def sign_in(*, return_to: str | None = None) -> Call[None]:
    """Redirect a browser to the OpenID provider, to sign in."""
    return Call("GET", "/v1/accounts/sign-in", query={"return_to": return_to})


def sign_in_callback(
    *,
    state: str | None = None,
    code: str | None = None,
    error: str | None = None,
    iss: str | None = None,
) -> Call[None]:
    """Finish a sign-in: set the session's cookie and redirect to where the sign-in began."""
    return Call(
        "GET",
        "/v1/accounts/callback",
        query={"state": state, "code": code, "error": error, "iss": iss},
    )


def sign_out() -> Call[None]:
    """End the session, or revoke the token, that authenticates this request."""
    return Call("POST", "/v1/accounts/sign-out")


def ask_for_shell(
    *,
    challenge: str,
    port: int | None = None,
    host: str | None = None,
    if_none_match: str | None = None,
) -> Call[str]:
    """Ask a person in a browser to allow a shell. The person signs in first if necessary."""
    return Call(
        "GET",
        "/v1/accounts/shell",
        query={"challenge": challenge, "port": port, "host": host},
        headers={"If-None-Match": if_none_match},
    )


def let_shell_in(*, challenge: str, port: int | None = None, host: str | None = None) -> Call[str]:
    """Allow the shell. The browser takes a one-time code to it, or shows the code."""
    return Call(
        "POST", "/v1/accounts/shell", query={"challenge": challenge, "port": port, "host": host}
    )


def redeem_shell_code(body: t.ShellCode) -> Call[t.ShellToken]:
    """Exchange a code and the challenge's secret for the shell's token; this works once."""
    return Call("POST", "/v1/accounts/shell/token", body=body)


def get_hub(*, if_none_match: str | None = None) -> Call[t.Hub]:
    """The hub's name, whether people sign in or need a token to read, and who you are."""
    return Call("GET", "/v1/accounts/hub", headers={"If-None-Match": if_none_match})


def create_organisation(
    body: t.OrganisationCreate, *, idempotency_key: str | None = None
) -> Call[t.Account]:
    """Create an organisation. You become its owner."""
    return Call(
        "POST", "/v1/accounts", headers={"Idempotency-Key": idempotency_key}, body=body, keyed=True
    )


def get_me(*, if_none_match: str | None = None) -> Call[t.Me]:
    """Your account, the scopes of your token, and the organisations that you belong to."""
    return Call("GET", "/v1/accounts/me", headers={"If-None-Match": if_none_match})


def get_account(handle: str, *, if_none_match: str | None = None) -> Call[t.Account]:
    """The account of a person or an organisation."""
    return Call("GET", f"/v1/accounts/{part(handle)}", headers={"If-None-Match": if_none_match})


def update_account(handle: str, body: t.AccountUpdate, *, if_match: str) -> Call[t.Account]:
    """Change an account's display name or, as an administrator, disable or enable it."""
    return Call("PATCH", f"/v1/accounts/{part(handle)}", headers={"If-Match": if_match}, body=body)


def list_members(handle: str, *, if_none_match: str | None = None) -> Call[t.MemberList]:
    """The members of an organisation. Its members and administrators may ask."""
    return Call(
        "GET", f"/v1/accounts/{part(handle)}/members", headers={"If-None-Match": if_none_match}
    )


def set_member(handle: str, person: str, body: t.MemberSet, *, if_match: str) -> Call[t.MemberList]:
    """Add a person, or change a member's role; `If-Match` takes the `ETag` of the list."""
    return Call(
        "PUT",
        f"/v1/accounts/{part(handle)}/members/{part(person)}",
        headers={"If-Match": if_match},
        body=body,
    )


def remove_member(handle: str, person: str, *, if_match: str) -> Call[None]:
    """Remove a member, or leave the organisation yourself."""
    return Call(
        "DELETE",
        f"/v1/accounts/{part(handle)}/members/{part(person)}",
        headers={"If-Match": if_match},
    )


def list_quotas(handle: str, *, if_none_match: str | None = None) -> Call[t.QuotaList]:
    """The account's quotas and what it uses of them. Its members and administrators may ask."""
    return Call(
        "GET", f"/v1/accounts/{part(handle)}/quotas", headers={"If-None-Match": if_none_match}
    )


def set_quota(
    handle: str,
    name: Literal[
        "recipes",
        "comments_a_day",
        "runs_active",
        "runs_a_day",
        "artifact_bytes",
        "webhooks",
        "tokens",
        "organisations",
    ],
    body: t.QuotaSet,
) -> Call[t.QuotaList]:
    """Set a quota of one account, in place of the default."""
    return Call("PUT", f"/v1/accounts/{part(handle)}/quotas/{part(name)}", body=body)


def reset_quota(
    handle: str,
    name: Literal[
        "recipes",
        "comments_a_day",
        "runs_active",
        "runs_a_day",
        "artifact_bytes",
        "webhooks",
        "tokens",
        "organisations",
    ],
) -> Call[t.QuotaList]:
    """Give an account the default quota again."""
    return Call("DELETE", f"/v1/accounts/{part(handle)}/quotas/{part(name)}")
