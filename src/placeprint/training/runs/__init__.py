"""Run folders: what training leaves behind, and comparing several runs."""
