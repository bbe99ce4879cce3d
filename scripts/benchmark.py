"""Cauda's network beside networks of the peers' size, on one clinical volume, in one process.

    python scripts/benchmark.py [--repeats 3] [--page docs/benchmark.md]

All run on ONNX Runtime's CPU provider with two threads. The peers' weights do not matter for time,
so theirs are random; their networks are the smaller of what is published, so the ratios are lower
bounds: no test-time mirroring, plain nnU-Net in place of its residual planner, and no pre- or
post-processing. A patch is timed several times and multiplied by the number of patches a volume
takes; Cauda's time is that of the whole volume, resampling included.
"""

from __future__ import annotations

import argparse
import itertools
import math
import resource
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from monai.networks.nets import DynUNet

from cauda.geometry import Space
from cauda.nets import find_bundle, onnx_segmenter
from cauda.records import Series, Volume
from cauda.vocab import Contrast, Plane

SHAPE, SPACING_MM = (17, 512, 512), (4.4, 0.6, 0.6)
THREADS = 2
NNUNET = (32, 64, 128, 256, 320, 320)
"""Features of a plain nnU-Net; TotalSpineSeg's planner (ResEncL) only adds to it."""
SPINEPS_INSTANCE = (16, 32, 64, 128)
VERTEBRAE = 7
"""Cutouts of SPINEPS's second step: one a vertebra, T11 to L5 in a lumbar view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A published network, as far as its arithmetic goes.

    Parameters
    ----------
    name, source : str
    features : tuple of int
    inputs, outputs : int
        Channels.
    patch : (3,) tuple of int
    patches : int
        How many a volume takes.
    residual : bool
    """

    name: str
    source: str
    features: tuple[int, ...]
    inputs: int
    outputs: int
    patch: tuple[int, int, int]
    patches: int
    residual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One run: seconds by the clock and of processor time, and the process's peak memory so far."""

    clock_s: float
    processor_s: float
    peak_gib: float


def tiles(spacing_mm: tuple[float, ...], patch: tuple[int, ...], overlap: float = 0.5) -> int:
    """Patches of a sliding window over the clinical volume at another spacing."""
    sizes = [n * own / new for n, own, new in zip(SHAPE, SPACING_MM, spacing_mm, strict=True)]
    steps = (
        max(0, math.ceil((size - p) / (p * (1 - overlap)))) + 1
        for size, p in zip(sizes, patch, strict=True)
    )
    return math.prod(steps)


def peers() -> Iterator[Peer]:
    """The networks that are timed.

    nnU-Net fits its patch to the data, in about as many voxels as 128 x 128 x 128: 80 slices of
    1 mm hold the whole width of a clinical volume, which is the fewest patches it can take.
    """
    grid, patch = (1.0, 1.0, 1.0), (80, 160, 160)
    yield Peer(
        name="TotalSpineSeg",
        source="nnU-Net 3d_fullres, 1 mm isotropic, windows overlap by half, two steps of one size",
        features=NNUNET,
        inputs=1,
        outputs=10,
        patch=patch,
        patches=2 * tiles(grid, patch),
    )
    yield Peer(
        name="SPINEPS semantic",
        source="nnU-Net 3-D at 0.86 x 0.86 x 3.3 mm, the whole volume as one patch",
        features=NNUNET[:5],
        inputs=1,
        outputs=15,
        patch=(32, 368, 368),
        patches=1,
    )
    yield Peer(
        name="SPINEPS instance",
        source=f"residual 3-D U-Net, cutout 248 x 304 x 64 for each of {VERTEBRAE} vertebrae",
        features=SPINEPS_INSTANCE,
        inputs=10,
        outputs=4,
        patch=(64, 248, 304),
        patches=VERTEBRAE,
        residual=True,
    )


def strides_of(peer: Peer) -> list[list[int]]:
    """An axis is halved a level, until it would be smaller than four voxels or is odd."""
    strides = [[1, 1, 1]]
    size = list(peer.patch)
    for _ in peer.features[1:]:
        stride = [2 if n >= 8 and n % 2 == 0 else 1 for n in size]
        size = [n // s for n, s in zip(size, stride, strict=True)]
        strides.append(stride)
    return strides


def network(peer: Peer) -> torch.nn.Module:
    """The peer's network with random weights."""
    strides = strides_of(peer)
    return DynUNet(
        spatial_dims=3,
        in_channels=peer.inputs,
        out_channels=peer.outputs,
        kernel_size=[3] * len(strides),
        strides=strides,
        upsample_kernel_size=strides[1:],
        filters=peer.features,
        norm_name="instance",
        res_block=peer.residual,
    ).eval()


def exported(peer: Peer, folder: Path) -> Path:
    """Its graph with free axes, traced on the smallest patch that leaves two voxels below."""
    path = folder / f"{peer.name.replace(' ', '_')}.onnx"
    axes = {0: "batch", 2: "i", 3: "j", 4: "k"}
    small = [2 * math.prod(s) for s in zip(*strides_of(peer), strict=True)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter warns of its own future
        torch.onnx.export(
            network(peer),
            (torch.zeros(1, peer.inputs, *small),),
            str(path),
            input_names=["image"],
            output_names=["pred"],
            dynamic_axes={"image": axes, "pred": axes},
            opset_version=18,
            dynamo=False,
        )
    return path


def timed(run: Callable[[], object]) -> Timing:
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return Timing(
        clock_s=time.perf_counter() - clock,
        processor_s=time.process_time() - processor,
        peak_gib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    )


def time_peer(peer: Peer, repeats: int) -> Timing:
    """The median patch, times the number of patches."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    with tempfile.TemporaryDirectory() as folder:
        path = exported(peer, Path(folder))
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    image = np.random.default_rng(0).standard_normal((1, peer.inputs, *peer.patch))
    feed = {"image": image.astype(np.float32)}
    runs = [timed(lambda: session.run(None, feed)) for _ in range(repeats)]
    middle = sorted(runs, key=lambda t: t.processor_s)[len(runs) // 2]
    return Timing(
        clock_s=middle.clock_s * peer.patches,
        processor_s=middle.processor_s * peer.patches,
        peak_gib=max(t.peak_gib for t in runs),
    )


def time_cauda(repeats: int) -> Timing:
    """The shipped network over the whole volume."""
    segmenter = onnx_segmenter(find_bundle("cauda_sagittal"))
    signal = np.random.default_rng(0).gamma(2.0, 100.0, SHAPE).astype(np.float32)
    space = Space.from_matrix(SHAPE, np.diag([*SPACING_MM, 1.0]))
    series = Series(
        key="benchmark",
        plane=Plane.SAGITTAL,
        contrast=Contrast.T2,
        volume=Volume(voxels=signal, space=space, slice_axis=0),
        used=True,
        reason="A volume of clinical size.",
    )
    runs = [timed(lambda: segmenter(series)) for _ in range(repeats + 1)][1:]
    return sorted(runs, key=lambda t: t.processor_s)[len(runs) // 2]


def page(own: Timing, others: list[tuple[Peer, Timing]], repeats: int) -> Iterator[str]:
    yield "# Speed beside networks of the peers' size"
    yield ""
    size = " x ".join(map(str, SHAPE))
    yield f"One sagittal volume, {size} at 0.6 x 0.6 x 4.4 mm, ONNX Runtime on the CPU, {THREADS}"
    yield "threads, one process. Processor time is the sum over both threads and does not depend on"
    yield "what else the machine does; clock time does. Made by"
    yield ""
    yield f"    python scripts/benchmark.py --repeats {repeats} --page docs/benchmark.md"
    yield ""
    yield "| network | patches | processor s | clock s | peak GiB so far | times Cauda |"
    yield "|---|---|---|---|---|---|"
    yield f"| Cauda, sagittal | whole volume | {own.processor_s:.1f} | {own.clock_s:.1f} | " + (
        f"{own.peak_gib:.1f} | 1 |"
    )
    for peer, found in others:
        ratio = found.processor_s / own.processor_s
        yield (
            f"| {peer.name} | {peer.patches} | {found.processor_s:.0f} | {found.clock_s:.0f} | "
            + (f"{found.peak_gib:.1f} | {ratio:.0f} |")
        )
    for tool, group in itertools.groupby(others, key=lambda o: o[0].name.split()[0]):
        members = list(group)
        total = sum(t.processor_s for _, t in members)
        if len(members) > 1:
            ratio = total / own.processor_s
            yield f"| **{tool}, together** | | {total:.0f} | | | **{ratio:.0f}** |"
    yield ""
    yield "The peers' networks (random weights; the arithmetic is the same):"
    yield ""
    for peer, _ in others:
        patch = " x ".join(map(str, peer.patch))
        yield f"- {peer.name}: {peer.source}; patch {patch}, features {peer.features}."
    yield ""
    yield "One patch was timed and multiplied by their number. The real tools take longer:"
    yield "TotalSpineSeg plans its network with nnU-Net's residual encoder (ResEncL), SPINEPS's"
    yield "instance network has twice as many convolutions a level, and both resample, mirror and"
    yield "post-process. Memory is that of this process, which keeps what ONNX Runtime once took."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=3, help="timed patches a network")
    parser.add_argument("--page", type=Path, help="Markdown to write, such as docs/benchmark.md")
    arguments = parser.parse_args()
    own = time_cauda(arguments.repeats)
    others = [(peer, time_peer(peer, arguments.repeats)) for peer in peers()]
    text = "\n".join(page(own, others, arguments.repeats))
    print(text)
    if arguments.page is not None:
        arguments.page.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
