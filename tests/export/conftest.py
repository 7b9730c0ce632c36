from __future__ import annotations

import made_up
import pytest
import torch

from export.loss_networks import load_loss_network


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    # These networks are small: on busy cores threads wait for each other, ten times as long.
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def loss_network_path(tmp_path_factory):
    return made_up.write_loss_network(tmp_path_factory.mktemp("loss") / "random.npz")


@pytest.fixture
def judge(loss_network_path):
    return load_loss_network(str(loss_network_path))


@pytest.fixture(scope="session")
def photographs_path(tmp_path_factory):
    return made_up.write_folder(tmp_path_factory.mktemp("content") / "photographs")


@pytest.fixture(scope="session")
def painting_paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("styles")
    return [made_up.write_painting(folder / f"stripes_{i}.png", 100 + i) for i in range(2)]
