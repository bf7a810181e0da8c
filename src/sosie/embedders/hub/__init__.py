"""Networks of the Hugging Face Hub that were exported to ONNX: no torch, no pickle."""
