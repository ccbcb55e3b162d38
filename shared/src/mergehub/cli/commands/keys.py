"""keys: Show the public keys that check signed models."""

from __future__ import annotations

from typing import Any

import click

from mergehub.attestation.keys import BadKey, elliptic_public_key
from mergehub.attestation.own import own_elliptic_key, own_key
from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.client import api
from mergehub.variables import BadVariable


@click.command()
@click.option("--hub", "of_hub", is_flag=True, help="The keys of the hub's workers instead.")
@click.option("--model-signature", is_flag=True, help="The key of OpenSSF signatures instead.")
@as_json
@click.pass_context
def keys(ctx: click.Context, of_hub: bool, model_signature: bool, raw: bool) -> None:
    """Show the public key that checks what this machine signs.

    `mergehub merge` signs with it, and so do the workers of a hub on this machine. The first call
    makes the key, in the data folder. Others check your models with the public key:
    `mergehub verify FOLDER --key FILE`.
    """
    if of_hub and model_signature:
        raise click.UsageError("--hub and --model-signature exclude each other.")
    found = _of_hub(ctx) if of_hub else [_own(model_signature)]
    if raw:
        show_json({"keys": found})
    elif found:
        click.echo("".join(each["pem"] for each in found), nl=False)
    else:
        raise click.ClickException("The workers of this hub sign nothing, so it has no keys.")


def _own(model_signature: bool) -> dict[str, Any]:
    try:
        if model_signature:
            pem = elliptic_public_key(own_elliptic_key().read_text(encoding="ascii"))
            return {"id": None, "algorithm": "ecdsa-p256", "pem": pem}
        key = own_key().public
    except (BadKey, BadVariable) as error:
        raise click.ClickException(f"{error}.") from error
    return {"id": key.id, "algorithm": "ed25519", "pem": key.pem}


def _of_hub(ctx: click.Context) -> list[dict[str, Any]]:
    with hub(ctx) as client:
        return [dict(each) for each in client.send(api.list_signing_keys())["keys"]]
