"""Recommended networks on the Hub, with their authors' figures, which Sosie has not measured.

Sources, looked up on 27 November: google-research/big_vision, README_siglip2.md (78.2); openai/CLIP, issue 24, on the
paper's Table 17 (63.2); the checkpoint table of apple/MobileCLIP-S2-OpenCLIP (67.8); facebookresearch/dinov2, README
(79.0, 82.1); marqo.ai/blog/search-model-for-fashion (57 %). Sizes are from the Hub; those of siglip2, mobileclip_s0 and
fashionSigLIP follow from their published numbers of parameters.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recommended:
    """A repository with graphs for ONNX. ``megabytes`` is the size of the image graph without a variant."""

    repository: str
    purpose: str
    dim: int
    license: str
    megabytes: int
    words: bool
    published: str


RECOMMENDED = (
    Recommended(
        "onnx-community/siglip2-base-patch16-224-ONNX", "pictures and words in many languages", 768, "apache-2.0",
        372, True, "ImageNet zero-shot 78.2 % (SigLIP 2, Tschannen et al. 2025)",
    ),
    Recommended(
        "Xenova/siglip-base-patch16-224", "pictures and English words", 768, "apache-2.0", 372, True,
        "",
    ),
    Recommended(
        "Xenova/clip-vit-base-patch32", "pictures and English words, quick", 512, "mit", 352, True,
        "ImageNet zero-shot 63.2 % (CLIP, Radford et al. 2021)",
    ),
    Recommended(
        "Xenova/mobileclip_s0", "pictures and English words, quickest", 512, "apple-amlr", 46, True,
        "ImageNet zero-shot 67.8 % (MobileCLIP, Vasu et al. 2024)",
    ),
    Recommended(
        "Marqo/marqo-fashionSigLIP", "clothes, with English words", 768, "apache-2.0", 372, True,
        "up to 57 % better than FashionCLIP 2.0 and OpenFashionCLIP on seven fashion sets (Marqo, 2024)",
    ),
    Recommended(
        "Xenova/dinov2-small", "pictures only: the same object from other sides", 384, "apache-2.0", 88,
        False, "ImageNet k-NN 79.0 % (DINOv2, Oquab et al. 2023)",
    ),
    Recommended(
        "Xenova/dinov2-base", "looks alone, better and slower", 768, "apache-2.0", 347, False,
        "ImageNet k-NN 82.1 % (DINOv2, Oquab et al. 2023)",
    ),
)  # fmt: skip
