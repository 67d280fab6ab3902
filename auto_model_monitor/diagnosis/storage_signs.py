"""Signs of files: full disks, permissions, missing and broken files, checkpoints that do not fit."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

STORAGE_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.FAULT,
        "disk_full",
        ("no space left", r"(?i)No space left on (?:the )?device"),
        ("disk quota exceeded|quota exceeded", r"(?i)(?:Disk |storage )quota exceeded"),
        ("errno", r"\[Errno (?:28|122)\]|errno = 28\b"),
        ("pytorchstreamwriter", r"PytorchStreamWriter failed (?:writing|reading)|PytorchStreamWriter failed"),
        ("unexpected pos", r"unexpected pos \d+ vs"),
        (
            "is full|disk full|filesystem full|file system full|volume full",
            r"(?i)(?:disk|filesystem|file system|volume) (?:is )?full",
        ),
        (
            "space on the disk|disk space",
            r"There is not enough space on the disk|(?i:(?:no|not enough|insufficient|out of) (?:free )?disk space)",
        ),
        ("out of disk|outofdisk", r"(?i)out of disk space|OutOfDiskError"),
        ("空间不足|没有空间", r"磁盘空间不足|设备上没有空间|空间不足"),
        ("超出磁盘限额", r"超出磁盘限额"),
        ("winerror", r"\[WinError 112\]"),
        ("no usable temporary directory", r"No usable temporary directory"),
    ),
    *signs(
        Place.FAULT,
        "permission",
        ("permissionerror", r"^[\w.]*PermissionError\b"),
        ("read-only file system", r"(?i)Read-only file system"),
        ("errno", r"\[Errno (?:1|13|30)\]|errno = 13\b"),
        (
            "permission denied",
            r"(?i)(?::|\bopen|\bwrite|\bcreate|\bmkdir).{0,200}Permission denied\b(?! \(publickey)",
        ),
        ("operation not permitted", r"(?i)Operation not permitted"),
        ("权限不够|拒绝访问", r"权限不够|拒绝访问"),
        ("winerror", r"\[WinError 5\]"),
        (
            "is not writable|not writeable",
            r"(?i)(?:directory|path|folder|file)\b.{0,160}is not writ(?:e)?able",
        ),
    ),
    *signs(
        Place.FAULT,
        "checkpoint_corrupt",
        ("pytorchstreamreader failed", r"PytorchStreamReader failed"),
        ("central directory", r"failed finding central directory"),
        ("archive is corrupted", r"invalid header or archive is corrupted"),
        ("invalid load key", r"invalid load key, "),
        ("pickle data was truncated", r"pickle data was truncated"),
        ("ran out of input", r"EOFError: Ran out of input"),
        ("unexpected eof", r"unexpected EOF, expected \d+ more bytes"),
        ("while deserializing|safetensorerror", r"(?i)Error while deserializing|SafetensorError"),
        (
            "headertoolarge|metadataincomplete|invalidheader|headertoosmall",
            r"HeaderTooLarge|MetadataIncompleteBuffer|InvalidHeader|HeaderTooSmall",
        ),
        ("storage has wrong", r"storage has wrong (?:byte )?size"),
        ("truncated file", r"truncated file: eof = "),
        ("file signature not found", r"file signature not found"),
        ("magic number", r"Invalid magic number; corrupt file|[Bb]ad magic number"),
        (
            "checksum|hash|mismatch|not match|doesn't match",
            r"invalid hash value \(expected|(?i:(?:checksum|hash|md5|sha256).{0,60}(?:mismatch|does not match|did not match|doesn't match|failed|incorrect|not correct))",
        ),
        ("badzipfile", r"BadZipFile: (?:File is not a zip|Bad CRC|Bad magic)"),
        ("unpicklingerror", r"UnpicklingError"),
        (
            "corrupt|truncated|incomplete|damaged|not a valid|empty",
            r"(?i)(?:checkpoint|ckpt|weights? file|model file|\.pth?\b|\.safetensors).{0,120}(?:is |seems? |appears? |may be |file )(?:to be )?(?:corrupt|truncated|incomplete|damaged|not a valid|empty)",
        ),
        ("corrupt", r"(?i)corrupt(?:ed)? (?:checkpoint|model file|weights|archive|zip)"),
        (
            "datalosserror|data loss",
            r"(?i)data ?loss.{0,80}(?:checkpoint|sstable|ckpt|not an sstable|Unable to open table)",
        ),
        ("not an sstable", r"not an sstable"),
        (
            "git-lfs|git lfs",
            r"(?i)(?:looks like|is|seems|appears).{0,40}(?:a )?git[- ]lfs (?:pointer|file)|version https://git-lfs",
        ),
        ("损坏|不完整", r"(?:检查点|权重|模型)文件?.{0,10}(?:损坏|不完整)"),
        ("unable to load weights", r"Unable to load weights from (?:pytorch|safetensors) checkpoint file"),
        (
            "not seekable|unexpected end of file|unexpected end of data",
            r"(?i)(?:zip|archive|checkpoint|load).{0,80}unexpected end of (?:file|data)",
        ),
    ),
    *signs(
        Place.FAULT,
        "checkpoint_mismatch",
        (
            "loading state_dict|loading state dict",
            r"Error\(s\) in loading state[_ ]dict for (?P<model>\w{1,120})",
        ),
        ("key(s) in state_dict", r"(?:Missing|Unexpected) key\(s\) in state_dict"),
        ("loaded state dict", r"loaded state dict (?:contains a parameter group|has a different number)"),
        ("size mismatch for", r"size mismatch for (?P<parameter>[\w.]+)"),
        ("layer count mismatch", r"Layer count mismatch when loading weights"),
        ("into a model with", r"weight file containing \d+ layers into a model with \d+ layers"),
        ("from checkpoint", r"value from checkpoint \([^)]{0,80}\) is not equal to the input argument"),
        ("world size", r"(?i)(?:checkpoint|zero).{0,120}(?:DP )?world size (?:of )?\d+ but"),
        (
            "structure|dict key mismatch",
            r"(?i)(?:tree|pytree) structures? (?:do not|does not|don't) match|Dict key mismatch",
        ),
        (
            "not match|don't match",
            r"(?i)(?:target|state|checkpoint)\b.{0,40}keys?.{0,60}(?:do not|don't|does not) match|keys do not match",
        ),
        ("ignore_mismatched_sizes", r"ignore_mismatched_sizes"),
        (
            "mismatch|not match|not compatible|incompatible|differs from|differ from",
            r"(?i)(?:checkpoint|ckpt|pretrained|saved weights).{0,120}(?:mismatch|does not match|do not match|not compatible|incompatible|differs? from)",
        ),
        ("keyerror: '", r"^KeyError: '(?:model_?)?(?:state_dict|model|optimizer|net|ema)'"),
        (
            "saved|checkpoint|restor|shape mismatch",
            r"(?i)(?:weight|variable|layer|param)\w{0,80}.{0,120}(?:expected|got) .{0,60}(?:saved|checkpoint|restor)",
        ),
        (
            "but|whereas|received|saw",
            r"(?:expected|expects|expecting) \d+ (?:weights?|variables|layers?|saved weights).{0,80}(?:but|whereas|received|saw)",
        ),
        (
            "cannot assign value|could not be loaded",
            r"(?i)Cannot assign value to variable|A total of \d+ objects could not be loaded|could not be loaded because",
        ),
        ("checkpoint contains only", r"(?i)checkpoint contains only the model"),
        ("load_param_into_net", r"load_param_into_net.{0,200}(?:same|mismatch|not loaded)"),
        ("restor", r"(?i)restor\w{0,20}.{0,120}(?:shape|mismatch|incompatible|not found in checkpoint)"),
        ("not found in", r"(?i)(?:key|tensor) .{0,120}not found in (?:the )?checkpoint"),
        ("receives a shape", r"receives a shape .{0,60}but the expected shape is"),
        (
            "initializer expected|scopeparamshape",
            r"Initializer expected to generate shape|ScopeParamShapeError",
        ),
    ),
    *signs(
        Place.FAULT,
        "bad_data",
        (
            "unidentifiedimageerror|cannot identify image",
            r"UnidentifiedImageError|cannot identify image file",
        ),
        (
            "image file is truncated|truncated file read|truncated image",
            r"image file is truncated|[Tt]runcated (?:File Read|image)",
        ),
        ("broken", r"broken (?:PNG|data stream|JPEG)"),
        ("jsondecodeerror|json.decoder", r"JSONDecodeError|json\.decoder"),
        (
            "json parse error|invalid json|failed to read file",
            r"(?i)JSON parse error|invalid JSON|Failed to read file .{0,120}json",
        ),
        ("unicodedecodeerror|codec can't decode", r"UnicodeDecodeError|codec can't decode byte"),
        ("error tokenizing data", r"Error tokenizing data"),
        ("emptydataerror|no columns to parse", r"EmptyDataError|No columns to parse from file"),
        ("num_samples should be", r"num_samples should be a positive integer"),
        ("could not convert string to float", r"could not convert string to float"),
        (
            "datasetgenerationerror|generating the dataset|datasetgeneration",
            r"DatasetGeneration(?:Cast)?Error|An error occurred while generating the dataset",
        ),
        ("arrowinvalid|parquet magic", r"ArrowInvalid|Parquet magic bytes not found"),
        ("corrupted record|datalosserror", r"corrupted record at|DataLossError"),
        (
            "invalid jpeg|invalid png|unknown image file format|jpeg",
            r"Invalid (?:JPEG|PNG) data|Unknown image file format|(?:Corrupt|Not a) JPEG|Premature end of JPEG",
        ),
        ("contains nan|contains infinity", r"(?i)Input (?:X |y |data )?contains (?:NaN|infinity)"),
        ("found array with", r"Found array with 0 (?:sample|feature)"),
        ("n_samples=", r"n_samples=0"),
        (
            "found no valid|images in|files in subfolders|class folder",
            r"Found no valid file for the classes|Found 0 (?:images|files)|Couldn't find any class folder",
        ),
        (
            "found|no labels in|empty",
            r"(?i)no (?:images|labels|samples|videos|valid samples|training samples|data) (?:were )?found|No labels in|(?:dataset|dataloader|training set|split) is empty|empty (?:dataset|dataloader|batch)",
        ),
        ("_src.empty()|ssize.empty()|.empty()", r"!\w{0,80}(?:src|ssize|img|buf)\w{0,80}\.empty\(\)"),
        (
            "libsndfileerror|error opening",
            r"LibsndfileError|Error opening .{0,160}(?:Format not recognised|System error|unknown format)",
        ),
        ("invalid data found", r"Invalid data found when processing input"),
        ("xml", r"xml\.etree\.ElementTree\.ParseError|XMLSyntaxError"),
        ("readerror|badgzipfile|not a gzipped", r"tarfile\.ReadError|BadGzipFile|Not a gzipped file"),
        ("compressed file ended", r"Compressed file ended before the end-of-stream"),
        ("fields in line|columns in line", r"Expected \d+ (?:fields|columns) in line \d+, saw \d+"),
        ("_csv.error|csv.error", r"_?csv\.Error"),
        ("decord", r"(?i)decord.{0,160}(?:error|fail|cannot)"),
        (
            "corrupt",
            r"(?i)corrupt(?:ed)? (?:image|sample|file|data|record|label|video|audio|shard)|(?:image|sample|video|audio|shard|label)\b.{0,120}(?:is|are) corrupt",
        ),
        (
            "invalid bounding|invalid box|bounding box|x_max|to be in the range",
            r"(?i)(?:All bounding boxes should have positive|invalid (?:bounding )?box|x_max is less than or equal to x_min|Expected .{0,60}to be in the range \[0\.0, 1\.0\])",
        ),
        ("decompressionbomberror", r"DecompressionBombError"),
        ("least populated class", r"least populated class in y has only"),
        ("contains nan|contain nan|contains inf|contain inf", r"(?i)labels? contains? (?:NaN|inf)"),
        (
            "not in index|not found in axis|casterror|column names",
            r"^KeyError: .{0,60}(?:not in index|not found in axis)|CastError: Couldn't cast|column names don't match",
        ),
        (
            "decod",
            r"(?i)(?:failed to|error|could not|cannot|unable to) decod(?:e|ing)",
        ),
        (
            "allow_pickle|pickled data",
            r"Object arrays cannot be loaded when allow_pickle=False|Cannot load file containing pickled data",
        ),
    ),
    *signs(
        Place.FAULT,
        "file_not_found",
        ("filenotfounderror", r"^[\w.]*FileNotFoundError\b"),
        ("no such file or directory", r"(?i)No such file or directory"),
        ("can't open file", r"can't open file '?(?P<path>[^']{1,120})'?"),
        ("notadirectoryerror|isadirectoryerror", r"^[\w.]*(?:NotADirectory|IsADirectory)Error\b"),
        ("没有那个文件或目录|找不到", r"没有那个文件或目录|系统找不到指定的(?:文件|路径)"),
        ("winerror", r"\[WinError [23]\]"),
        (
            "does not exist|doesn't exist|not exist",
            r"(?i)(?:file|path|dir(?:ectory)?|folder|dataset|checkpoint|['\"/]\S{1,120})['\"]?\s?.{0,160}(?:does not|doesn't|do not|not) exist",
        ),
        (
            "not found",
            r"(?i)^[\w.]{0,80}(?:Error|Exception): .{0,60}(?:file|path|directory|folder|dataset|checkpoint|config)\b.{0,160}\bnot found",
        ),
        (
            "not found",
            r"(?i)^[\w.]{0,80}(?:Error|Exception): .{0,60}(?:['\"]?/|\./)\S{1,120}.{0,40}\bnot found",
        ),
        (
            "datasetnotfounderror|entrynotfounderror|datafilesnotfound",
            r"DatasetNotFoundError|EntryNotFoundError|DataFilesNotFoundError",
        ),
        (
            "is not a local folder|incorrect path_or_model|hfvalidationerror",
            r"is not a local folder|Incorrect path_or_model_id|HFValidationError",
        ),
        ("error no file named", r"Error no file named .{0,240} found in directory"),
        ("unable to open file", r"Unable to (?:synchronously )?open file \(unable to open file: name"),
        (
            "can't load",
            r"Can't load (?:tokenizer|the model|the configuration|config|feature extractor|image processor) (?:for|of) '(?P<path>[^']{1,120})'",
        ),
        (
            "unable to find|cannot find|could not find|can't find|couldn't find",
            r"(?i)(?:unable to find|cannot find|could not find|couldn't find|can't find) .{0,60}(?:file|director|dataset|checkpoint|path|'/|/\w{1,120}|at ')",
        ),
        (
            "no checkpoint|no file|no valid checkpoint|no such path",
            r"(?i)no (?:checkpoints?|files?|valid checkpoint|such path)\b.{0,40}(?:found|exists?|match)",
        ),
        ("nosuchkey|nosuchbucket", r"NoSuchKey|NoSuchBucket"),
        ("not a directory|is not a", r"(?i): Not a directory\b|is not a (?:valid )?(?:directory|file)\b"),
    ),
)
