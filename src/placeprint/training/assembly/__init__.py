"""From a configuration to what a run needs: data, samplers, losses."""
