"""The collection as a data set to hand on, with vectors, pictures, licences and checksums."""
