"""A store learns: a linear change of the embedding, taught by labelled photos or by photos alone.

``choose`` and ``choose_without_labels`` fit, judge and decide; a ``Projection`` is what they find and what is applied.
"""

from sosie.adaptation.centring import CentringDecision, centre, choose_without_labels
from sosie.adaptation.choosing import Decision, choose
from sosie.adaptation.folds import Fold, folds_of
from sosie.adaptation.labelled import Labelled
from sosie.adaptation.projection import Projection
from sosie.adaptation.trials import AdaptationSetting
from sosie.adaptation.whitening import fit, principal_basis

__all__ = [
    "AdaptationSetting",
    "CentringDecision",
    "Decision",
    "Fold",
    "Labelled",
    "Projection",
    "centre",
    "choose",
    "choose_without_labels",
    "fit",
    "folds_of",
    "principal_basis",
]
