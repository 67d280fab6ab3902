"""Signs of the environment of a program: modules, versions, and how processes are started."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

# Packages whose interface changes between versions: what they no longer have is a conflict of versions.
_PACKAGES = (
    r"(?:torch|numpy|np|tensorflow|tf|keras|jax|jaxlib|flax|transformers|diffusers|accelerate|datasets|peft|trl|PIL"
    r"|scipy|sklearn|pandas|collections|pkgutil|torchvision|torchaudio|torchtext|pytorch_lightning|lightning|mmcv"
    r"|mmengine|mmdet|timm|triton|xformers|bitsandbytes|deepspeed|apex|cv2|inspect|asyncio|paddle|gym|tokenizers"
    r"|huggingface_hub|xgboost|lightgbm|optax|orbax|onnx|onnxruntime|ml_dtypes|typing|importlib|fractions)"
)

ENVIRONMENT_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.FAULT,
        "multiprocessing",
        ("bootstrapping phase", r"finished its bootstrapping phase"),
        ("forked subprocess", r"(?i)Cannot re-initialize \w{1,120} in forked subprocess"),
        ("pickle", r"(?i)can(?:'t|not) (?:be )?pickled?|\bPicklingError|could not pickle"),
        ("can't get", r"Can't get (?:local object|attribute '?\w{1,120}'? on <module '__(?:mp_)?main__')"),
        ("daemonic processes", r"daemonic processes are not allowed to have children"),
        ("context has already been set", r"context has already been set"),
        ("non-leaf tensor", r"serialize non-leaf tensor which requires_grad"),
        (
            "spawn' start method|cuda with multiprocessing",
            r"(?i)must use the 'spawn' start method|CUDA with multiprocessing",
        ),
        (
            "initialization error",
            r"(?:CUDA error|cuda.{0,20}\(3\)|CUDA_ERROR_NOT_INITIALIZED).{0,20}initialization error",
        ),
        ("error_not_initialized", r"CUDA_ERROR_NOT_INITIALIZED"),
        ("producer process", r"[Pp]roducer process (?:has been terminated|tried to)"),
    ),
    *signs(
        Place.FAULT,
        "config",
        ("could not find", r"^In '[^']{1,80}': Could not find '(?P<option>[^']{1,120})'"),
        ("hydra.errors.", r"hydra\.errors\.(?:ConfigComposition|MissingConfig|Override|Hydra)\w{1,40}"),
    ),
    *signs(
        Place.FAULT,
        "version_conflict",
        ("_array_api", r"_ARRAY_API not found"),
        ("undefined symbol", r"undefined symbol: ?(?P<module>\w{0,80})"),
        ("symbol not found", r"(?i)symbol not found in flat namespace"),
        ("glibc|cxxabi", r"(?P<module>(?:GLIBC(?:XX)?|CXXABI)_[\d.]{1,120})'? not found"),
        ("cxxabi", r"(?P<module>CXXABI_[\d.]{1,120})'? not found"),
        ("using numpy|multiarray failed", r"compiled using NumPy 1|numpy\.core\.multiarray failed to import"),
        ("multiarray failed", r"multiarray failed to import"),
        ("size changed", r"(?P<module>[\w.]{1,120}) size changed, may indicate binary incompatibility"),
        ("weights only load failed", r"Weights only load failed"),
        ("weightsunpickler|unsupported global", r"WeightsUnpickler error|Unsupported global: GLOBAL"),
        ("cannot import name", r"cannot import name '(?P<module>\w{1,120})' from"),
        ("has no attribute", rf"module '(?P<module>{_PACKAGES}[\w.]*)' has no attribute"),
        (
            "has no attribute",
            r"`?np\.\w{1,120}`? was (?:a deprecated alias|removed)|type object '\w{1,120}' has no attribute '_\w{1,120}'",
        ),
        ("was removed in the numpy", r"was removed in the NumPy 2"),
        (
            "has no attribute",
            r"'(?:DataFrame|Series)' object has no attribute '(?:append|iteritems|ix|as_matrix)'",
        ),
        ("deprecated alias", r"was a deprecated alias for the builtin"),
        (
            "unexpected keyword argument",
            r"(?:TrainingArguments|Trainer|\w{0,80}Config|Accelerator|DataLoader|\w{0,80}Strategy|Adam\w{0,80}|SGD|\w{0,80}LR"
            r"|ReduceLROnPlateau|ModelCheckpoint|EarlyStopping|from_pretrained|OneHotEncoder|load_dataset)"
            r"(?:\.__init__)?\(\) got an unexpected keyword argument '(?P<module>\w{1,120})'",
        ),
        ("is required", r"(?P<module>[\w-]{1,120})\s?[<>=!~]{1,2}\s?[\w.,<>=!~ ]{1,40} is required"),
        (
            "but found|but you have|but got|incompatible|which is",
            r"(?P<module>[\w-]{1,120}) [\d.]{1,120}\S{0,80} (?:has requirement|requires) .{1,80}(?:but|which is incompatible)",
        ),
        ("versionconflict", r"VersionConflict"),
        (
            "failed to import",
            r"Failed to import [\w.]{1,120} because of the following error(?!.{0,200}No module named)",
        ),
        ("compiled with different cuda", r"compiled with different CUDA (?:major )?versions"),
        ("does not exist", r"operator \w{1,120}::\w{1,120} does not exist"),
        ("descriptors cannot", r"Descriptors cannot(?: not)? be created directly"),
        ("version of keras", r"currently installed version of Keras is Keras 3"),
        ("jaxlib", r"jaxlib version \S{1,120} is (?:newer|older|incompatible)|jaxlib.{0,60}incompatible"),
        ("does not recognize this architecture", r"does not recognize this architecture"),
        (
            "is incompatible with|not compatible with",
            r"(?i)\b(?:version|python|package)\b.{0,60}(?:is incompatible with|not compatible with)",
        ),
        (
            "requires python|python version|a different python",
            r"(?i)requires (?:a different )?Python|unsupported python version",
        ),
        ("module 'distutils", r"No module named 'distutils"),
        (
            "requires at least|is too old|please upgrade|please update",
            r"(?i)(?:please (?:upgrade|update)|requires? at least|is too old).{0,60}(?:version|torch|numpy|transformers|[<>=]=? ?\d)",
        ),
        (
            "optimizers are deprecated|has been removed|was removed",
            r"(?i)(?:has been|was) removed (?:in|since|from) (?:version )?\S{0,80}\d",
        ),
        ("dll load failed", r"DLL load failed while importing (?P<module>\w{1,120})"),
        ("incompatible version|version mismatch", r"(?i)incompatible version|version mismatch"),
        ("mmcv", r"MMCV==\S{1,120} is used but incompatible|mmcv.{0,40}incompatible"),
        ("torch_cuda_arch_list|no longer supported", r"(?i)is no longer supported (?:in|since|by)"),
    ),
    *signs(
        Place.FAULT,
        "missing_module",
        ("missing optional dependency", r"Missing optional dependency '(?P<module>[^']{1,80})'"),
        ("no module named", r"No module named '?(?P<module>[\w.-]{1,120})"),
        ("command not found", r"(?P<module>[\w./+-]{1,120}): command not found"),
        (": not found", r"^(?:\S{0,80}sh|/\S{1,120}): (?:line )?\d+: (?P<module>[\w./+-]{1,120}): not found"),
        ("found in your environment", r"(?:not|were not|wasn't) found in your environment"),
        ("executable file not found", r"(?P<module>[\w./-]{1,120})\"?: executable file not found in \$?PATH"),
        ("is not recognized as", r"'(?P<module>[^']{1,120})' is not recognized as (?:an internal|the name)"),
        ("不是内部或外部命令", r"'?(?P<module>[\w.-]{1,120})'? ?不是内部或外部命令"),
        ("未找到命令", r"(?P<module>[\w./-]{1,120}): ?未找到命令"),
        (
            "importerror",
            r"ImportError.{0,200}(?:pip install|is not installed|not installed|[Pp]lease install|requires the)",
        ),
        (
            "is not installed|please install|pip install",
            r"^(?:[\w.]{0,80}(?:Error|Exception)): .{0,200}(?:is not installed|[Pp]lease (?:pip )?install|pip install)",
        ),
        (
            "cannot open shared object",
            r"ImportError: (?P<module>lib[\w.+-]{1,120}): cannot open shared object file",
        ),
        ("packagenotfounderror", r"PackageNotFoundError"),
        ("distributionnotfound", r"DistributionNotFound"),
        (
            "no such file or directory",
            r"^FileNotFoundError: \[Errno 2\] No such file or directory: '(?P<module>nvcc|ninja|git|gcc|g\+\+|ffmpeg|cmake|nvidia-smi|conda|java|nvidia-ml|hipcc|clang|wget|curl|tar|unzip|sox|perl|make|mpirun|srun)'$",
        ),
        ("execve()", r"execve\(\): (?P<module>[\w./-]{1,120}): No such file or directory"),
        ("libgl", r"(?P<module>libGL\.so\.1): cannot open"),
        (
            "error while loading shared libraries",
            r"error while loading shared libraries: (?P<module>lib[\w.+-]{1,120})",
        ),
        ("ninja is required", r"(?P<module>Ninja) is required to load C\+\+ extensions"),
        ("unable to locate", r"(?i)unable to locate (?:the )?(?:executable|command|binary)"),
        (
            "environmentnamenotfound|environmentlocationnotfound",
            r"EnvironmentNameNotFound|EnvironmentLocationNotFound",
        ),
    ),
)
