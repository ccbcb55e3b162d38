"""Messages for a hub of this machine that does not answer, with what to do."""

from __future__ import annotations

from mergehub.variables import variable
from mergehub.whereabouts import default_folder, read_connection

START = "start it with `mergehub up`, or set MERGEHUB_URL to the address of another hub."


def nobody_at(url: str) -> str:
    """The message if no hub answers at an address."""
    if read_connection(default_folder()).get("url") == url:
        return f"There is no hub at {url}, the last address of the one on {_folder()}: {START}"
    return (
        f"There is no hub at {url}: start one with `mergehub up`, or set MERGEHUB_URL, or "
        "MERGEHUB_DATA for one that was started here with --data."
    )


def nobody_on_the_folder() -> str:
    """The message if MERGEHUB_DATA names a folder on which no hub runs."""
    if default_folder().is_dir():
        return f"No hub runs on {_folder()}: {START}"
    return (
        f"There is no folder {_folder()}: name the one that the hub was started with, or start a "
        "hub there with `mergehub up`. For a hub on another machine, set MERGEHUB_URL."
    )


def _folder() -> str:
    named = ", which MERGEHUB_DATA names" if variable("MERGEHUB_DATA") else ""
    return f"{default_folder().absolute()}{named}"
