"""Start a wider network from a trained narrow one: the same answers, more room to learn.

New channels are random on the way in and zero on the way out, so that the wide network computes
what the narrow one did until it has learned to use them (after Chen, Goodfellow and Shlens,
"Net2Net", 2016).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

Block = tuple[slice, slice]
"""Where some inputs of a narrow layer lie, and where they lie in the wide one."""


def widened(
    narrow: Mapping[str, Tensor],
    wide: nn.Module,
    narrow_channels: Sequence[int],
    wide_channels: Sequence[int],
) -> dict[str, Tensor]:
    """State of ``wide`` that computes what ``narrow`` did.

    Parameters
    ----------
    narrow : mapping
        State of the trained U-Net.
    wide : torch Module
        A U-Net of as many levels with at least as many channels in each.
    narrow_channels, wide_channels : sequence of int
        Channels of both, from the finest level to the coarsest.
    """
    state = {name: value.clone() for name, value in wide.state_dict().items()}
    for name, old in narrow.items():
        if old.ndim < 2 or old.shape == state[name].shape:
            state[name][: len(old)] = old
        elif isinstance(wide.get_submodule(name.rpartition(".")[0]), nn.ConvTranspose2d):
            blocks = _joined(old.shape[0], narrow_channels, wide_channels)
            _place(old.transpose(0, 1), state[name].transpose(0, 1), blocks)
        else:
            whole = slice(0, old.shape[1])
            _place(old, state[name], [(whole, whole)])
    return state


def _place(old: Tensor, new: Tensor, blocks: Sequence[Block]) -> None:
    """Write (outputs, inputs, ...) weights into a wider layer; new inputs count for nothing."""
    outputs = old.shape[0]
    new[:outputs] = 0.0
    for source, target in blocks:
        new[:outputs, target] = old[:, source]


def _joined(inputs: int, narrow: Sequence[int], wide: Sequence[int]) -> list[Block]:
    """Inputs of an upward layer: those of the skip connection, then those from below."""
    pairs = [*((skip, skip) for skip in narrow[:-2]), (narrow[-2], narrow[-1])]
    level = [skip + below for skip, below in pairs].index(inputs)
    skip, below = pairs[level]
    return [
        (slice(0, skip), slice(0, skip)),
        (slice(skip, skip + below), slice(wide[level], wide[level] + below)),
    ]
