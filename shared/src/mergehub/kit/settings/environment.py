"""Settings from `MERGEHUB_…` variables or the files that `MERGEHUB_…_FILE` names.

Wrong ones end the program with a sentence for each.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource
from pydantic_settings.sources.utils import parse_env_vars

from mergehub.variables import SUFFIX, BadVariable, variable

S = TypeVar("S", bound="Settings")

KINDS = {
    "list_type": "it should be a JSON list",
    "dict_type": "it should be a JSON object",
    "model_type": "it should be a JSON object",
}


class BadSettings(SystemExit):
    """Variables cannot be read. Unless it is caught, the program prints why and ends."""


class _Variables(EnvSettingsSource):
    """The variables of an environment, with the content of files in their place.

    Text that is not JSON is kept for pydantic to refuse. `faults` has a sentence for each field
    whose file cannot be read.
    """

    def __init__(self, kind: type[BaseSettings], environment: Mapping[str, str]) -> None:
        super().__init__(kind)
        given = parse_env_vars(environment, case_sensitive=False, ignore_empty=False)
        named = {key.upper(): value for key, value in given.items() if value}
        values: dict[str, str] = {}
        self.faults: dict[str, str] = {}
        for field in kind.model_fields:
            name = variable_of(kind, field)
            try:
                values[name.lower()] = variable(name, named) or ""
            except BadVariable as error:
                self.faults[field] = str(error)
        self.files = {name: named.get(name + SUFFIX, "") for name in map(str.upper, values)}
        self.env_vars = parse_env_vars(values, case_sensitive=False, ignore_empty=True)

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class Settings(BaseSettings):
    """Settings whose faults are all reported at once. Only `read_settings` reads variables."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def variable_of(kind: type[BaseSettings], field: str) -> str:
    """The name of the variable that a field of settings is read from."""
    return f"{kind.model_config.get('env_prefix', '')}{field}".upper()


def read_settings(kind: type[S], environment: Mapping[str, str] = os.environ) -> S:
    """The settings that an environment has. Raises BadSettings, a sentence for each variable."""
    found = _Variables(kind, environment)
    wrong = list(found.faults.values())
    try:
        settings = kind(**found())
    except ValidationError as error:
        wrong += _sentences(kind, error, found)
    if wrong:
        raise BadSettings("\n".join(wrong))
    return settings


def _sentences(kind: type[Settings], error: ValidationError, found: _Variables) -> Iterator[str]:
    faults: dict[str, dict[str, None]] = {}
    for fault in error.errors(include_url=False, include_input=False):
        field = str(fault["loc"][0]) if fault["loc"] else ""
        faults.setdefault(field, {})[_what(fault)] = None
    for field, told in faults.items():
        if field not in found.faults:
            yield _sentence(kind, field, "; ".join(told), found.files)


def _sentence(kind: type[Settings], field: str, what: str, files: Mapping[str, str]) -> str:
    if not field:  # a fault of several variables, which the text names
        return f"{what[0].upper()}{what[1:]}."
    name = variable_of(kind, field)
    about = kind.model_fields[field]
    if what == "missing":
        return f"{name} is not set: {about.description}"
    source = f" from {files[name]}" if files.get(name) else ""
    example = _example(about)
    right = f" Write it as in {name}={shlex.quote(example)}." if example else ""
    return f"{name} cannot be read{source}: {what}.{right}"


def _what(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "missing":
        return "missing"
    text = KINDS.get(fault["type"]) if len(fault["loc"]) == 1 else None
    text = text or fault["msg"].removeprefix("Value error, ").partition(", unable to")[0]
    text = text.replace("Input should be", "it should be").rstrip(".")
    if text[:2].istitle():
        text = text[0].lower() + text[1:]
    return "".join(f"{place}: " for place in map(_place, fault["loc"][1:]) if place) + text


def _place(part: int | str) -> str:
    """An entry of a list or object; empty for pydantic's name of a union's member."""
    if isinstance(part, int):
        return f"entry {part + 1}"
    return "" if "[" in part else repr(part)


def _example(field: FieldInfo) -> str:
    value = field.examples[0] if field.examples else field.get_default()
    if value is None or isinstance(value, SecretStr) or field.is_required():
        return ""
    return json.dumps(value) if isinstance(value, list | dict | bool) else str(value)
