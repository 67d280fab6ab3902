"""All signs, in the order in which they are tried: what is specific stands before what is general."""

from __future__ import annotations

from .cause_sign import CauseSign
from .device_signs import DEVICE_SIGNS
from .ending_signs import ENDING_SIGNS
from .environment_signs import ENVIRONMENT_SIGNS
from .memory_signs import MEMORY_SIGNS
from .program_signs import OTHER_ERRORS, PROGRAM_SIGNS
from .rank_signs import RANK_SIGNS
from .service_signs import SERVICE_SIGNS
from .storage_signs import STORAGE_SIGNS
from .tensor_signs import TENSOR_SIGNS
from .wrapper_signs import WRAPPER_SIGNS

SIGNS: tuple[CauseSign, ...] = (
    *WRAPPER_SIGNS,
    *MEMORY_SIGNS,
    *DEVICE_SIGNS,
    *RANK_SIGNS,
    *ENVIRONMENT_SIGNS,
    *SERVICE_SIGNS,
    *STORAGE_SIGNS,
    *TENSOR_SIGNS,
    *PROGRAM_SIGNS,
    *ENDING_SIGNS,
    *OTHER_ERRORS,
)
