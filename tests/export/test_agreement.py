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


def test_equal_numbers_share_a_rank():
    a = np.array([1.0, 2.0, 2.0, 3.0])
    # By hand: ranks 0, 1.5, 1.5, 3 and 0, 1, 2, 3.
    assert rank_correlation(a, np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(4.5 / 22.5**0.5)
    # Whichever of the equal ones comes first.
    assert rank_correlation(a, np.array([1.0, 3.0, 2.0, 4.0])) == pytest.approx(4.5 / 22.5**0.5)
    assert rank_correlation(a, a) == pytest.approx(1)


@pytest.mark.parametrize("values", [(2.0, 2.0, 2.0), (1.0, np.nan, 3.0)])
def test_what_is_in_no_order_has_no_correlation(values):
    assert np.isnan(rank_correlation(np.array(values), np.array([1.0, 2.0, 3.0])))
    assert np.isnan(rank_correlation(np.array([1.0, 2.0, 3.0]), np.array(values)))


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
