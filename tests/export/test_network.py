from __future__ import annotations

import pytest
import torch

from export.checkpoint import build_network, count_parameters
from export.network import NetworkConfig

CONFIGS = {
    "fast": NetworkConfig(),
    "deeper": NetworkConfig(widths=(8, 16, 24, 32), blocks=1),
    "johnson": NetworkConfig(kind="johnson"),
}


@pytest.fixture(params=CONFIGS, scope="module")
def network(request):
    torch.manual_seed(0)
    built = build_network(CONFIGS[request.param], 3).eval()
    with torch.no_grad():  # every style another
        for name, parameter in built.named_parameters():
            if name.endswith((".scale", ".shift")):
                parameter.add_(0.3 * torch.randn_like(parameter))
    return built


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 33), (64, 48), (65, 127)])
def test_output_has_the_size_of_the_input(network, height, width):
    with torch.no_grad():
        painted = network(torch.rand(2, 3, height, width), torch.eye(3)[:2])
    assert painted.shape == (2, 3, height, width)
    assert torch.isfinite(painted).all()


def test_each_style_of_a_batch_paints_as_it_does_alone(network):
    pictures = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        together = network(pictures, torch.eye(3)[1:])
        alone = network(pictures[1:], torch.eye(3)[2:])
    torch.testing.assert_close(together[1:], alone, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(together[0], network(pictures[:1], torch.eye(3)[:1])[0], atol=1e-3)


def test_a_mixture_lies_where_its_numbers_lie(network):
    half = torch.tensor([[0.5, 0.5, 0.0]])
    picture = torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        mixed = network(picture, half)
        pure = [network(picture, row[None]) for row in torch.eye(3)[:2]]
    assert all(not torch.allclose(mixed, painted, atol=1e-3) for painted in pure)


def test_the_identity_passes_the_picture_through():
    network = build_network(CONFIGS["deeper"], 3, identity=1).eval()
    picture = torch.rand(1, 3, 40, 56)
    rows = torch.eye(3)[:, None]
    with torch.no_grad():
        network.head.weight.zero_()  # so that nothing is painted
        torch.testing.assert_close(network(picture, rows[1]), picture)
        network.tint.shift[0] = torch.tensor([0.1, 0.2, 0.3])
        tinted = 0.5 + network.tint.shift[0][:, None, None]
        half = network(picture, (rows[0] + rows[1]) / 2)
        torch.testing.assert_close(half, (picture + tinted) / 2)
        assert network(picture, rows[2]).std() == 0


def test_the_reference_has_the_size_that_the_paper_states():
    # 1 679 235 convolution weights and biases, with one affine pair per channel and style.
    count = count_parameters(build_network(CONFIGS["johnson"], 1))
    assert 1_670_000 < count < 1_690_000
