"""Mining: which photos of a batch are whose positives and negatives, from positions alone."""
