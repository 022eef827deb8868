"""Third-party networks as descriptors; each module is imported on demand."""
