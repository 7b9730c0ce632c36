"""Makes models: the network, its training, and the export to ONNX."""
