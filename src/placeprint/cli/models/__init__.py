"""Commands around descriptors."""
