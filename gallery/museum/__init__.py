"""A museum of invented artists whose works are drawn by code, and the small web site that shows them."""
