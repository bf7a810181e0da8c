"""From a photo to its answer: views, vector, candidates, evidence, probability. No backend is named here."""
