"""NVML as recorded from a machine with cards: the names, structures and errors of nvidia-ml-py 13.

The variable NVML_RECORDED holds a JSON list of cards, each with ``gpu`` (percent), ``used`` and ``total``
(bytes), ``temperature`` and ``pids``; ``gpu`` null is a card in MIG mode. Without it there is no driver.
"""

from __future__ import annotations

import json
import os
from ctypes import Structure, c_uint, c_ulonglong
from types import SimpleNamespace

NVML_ERROR_NOT_SUPPORTED = 3
NVML_ERROR_LIBRARY_NOT_FOUND = 12
NVML_TEMPERATURE_GPU = 0


class NVMLError(Exception):
    def __init__(self, value, text):
        super().__init__(text)
        self.value = value


class c_nvmlUtilization_t(Structure):
    _fields_ = [("gpu", c_uint), ("memory", c_uint)]


class c_nvmlMemory_t(Structure):
    _fields_ = [("total", c_ulonglong), ("free", c_ulonglong), ("used", c_ulonglong)]


def _cards():
    return json.loads(os.environ["NVML_RECORDED"])


def nvmlInit():
    if "NVML_RECORDED" not in os.environ:
        raise NVMLError(NVML_ERROR_LIBRARY_NOT_FOUND, "NVML Shared Library Not Found")


def nvmlDeviceGetCount():
    return len(_cards())


def nvmlDeviceGetHandleByIndex(index):
    return index


def nvmlDeviceGetUUID(handle):
    return f"GPU-{'abcdef'[handle]}0000000-1111-2222-3333-444444444444"


def nvmlDeviceGetMemoryInfo(handle):
    card = _cards()[handle]
    return c_nvmlMemory_t(card["total"], card["total"] - card["used"], card["used"])


def nvmlDeviceGetUtilizationRates(handle):
    use = _cards()[handle]["gpu"]
    if use is None:
        raise NVMLError(NVML_ERROR_NOT_SUPPORTED, "Not Supported")
    return c_nvmlUtilization_t(use, 0)


def nvmlDeviceGetTemperature(handle, sensor):
    assert sensor == NVML_TEMPERATURE_GPU
    return _cards()[handle]["temperature"]


def nvmlDeviceGetComputeRunningProcesses(handle):
    return [SimpleNamespace(pid=pid, usedGpuMemory=None) for pid in _cards()[handle].get("pids", [])]
