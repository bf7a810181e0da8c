"""Networks of the Hugging Face Hub that were exported to ONNX. They need neither torch nor pickle."""
