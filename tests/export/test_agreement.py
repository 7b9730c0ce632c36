from __future__ import annotations

import made_up
import numpy as np
import pytest

from export.agreement import agreement, rank_correlation
from export.loss_networks import load_loss_network


def test_rank_correlation_sees_order_only():
    values = np.array([0.1, 5.0, 2.0, 9.0])
    assert rank_correlation(values, np.exp(values)) == pytest.approx(1)
    assert rank_correlation(values, -values) == pytest.approx(-1)
    # One swap of neighbours among four: 1 - 6 * 2 / (4 * 15).
    assert rank_correlation(values, np.array([2.0, 5.0, 0.1, 9.0])) == pytest.approx(0.8)


def test_networks_agree_with_themselves_and_hardly_with_noise(judge, tmp_path):
    photographs = [made_up.made_up_picture(seed) for seed in range(3)]
    painted = [[255 - p, np.roll(p, 40, 1) // 2] for p in photographs]
    paintings = [made_up.made_up_picture(seed) for seed in (50, 51)]
    same = agreement((judge, judge), photographs, painted, paintings)
    assert (same.style, same.style_within, same.content) == pytest.approx((1, 1, 1))
    assert same.pairs == 3 * 3 * 2
    other = load_loss_network(str(made_up.write_loss_network(tmp_path / "o.npz", widen=True)))
    found = agreement((judge, other), photographs, painted, paintings)
    assert found.style < 1
