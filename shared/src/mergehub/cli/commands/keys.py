"""keys: Show the public keys that check signed models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mergehub.attestation.keys import BadKey, PublicKey, elliptic_public_key, kept_key
from mergehub.attestation.own import KEY_FILE, own_elliptic_key, own_key
from mergehub.cli.connection import hub
from mergehub.cli.json_option import as_json, show_json
from mergehub.client import api
from mergehub.variables import BadVariable

PUBLIC_KEYS = "signing-public-keys.pem"
FOLDER = click.Path(file_okay=False, path_type=Path)
MAKE = "Make a key for the workers of a deployed hub, in this folder."


@click.command()
@click.option("--hub", "of_hub", is_flag=True, help="The keys of the hub's workers instead.")
@click.option("--model-signature", is_flag=True, help="The key of OpenSSF signatures instead.")
@click.option("--make", "folder", type=FOLDER, help=MAKE)
@as_json
@click.pass_context
def keys(
    ctx: click.Context, of_hub: bool, model_signature: bool, folder: Path | None, raw: bool
) -> None:
    """Show the public key that checks what this machine signs.

    `mergehub merge` signs with it, and so do the workers of a hub on this machine. The first call
    makes the key, in the data folder. Others check your models with the public key:
    `mergehub verify FOLDER --key FILE`.

    With --make, a deployed hub gets a key: signing-key.pem is for its workers and stays secret,
    signing-public-keys.pem is for its registry. If the folder has a private key, it stays; earlier
    public keys stay too, after the present one.
    """
    if of_hub + model_signature + (folder is not None) > 1:
        raise click.UsageError("--hub, --model-signature and --make exclude each other.")
    own = _made(folder) if folder else None
    found = [own] if own else _of_hub(ctx) if of_hub else [_own(model_signature)]
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
    return _shown(key)


def _made(folder: Path) -> dict[str, Any]:
    """The public key of a folder with a key of its own, which is made if it is missing."""
    public, before = folder / PUBLIC_KEYS, ""
    try:
        key = kept_key(folder / KEY_FILE).public
        if public.exists():
            before = public.read_text(encoding="utf-8")
        if key.pem not in before:
            public.write_text(key.pem + before, encoding="utf-8")
    except (BadKey, ValueError) as error:
        raise click.ClickException(f"{error}.") from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}.") from error
    return _shown(key)


def _shown(key: PublicKey) -> dict[str, Any]:
    return {"id": key.id, "algorithm": "ed25519", "pem": key.pem}


def _of_hub(ctx: click.Context) -> list[dict[str, Any]]:
    with hub(ctx) as client:
        return [dict(each) for each in client.send(api.list_signing_keys())["keys"]]
