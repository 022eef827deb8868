"""Training images: photos and views, augmented, loaded ahead."""
