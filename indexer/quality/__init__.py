"""What may be wrong with a picture, measured from its pixels: numbers here, and what they mean in words.

light       how light, how dark, how much colour, how sharp      from histograms and neighbouring pixels
edges       a border of one colour, a frame or mount             where the picture proper begins
lettering   a line that may be letters
measuring   all of these of one picture                          from its thumbnail, by whoever decodes it or later
strangers   works unlike their artist's others, and what the network takes them for
judging     from numbers to findings                             the thresholds, and how they were chosen
"""
