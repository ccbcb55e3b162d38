"""Settings from `MERGEHUB_…` variables. Wrong ones end the program with a sentence for each."""

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

S = TypeVar("S", bound="Settings")

KINDS = {"list_type": "it should be a JSON list", "dict_type": "it should be a JSON object"}


class BadSettings(SystemExit):
    """Variables cannot be read. Unless it is caught, the program prints why and ends."""


class _Variables(EnvSettingsSource):
    """The variables of an environment. Text that is not JSON is kept for pydantic to refuse."""

    def __init__(self, kind: type[BaseSettings], environment: Mapping[str, str]) -> None:
        super().__init__(kind)
        self.env_vars = parse_env_vars(
            environment, case_sensitive=False, ignore_empty=self.env_ignore_empty
        )

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class Settings(BaseSettings):
    """Settings whose faults are all reported at once."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        *others: PydanticBaseSettingsSource,
        **named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, _Variables(settings_cls, os.environ)


def read_settings(kind: type[S], environment: Mapping[str, str] = os.environ) -> S:
    """The settings that an environment has. Raises BadSettings, a sentence for each variable."""
    try:
        return kind(**_Variables(kind, environment)())
    except ValidationError as error:
        raise BadSettings("\n".join(_sentences(kind, error))) from None


def _sentences(kind: type[Settings], error: ValidationError) -> Iterator[str]:
    found: dict[str, dict[str, None]] = {}
    for fault in error.errors(include_url=False, include_input=False):
        field = str(fault["loc"][0]) if fault["loc"] else ""
        found.setdefault(field, {})[_what(fault)] = None
    for field, faults in found.items():
        yield _sentence(kind, field, "; ".join(faults))


def _sentence(kind: type[Settings], name: str, what: str) -> str:
    if not name:  # a fault of several variables, which the text names
        return f"{what[0].upper()}{what[1:]}."
    variable = f"{kind.model_config.get('env_prefix', '')}{name}".upper()
    field = kind.model_fields[name]
    if what == "missing":
        return f"{variable} is not set: {field.description}"
    example = _example(field)
    right = f" Write it as in {variable}={shlex.quote(example)}." if example else ""
    return f"{variable} cannot be read: {what}.{right}"


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
