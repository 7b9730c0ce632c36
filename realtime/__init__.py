"""stylecam's runtime: styles video with a trained network on ONNX Runtime."""

DISTRIBUTION = "stylecam"
"""The distribution this package belongs to; the command line checks it (see ``cli/clash.py``)."""
