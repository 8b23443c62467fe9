"""The collection as a log folder of TensorBoard's embedding projector, within the limits it has."""
