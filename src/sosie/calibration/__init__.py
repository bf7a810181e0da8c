"""Estimates from the evidence for a match how probable it is that the match is the product in the photo."""

from sosie.calibration.features import FEATURES, Answers, Features, answers_of, confidence_features
from sosie.calibration.fitting import Sample, calibrate, fit_logistic
from sosie.calibration.model import Calibration, Logistic, Quality
from sosie.calibration.sampling import sample_of, sample_of_adapted

__all__ = [
    "FEATURES",
    "Answers",
    "Calibration",
    "Features",
    "Logistic",
    "Quality",
    "Sample",
    "answers_of",
    "calibrate",
    "confidence_features",
    "fit_logistic",
    "sample_of",
    "sample_of_adapted",
]
