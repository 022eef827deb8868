"""What a photo file says of where and when it was taken."""
