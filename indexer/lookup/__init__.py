"""Asking the collection with a picture that is not in it: nothing of it is kept, and nothing heavy is loaded here.

desk ──> reader     a process that may crash, hang or run out of memory: bytes in, a small upright picture out
  │
  ├──> network      a process that loads the network once and stays: 224 x 224 pixels in, a vector out
  │
  └──> looks        perceptual hashes of the library: which works look the same, turned or mirrored too
"""
