"""The reference trainer: an image classifier on a folder of class folders, a program of its own.

Run it as ``python -m auto_model_monitor.training.image_classifier --help``. It knows nothing of who
started it and of who reads its log.
"""
