"""Signs of a program's options and configuration, and any other exception."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

PROGRAM_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.FAULT,
        "config",
        (
            "error: unrecog|error: the following|error: argument|error: one of|error: invalid|error: ambiguous|error: too |error: expected|error: unknown|error: parser key|error: configuration|error: key|error: validation|error: no such",
            r"^[\w./-]{1,120}(?: [\w-]{1,120})*: error: (?:unrecogni[sz]ed|the following arguments|arguments? |one of the arguments"
            r"|invalid|ambiguous|too few|too many|expected|unknown|Parser key|Configuration|Key |Validation|no such)",
        ),
        ("error: no such option|no such option", r"(?i)no such option: (?P<option>\S{1,120})"),
        (
            "error: missing|error: invalid value|error: got unexpected|error: no such",
            r"^Error: (?:Missing|Invalid value|Got unexpected|No such command)",
        ),
        ("could not override", r"Could not override '(?P<option>[^']{1,120})'"),
        (
            "could not append|could not find|could not load",
            r"Could not (?:append to config|find|load) '(?P<option>[^']{1,120})'.{0,40}",
        ),
        ("not in struct", r"Key '(?P<option>[\w.-]{1,120})' (?:is )?not in (?:struct|'\w{1,120})"),
        (
            "omegaconf|configattributeerror|configkeyerror|missingmandatory",
            r"omegaconf\.errors\.\w{1,120}|ConfigAttributeError|ConfigKeyError|MissingMandatoryValue",
        ),
        (
            "missingconfigexception|configcompositionexception|overrideparse|lexernoviable",
            r"MissingConfigException|ConfigCompositionException|OverrideParseException|LexerNoViableAlt",
        ),
        ("primary config", r"Cannot find primary config|Primary config (?:module|directory) not found"),
        ("yaml.", r"^yaml\.(?:scanner|parser|constructor|composer|reader)\.\w{1,120}"),
        ("while parsing a|while scanning", r"^while (?:parsing a|scanning) "),
        (
            "registry|not registered in",
            r"(?:is )?not in the .{0,60}registry|[Cc]annot find .{0,60}in registry|not registered in",
        ),
        ("no object named", r"No object named '(?P<option>[^']{1,120})' found in"),
        ("validation error", r"\d+ validation errors? for (?P<option>\w+)"),
        (
            "unrecognizedflag|illegalflagvalue|flags parsing",
            r"UnrecognizedFlagError|IllegalFlagValueError|FATAL Flags parsing error",
        ),
        ("deepspeedconfigerror|check batch related", r"DeepSpeedConfigError|Check batch related parameters"),
        ("misconfigurationexception", r"MisconfigurationException"),
        ("could not consume arg", r"Could not consume arg: (?P<option>\S{1,80})"),
        ("hfargumentparser", r"not used by the HfArgumentParser: (?P<option>.+)"),
        ("argumenterror|argumenttypeerror", r"argparse\.Argument(?:Type)?Error"),
        ("requires the save and eval", r"requires the save and eval(?:uation)? strategy to match"),
        ("tomldecodeerror|tomllib", r"TOMLDecodeError"),
        ("configparser.", r"configparser\.\w{1,120}Error"),
        (
            "divisible by",
            r"(?i)(?:embed_dim|hidden_size|hidden size|num_heads|batch size|batch_size|world.size|d_model|heads|n_head).{0,60}divisible by",
        ),
        (
            "unknown",
            r"(?i)^(?:[\w.]{0,80}(?:Error|Exception): )?(?:\[LightGBM\] \[Fatal\] )?Unknown (?:model|optimizer|scheduler|activation|objective|loss|metric|backbone|dataset|parameter|architecture|arch|option|argument|lr_scheduler|type)\b",
        ),
        (
            "unsupported|unrecognized|error: invalid",
            r"(?i)^[\w.]{0,80}(?:ValueError|KeyError|NotImplementedError|AssertionError|RuntimeError): (?:Unsupported|Unrecognized|Invalid) (?:model|optimizer|scheduler|activation|objective|loss|metric|backbone|dataset|argument|config|option|lr|precision|strategy)",
        ),
        (
            "is not a valid",
            r"'(?P<option>[^']{1,120})' is not a valid (?:YOLO )?(?:argument|option|choice|\w{1,120}Strategy|IntervalStrategy|SchedulerType)|is not a valid \w{0,80}(?:Strategy|Type|Scheduler|OptimizerNames)\b",
        ),
        (
            "invalid parameter|unknown objective|unknown metric|should be",
            r"XGBoostError.{0,200}(?:Invalid Parameter|Unknown objective|Unknown metric)|Parameter \S{1,120} should be (?:of|greater|less|in)",
        ),
        ("[fatal]", r"\[LightGBM\] \[Fatal\] (?:Unknown|Check failed|Cannot|Number of class|Multiclass)"),
        ("invalid choice", r"invalid choice: '?(?P<option>[^' ]{1,120})"),
        (
            "missing required",
            r"(?i)missing required (?:argument|parameter|key|option|field|config|environment)",
        ),
        (
            "environment variable",
            r"(?i)environment variable (?P<option>\w{1,120}) (?:expected|is required|is not set|not set)",
        ),
        (
            "invalid learning rate|invalid beta|invalid epsilon|invalid weight_decay|invalid momentum",
            r"Invalid (?:learning rate|beta parameter|epsilon value|weight_decay value|momentum value)",
        ),
        (
            "batch_size should be|num_workers option|prefetch_factor",
            r"(?:batch_size should be a positive|num_workers option should be|prefetch_factor option could only)",
        ),
        ("catboosterror", r"CatBoostError.{0,160}(?:option|param|value|should|unknown)"),
        ("train_batch_size", r"(?i)train_batch_size is not equal to"),
        (
            "no optimizer|invalid",
            r"(?i)got invalid (?:value|option|argument)|invalid (?:value|argument) for (?:option|parameter|argument)",
        ),
    ),
)

# Any other exception: tried when all other signs have failed.
OTHER_ERRORS: tuple[CauseSign, ...] = (
    *signs(Place.EXCEPTION, "code_error", ("", r"^\w")),
    *signs(Place.LINE, "code_error", ("panicked at", r"^thread '[^']{0,80}' panicked at")),
)
