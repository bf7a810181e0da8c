"""From a photo to its answer: views, vector, candidates, evidence, probability. Works with every kind of store."""
