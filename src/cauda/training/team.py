"""Where a run computes: one process on one device, or several under ``torchrun`` as one."""

from __future__ import annotations

import datetime
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from cauda.errors import UsageError

DEVICES = ("auto", "cpu", "cuda", "mps")
PATIENCE = datetime.timedelta(hours=2)
"""How long the other processes wait while the first one validates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The processes that train together, seen from one of them.

    Parameters
    ----------
    rank : int
        This process's number; 0 validates, saves and reports.
    size : int
        How many there are.
    device : torch.device
        Where this one computes.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @property
    def is_first(self) -> bool:
        """Whether this process speaks for all."""
        return self.rank == 0

    @property
    def precision(self) -> torch.dtype:
        """Number type of the convolutions: bfloat16 where the device has it, else float16."""
        has_bfloat = self.device.type == "cpu" or (
            self.device.type == "cuda" and torch.cuda.is_bf16_supported()
        )
        return torch.bfloat16 if has_bfloat else torch.float16

    def joined(self, network: nn.Module) -> nn.Module:
        """The network with its gradients averaged over all processes."""
        if self.size == 1:
            return network
        ids = [self.device.index] if self.device.type == "cuda" else None
        return DistributedDataParallel(network, device_ids=ids)

    def together(self, own: Tensor) -> Tensor:
        """All processes' tensors in order of rank; gradients flow to this process's own alone."""
        if self.size == 1:
            return own
        parts = [torch.empty_like(own) for _ in range(self.size)]
        distributed.all_gather(parts, own.detach().contiguous())
        parts[self.rank] = own
        return torch.cat(parts)


def choose_device(name: str) -> torch.device:
    """The device of that name; ``auto`` takes CUDA before MPS before the CPU.

    Raises
    ------
    UsageError
        If the name is unknown or the device is not there.
    """
    if name not in DEVICES:
        msg = f"{name!r} is no device; use one of {', '.join(DEVICES)}."
        raise UsageError(msg)
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(kind for kind, is_there in present.items() if is_there))
    if not present[name]:
        msg = f"This machine has no {name} device that torch can use; take --device auto."
        raise UsageError(msg)
    return torch.device(name)


@contextmanager
def gathered_team(name: str = "auto") -> Iterator[Team]:
    """Join the processes that ``torchrun`` started, NCCL on GPUs and gloo on CPUs.

    Started by itself, the process is its own team.

    Parameters
    ----------
    name : str
        Kind of device, as :func:`choose_device` takes it.

    Raises
    ------
    UsageError
        If the device is not there, or cannot be shared by several processes.
    """
    device = choose_device(name)
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Team(device=device)
        return
    if device.type == "mps":
        msg = "Several processes train on CUDA or on the CPU; pass --device cpu."
        raise UsageError(msg)
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, timeout=PATIENCE)
    try:
        yield Team(rank=distributed.get_rank(), size=size, device=device)
    finally:
        distributed.destroy_process_group()
