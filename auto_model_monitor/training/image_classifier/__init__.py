"""The reference trainer: an image classifier on a folder of class folders, a program of its own.

Run it as ``python -m auto_model_monitor.training.image_classifier --help``. It does
not depend on the server that starts it.
"""
