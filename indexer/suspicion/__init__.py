"""Labels that a work's neighbours, and a head that had not seen it, contradict: artist, movement and year."""
