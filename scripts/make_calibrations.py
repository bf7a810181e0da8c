"""Write the provisional calibrations that ship with the bundled embedders.

    PYTHONPATH=src:benchmarks python scripts/make_calibrations.py

They are fitted on shop-floor photos of other people's groceries, asked whole against 81 catalogue pictures, so they are
marked provisional: they say how likely a match is, roughly, and never call one certain.
"""

import json
from dataclasses import replace

import numpy as np
from grocery import embed_photos, read_photos

from sosie.adaptation import Labelled
from sosie.calibration import Calibration, calibrate, sample_of
from sosie.calibration.shipped import SHIPPED
from sosie.embedders.bundled import NETWORKS
from sosie.embedders.registry import load
from sosie.types import Vectors

NAMES = (*NETWORKS, "mobilenet_v2+efficientnet_lite0", "trio")
DIGITS = 6


def main() -> None:
    """Fit one calibration for each bundled embedder and write them all."""
    photos, catalogue = read_photos("shopfloor_train"), read_photos("catalogue")
    trio = load("trio", threads=2)
    asked, gallery = parts(embed_photos(trio, photos)), parts(embed_photos(trio, catalogue))
    shipped = []
    for name in NAMES:
        chosen = list(NETWORKS) if name == "trio" else name.split("+")
        labelled = Labelled.of(
            joined(asked, chosen), photos.products.tolist(), joined(gallery, chosen), catalogue.products.tolist()
        )
        calibration = calibrate(sample_of(labelled), load(name).spec.fingerprint, "embedding@1", provisional=True)
        print(name, calibration.quality)
        shipped.append(rounded(calibration).to_dict())
    SHIPPED.write_text(json.dumps(shipped, indent=1) + "\n", encoding="utf-8")


def parts(trio: Vectors) -> dict[str, Vectors]:
    """The unit vectors of each network."""
    return dict(zip(NETWORKS, np.split(trio * np.sqrt(len(NETWORKS)), len(NETWORKS), axis=1), strict=True))


def joined(vectors: dict[str, Vectors], names: list[str]) -> Vectors:
    """The vectors of several networks as one embedder joins them."""
    return np.hstack([vectors[name] for name in names]) / np.float32(np.sqrt(len(names)))


def rounded(calibration: Calibration) -> Calibration:
    """The same with numbers short enough to be read."""
    model = calibration.model
    short = {name: tuple(round(v, DIGITS) for v in getattr(model, name)) for name in ("centre", "scale", "weights")}
    return replace(calibration, model=replace(model, **short, bias=round(model.bias, DIGITS)))


if __name__ == "__main__":
    main()
