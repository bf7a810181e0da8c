"""Adapts the embedding of a store to its photos by a linear projection, fitted with labels or without.

``choose`` (with labels) and ``choose_without_labels`` fit a ``Projection``, evaluate it, and decide whether to apply
it.
"""

from sosie.adaptation.centering import CenteringDecision, center, choose_without_labels
from sosie.adaptation.choosing import Decision, choose
from sosie.adaptation.folds import Fold, folds_of
from sosie.adaptation.labeled import Labeled
from sosie.adaptation.projection import Projection
from sosie.adaptation.trials import AdaptationSetting
from sosie.adaptation.whitening import fit, principal_basis

__all__ = [
    "AdaptationSetting",
    "CenteringDecision",
    "Decision",
    "Fold",
    "Labeled",
    "Projection",
    "center",
    "choose",
    "choose_without_labels",
    "fit",
    "folds_of",
    "principal_basis",
]
