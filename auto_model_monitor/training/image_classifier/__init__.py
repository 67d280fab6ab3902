"""The reference trainer: an image classifier for a folder of class folders, as a separate program.

Run it as ``python -m auto_model_monitor.training.image_classifier --help``. It does not depend on the server
that starts it.
"""
