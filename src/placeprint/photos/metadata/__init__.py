"""What a photo file says about where and when it was taken."""
