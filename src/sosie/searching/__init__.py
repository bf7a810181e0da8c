"""From a photo to its answer: views, vector, candidates, evidence, probability. Independent of the store's backend."""
