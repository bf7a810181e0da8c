"""Write the provisional calibrations that ship with the bundled embedders.

    PYTHONPATH=src:benchmarks python scripts/make_calibrations.py

They are fitted on shop-floor photos of other people's groceries, asked as the mean of four views against 81 whole
catalogue pictures, so they are marked provisional: they say how likely a match is, roughly, and on looks alone never
call one certain. Each embedder has two: for looks alone, and for looks with details. Vectors are kept where
benchmarks/quality.py keeps them; for details every fourth photo is asked through a store.
"""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

from grocery import FOLDER
from quality import Bench

from sosie.adaptation import Labelled
from sosie.calibration import Calibration, Logistic, calibrate, sample_of
from sosie.calibration.shipped import SHIPPED
from sosie.catalog import Catalog
from sosie.embedders.bundled import NETWORKS
from sosie.embedders.registry import load

NAMES = (*NETWORKS, "mobilenet_v2+efficientnet_lite0", "trio")
DIGITS = 6
STEP = 4


def main() -> None:
    """Fit one calibration for each bundled embedder and write them all."""
    shipped = []
    for name in NAMES:
        bench = Bench(name)
        products, pictured = bench.train.products.tolist(), bench.catalogue.products.tolist()
        labelled = Labelled.of(bench.train_views, products, bench.gallery, pictured)
        calibration = calibrate(sample_of(labelled), load(name).spec.fingerprint, "embedding@1", provisional=True)
        detailed = calibrated_with_details(name)
        print(name, calibration.quality, detailed.quality, sep="\n", flush=True)
        shipped += [rounded(calibration).to_dict(), rounded(detailed).to_dict()]
    SHIPPED.write_text(json.dumps(shipped, indent=1) + "\n", encoding="utf-8")


def calibrated_with_details(name: str) -> Calibration:
    """The calibration of a store that keeps details, from its answers to every fourth photo."""
    with tempfile.TemporaryDirectory() as folder, Catalog(f"{folder}/shop.sosie", embedder=name) as catalog:
        catalog.index(FOLDER / "catalogue.csv")
        photos = Path(folder) / "photos.csv"
        rows = (FOLDER / "shopfloor_train.csv").read_text(encoding="utf-8").splitlines()
        table = [dict(zip(rows[0].split(","), row.split(","), strict=False)) for row in rows[1::STEP]]
        lines = [f"{row['product_id']},{FOLDER / row['image']}" for row in table]
        photos.write_text("\n".join(["product_id,image", *lines]), encoding="utf-8")
        found = catalog.calibrate(photos).calibration
    return replace(found, provisional=True)


def rounded(calibration: Calibration) -> Calibration:
    """The same with numbers short enough to be read."""
    return replace(calibration, model=shortened(calibration.model), known=shortened(calibration.known))


def shortened(model: Logistic) -> Logistic:
    """A model with numbers short enough to be read."""
    short = {name: tuple(round(v, DIGITS) for v in getattr(model, name)) for name in ("centre", "scale", "weights")}
    return replace(model, **short, bias=round(model.bias, DIGITS))


if __name__ == "__main__":
    main()
