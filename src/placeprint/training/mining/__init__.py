"""Mining: which photos of a batch are positives and negatives of which queries, from positions alone."""
