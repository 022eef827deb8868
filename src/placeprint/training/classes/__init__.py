"""Training on photos with class labels."""
