from __future__ import annotations

import pytest
import torch
from torch import nn

from export.network import NetworkConfig, StyleNetwork
from export.rows import ROWS_PACE, parameter_groups
from export.style_optimizer import Muon, StyleOptimizer, orthogonalize


@pytest.fixture
def network():
    torch.manual_seed(0)
    return StyleNetwork(NetworkConfig(widths=(8, 8), blocks=1), styles=2)


@pytest.mark.parametrize("shape", [(8, 24), (24, 8), (5, 5)])
def test_all_directions_become_equally_long(shape):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    lengths = torch.linalg.svdvals(orthogonalize(matrix))
    assert lengths.min() > 0.3
    assert lengths.max() < 1.3


def test_a_matrix_of_zeros_stays_finite():
    assert torch.equal(orthogonalize(torch.zeros(4, 6)), torch.zeros(4, 6))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_step_goes_down_the_gradient_and_is_as_large_as_one_of_adam(layout):
    torch.manual_seed(0)
    kernel = nn.Parameter(torch.randn(16, 8, 3, 3).contiguous(memory_format=layout))
    kernel.grad = torch.randn_like(kernel)
    before = kernel.detach().clone()
    Muon([kernel], lr=1e-2).step()
    step = kernel.detach() - before
    assert (step * kernel.grad).sum() < 0
    # Of Adam's first step every entry has the size of the learning rate, of its later ones a fifth.
    assert step.square().mean().sqrt() == pytest.approx(0.2e-2, rel=0.3)


def test_muon_moves_the_kernels_and_adam_the_rest(network):
    optimizer = StyleOptimizer(network, "muon")
    optimizer.set_rate(1e-3)
    state = optimizer.state_dict()
    kernels = [p for p in network.parameters() if p.ndim == 4]
    others = [p for p in network.parameters() if p.ndim != 4]
    counts = {
        name: sum(len(group["params"]) for group in part["param_groups"])
        for name, part in state.items()
    }
    assert counts == {"muon": len(kernels), "adam": len(others)}
    rates = sorted(group["lr"] for group in state["adam"]["param_groups"])
    assert rates == pytest.approx([1e-3, ROWS_PACE * 1e-3])


def test_parameters_that_are_closed_stay(network):
    for parameter in network.parameters():
        parameter.requires_grad_(parameter.ndim == 2)
    assert set(StyleOptimizer(network, "muon").state_dict()) == {"adam"}


@pytest.mark.parametrize("kind", ["muon", "adam"])
def test_either_lowers_a_loss(network, kind):
    optimizer = StyleOptimizer(network, kind)
    optimizer.set_rate(3e-3)
    picture, style = torch.rand(1, 3, 16, 16), torch.eye(2)[:1]
    losses = []
    for _ in range(20):
        loss = (network(picture, style) - 0.2).square().mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.5 * losses[0]


def test_the_state_of_the_other_kind_is_refused(network):
    with pytest.raises(ValueError, match="the state of adam, not of"):
        StyleOptimizer(network, "muon").load_state_dict(
            StyleOptimizer(network, "adam").state_dict()
        )


def test_the_state_of_a_training_from_before_muon_is_taken(network):
    before = torch.optim.Adam(parameter_groups(network), fused=True)
    network(torch.rand(1, 3, 16, 16), torch.eye(2)[:1]).sum().backward()
    before.step()
    optimizer = StyleOptimizer(network, "adam")
    optimizer.load_state_dict(before.state_dict())
    state = optimizer.state_dict()["adam"]["state"]
    assert len(state) == len(list(network.parameters()))
    for index, entry in before.state_dict()["state"].items():
        assert torch.equal(state[index]["exp_avg"], entry["exp_avg"])
