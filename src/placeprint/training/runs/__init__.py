"""Run folders: what a training leaves behind, and comparing several."""
