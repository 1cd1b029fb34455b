import os

# onnxruntime would tell its makers how it is used, and keeps an id of the machine for it. It looks when it is imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
