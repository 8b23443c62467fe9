"""What the network sees in a picture: its thousand ImageNet classes, in words that visitors use."""
