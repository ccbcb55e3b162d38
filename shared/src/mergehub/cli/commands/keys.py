"""keys: Show the public keys that check signed models."""

from __future__ import annotations

import click

from mergehub.attestation.keys import BadKey
from mergehub.attestation.own import own_key
from mergehub.cli.json_option import as_json, show_json


@click.command()
@as_json
def keys(raw: bool) -> None:
    """Show the public key that checks what this machine signs.

    The first call makes the key, in the data folder. `mergehub merge` signs with it, and so do the
    workers of a hub on this machine. Others check your models with the public key:
    `mergehub verify FOLDER --key FILE`.
    """
    try:
        key = own_key().public
    except BadKey as error:
        raise click.ClickException(f"{error}.") from error
    if raw:
        show_json({"items": [{"id": key.id, "algorithm": "ed25519", "pem": key.pem}]})
    else:
        click.echo(key.pem, nl=False)
