"""The links from each response of the registry's API to the next requests."""

from __future__ import annotations

from mergehub.kit.openapi.links import ID, Link

RUN, FENCE = "$response.body#/run_id", "$response.body#/fence"

LINKS = (
    Link(
        "publish_recipe",
        (
            "get_recipe",
            "publish_recipe_version",
            "list_recipe_versions",
            "fork_recipe",
            "list_recipe_forks",
            "delete_recipe",
            "star_recipe",
            "unstar_recipe",
            "add_comment",
        ),
        {"recipe_id": ID},
    ),
    Link(
        "add_comment",
        ("get_comment", "edit_comment", "remove_comment"),
        {
            "recipe_id": "$request.path.recipe_id",
            "number": "$response.body#/number",
        },
    ),
    Link(
        "get_recipe",
        ("update_recipe",),
        {"recipe_id": ID, "If-Match": "$response.header.ETag"},
    ),
    Link(
        "publish_recipe_version",
        ("get_recipe_version", "get_recipe_source", "list_recipe_twins"),
        {"recipe_id": "$response.body#/recipe_id", "number": "$response.body#/number"},
    ),
    Link(
        "submit_run",
        ("get_run", "follow_run", "get_waiting", "cancel_run", "claim_run"),
        {"run_id": ID},
    ),
    Link("cancel_run", ("retry_run",), {"run_id": ID}),
    Link("retry_run", ("claim_run",), {"run_id": ID}),
    Link(
        "claim_run",
        ("heartbeat_run", "release_run", "report_run"),
        {"run_id": RUN},
        {"fence": FENCE},
    ),
    Link(
        "create_webhook",
        (
            "get_webhook",
            "change_webhook",
            "rotate_webhook_secret",
            "test_webhook",
            "list_webhook_deliveries",
            "replay_webhook_range",
            "delete_webhook",
        ),
        {"webhook_id": ID},
    ),
    Link(
        "test_webhook",
        ("get_webhook_delivery", "replay_webhook_delivery"),
        {"webhook_id": "$response.body#/endpoint_id", "number": ID},
    ),
    Link("create_token", ("get_token", "revoke_token"), {"token_id": ID}),
    Link("beat_worker", ("leave_worker",), {"name": "$request.path.name"}),
)
