"""Which photos are positives and negatives of a query, by position, panorama or geometry."""
