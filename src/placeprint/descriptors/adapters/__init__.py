"""Networks of others as descriptors; each module is imported when it is asked for."""
