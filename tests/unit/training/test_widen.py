"""A wider or refined network that begins with the answers of the one it came from."""

from __future__ import annotations

import pytest
import torch

from cauda.nets.network import build_network
from cauda.training.widen import widened

NARROW = (4, 8, 16)


@pytest.mark.parametrize("wide", [(4, 8, 16), (6, 8, 16), (8, 12, 24)])
def test_a_widened_network_answers_as_before_and_can_learn(wide):
    torch.manual_seed(0)
    narrow, other = build_network(NARROW), build_network(wide)
    image = torch.randn(2, 3, 32, 48)
    other.load_state_dict(widened(narrow.state_dict(), other, NARROW, wide))
    assert torch.allclose(other(image), narrow(image), atol=1e-4)
    other(image).square().mean().backward()
    used = [p.grad.abs().max() > 0 for p in other.parameters() if p.ndim == 4]
    assert all(used)


def test_refining_layers_begin_as_no_change_and_then_change_the_answer():
    torch.manual_seed(0)
    refined = build_network(NARROW, refine=3)
    image = torch.randn(1, 3, 16, 24)
    assert torch.equal(refined(image), refined.coarse(image))
    with torch.no_grad():
        refined.last.weight.fill_(0.1)
    assert not torch.allclose(refined(image), refined.coarse(image))
