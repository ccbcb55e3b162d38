"""Models to merge, and a hub over real HTTP that keeps its runs in memory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from at_work import LAYERS, RECIPE, SHAPE
from counterpart import CounterpartHub, counterpart
from pydantic import SecretStr
from redis.asyncio import Redis
from safetensors.numpy import save_file

from merge_worker.engine import Sources, digest_of_folder, merge, plan_merge
from mergehub.kit.settings.service import WorkerSettings
from mergehub.recipe import parse_recipe


@pytest.fixture
async def hub() -> AsyncIterator[CounterpartHub]:
    """A running counterpart on a loopback port."""
    async with counterpart() as hub:
        yield hub


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models large enough that a merge can be caught in the middle."""
    root = tmp_path_factory.mktemp("models")
    for seed, name in enumerate(("first", "second")):
        draw = np.random.default_rng(seed)
        folder = root / name
        folder.mkdir()
        layer = draw.standard_normal(SHAPE, np.float32)
        save_file(
            {f"model.layers.{i}.mlp.up_proj.weight": layer + i for i in range(LAYERS)},
            folder / "model.safetensors",
            metadata={"format": "pt"},
        )
        config = {"model_type": "llama", "architectures": ["LlamaForCausalLM"],
                  "num_hidden_layers": LAYERS, "hidden_size": 1024}  # fmt: skip
        (folder / "config.json").write_text(json.dumps(config))
    return root


@pytest.fixture(scope="session")
def undisturbed(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model that the merge makes if nothing goes wrong."""
    out = tmp_path_factory.mktemp("undisturbed") / "merged"
    return merge(plan_merge(parse_recipe(RECIPE), Sources(roots=(models,))), out).folder


@pytest.fixture(scope="session")
def expected_digest(undisturbed: Path) -> str:
    return digest_of_folder(undisturbed)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
def settings(hub: Any, redis_url: str, models: Path, tmp_path: Path) -> WorkerSettings:
    return WorkerSettings(
        hub_url=hub.url,
        redis_url=redis_url,
        worker_token=SecretStr("mgh_worker"),
        worker_name="worker-1",
        model_roots=[models],
        artifacts=tmp_path / "artifacts",
        scratch=tmp_path / "scratch",
    )
