"""Signs of tensors that do not fit each other, and of losses that are no numbers."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

TENSOR_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.FAULT,
        "device_mismatch",
        (
            "same device",
            r"(?i)to be on the same device|on the same device as the|should be either on cpu or on the same",
        ),
        ("input type", r"Input type \(torch\.cuda\.\w+\) and weight type \(torch\.(?!cuda)\w+\)"),
        ("input type", r"Input type \(torch\.(?!cuda)\w+\) and weight type \(torch\.cuda\.\w+\)"),
        ("device type tensor to numpy", r"can't convert \w+(?::\d+)? device type tensor to numpy"),
        ("device type", r"Expected (?:object of|a '\w+') device type"),
    ),
    *signs(
        Place.FAULT,
        "dtype_mismatch",
        ("scalar type", r"expected scalar type \w+ but found \w+|Expected object of scalar type"),
        ("same dtype", r"(?:to|must|should) (?:all )?have the same dtype"),
        ("input type", r"Input type \([\w.:]+\) and (?:bias|weight) type \([\w.:]+\) should be the same"),
        (
            "not implemented for",
            r"\"?\w+\"? not implemented for '(?:Half|BFloat16|Int|Long|Short|Byte|Bool|Double|Float8\w*)'",
        ),
        ("found dtype", r"Found dtype \w+ but expected \w+"),
    ),
    *signs(
        Place.FAULT,
        "shape_mismatch",
        ("shapes cannot be multiplied", r"mat1 and mat2 shapes cannot be multiplied \((?P<shapes>[^)]+)\)"),
        (
            "must match the size of tensor",
            r"size of tensor a \(\d+\) must match the size of tensor b \(\d+\)",
        ),
        ("sizes of tensors must match", r"Sizes of tensors must match except in dimension"),
        ("is invalid for input of size", r"shape '\[[^\]]*\]' is invalid for input of size"),
        ("to match target batch_size", r"Expected input batch_size \(\d+\) to match target batch_size"),
        ("given groups", r"Given groups=\d+, weight of size"),
        ("stack expects each tensor", r"stack expects each tensor to be equal size"),
        ("could not be broadcast", r"could not be broadcast together"),
        ("incompatible shapes", r"(?i)incompatible shapes"),
    ),
    *signs(
        Place.FAULT,
        "nan",
        ("loss is", r"(?i)\bloss (?:is|became|was) (?:nan|inf|not finite)"),
        ("minimum loss scale", r"Minimum loss scale reached"),
        ("already at minimum", r"loss scale already at minimum"),
        ("returned nan", r"returned nan values in its"),
        ("had nan values", r"Tensor had (?:NaN|Inf) values"),
        ("nanlossduring", r"NanLossDuringTrainingError"),
    ),
)
