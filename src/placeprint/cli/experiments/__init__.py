"""Commands for research: data sets, evaluation, training."""
