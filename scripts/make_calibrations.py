"""Write the provisional calibrations that ship with the bundled embedders.

    PYTHONPATH=src:benchmarks python scripts/make_calibrations.py

They are fitted on shop-floor photos of other people's groceries, asked as the mean of four views against 81 whole
catalogue pictures, so they are marked provisional: they say how likely a match is, roughly, and never call one certain.
Vectors are kept where benchmarks/quality.py keeps them.
"""

import json
from dataclasses import replace

from quality import Bench

from sosie.adaptation import Labelled
from sosie.calibration import Calibration, Logistic, calibrate, sample_of
from sosie.calibration.shipped import SHIPPED
from sosie.embedders.bundled import NETWORKS
from sosie.embedders.registry import load

NAMES = (*NETWORKS, "mobilenet_v2+efficientnet_lite0", "trio")
DIGITS = 6


def main() -> None:
    """Fit one calibration for each bundled embedder and write them all."""
    shipped = []
    for name in NAMES:
        bench = Bench(name)
        products, pictured = bench.train.products.tolist(), bench.catalogue.products.tolist()
        labelled = Labelled.of(bench.train_views, products, bench.gallery, pictured)
        calibration = calibrate(sample_of(labelled), load(name).spec.fingerprint, "embedding@1", provisional=True)
        print(name, calibration.quality)
        shipped.append(rounded(calibration).to_dict())
    SHIPPED.write_text(json.dumps(shipped, indent=1) + "\n", encoding="utf-8")


def rounded(calibration: Calibration) -> Calibration:
    """The same with numbers short enough to be read."""
    return replace(calibration, model=shortened(calibration.model), known=shortened(calibration.known))


def shortened(model: Logistic) -> Logistic:
    """A model with numbers short enough to be read."""
    short = {name: tuple(round(v, DIGITS) for v in getattr(model, name)) for name in ("centre", "scale", "weights")}
    return replace(model, **short, bias=round(model.bias, DIGITS))


if __name__ == "__main__":
    main()
