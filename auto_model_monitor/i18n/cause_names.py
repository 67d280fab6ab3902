"""What the causes of a failure are called, in each language."""

from __future__ import annotations

from collections.abc import Mapping

from .wording import Language

_ENGLISH: Mapping[str, str] = {
    "gpu_oom": "GPU memory ran out",
    "host_oom": "memory (RAM) ran out",
    "killed": "killed (SIGKILL)",
    "shm": "shared memory (/dev/shm) ran out",
    "comm_timeout": "a rank did not come to a collective",
    "comm_failure": "the ranks cannot reach each other",
    "port_in_use": "the port is in use",
    "gpu_kernel": "a GPU kernel failed",
    "label_range": "a label or index is out of range",
    "gpu_hardware": "the GPU's hardware failed",
    "gpu_env": "driver or CUDA do not fit the GPU",
    "nan": "the loss is NaN",
    "disk_full": "the disk is full",
    "permission": "permission denied",
    "file_not_found": "a file is missing",
    "checkpoint_corrupt": "a checkpoint is damaged",
    "checkpoint_mismatch": "the checkpoint does not fit the model",
    "bad_data": "a sample of the data is broken",
    "missing_module": "a module is missing",
    "version_conflict": "versions do not fit each other",
    "shape_mismatch": "shapes of tensors do not fit",
    "device_mismatch": "tensors are on different devices",
    "dtype_mismatch": "tensors have different dtypes",
    "network": "the network failed",
    "auth": "not logged in, or no access",
    "os_limits": "a limit of the system was reached",
    "time_limit": "the time limit was reached",
    "terminated": "ended from outside (SIGTERM)",
    "interrupted": "interrupted (Ctrl-C)",
    "hangup": "the terminal was closed (SIGHUP)",
    "native_crash": "crash in native code",
    "hang": "it hung",
    "config": "a wrong option or configuration",
    "multiprocessing": "multiprocessing used wrongly",
    "code_error": "an error in the program",
    "unknown": "cause unknown",
    "none": "success",
}
_CHINESE: Mapping[str, str] = {
    "gpu_oom": "显存不足",
    "host_oom": "内存不足",
    "killed": "被强制终止（SIGKILL）",
    "shm": "共享内存 /dev/shm 不足",
    "comm_timeout": "集合通信超时，有进程没有到达",
    "comm_failure": "进程之间无法通信",
    "port_in_use": "端口被占用",
    "gpu_kernel": "GPU 内核出错",
    "label_range": "标签或下标越界",
    "gpu_hardware": "GPU 硬件故障",
    "gpu_env": "驱动或 CUDA 与显卡不匹配",
    "nan": "损失变成了 NaN",
    "disk_full": "磁盘已满",
    "permission": "没有权限",
    "file_not_found": "找不到文件",
    "checkpoint_corrupt": "检查点文件损坏",
    "checkpoint_mismatch": "检查点与模型不匹配",
    "bad_data": "数据有损坏的样本",
    "missing_module": "缺少模块",
    "version_conflict": "版本不匹配",
    "shape_mismatch": "张量形状不匹配",
    "device_mismatch": "张量不在同一设备上",
    "dtype_mismatch": "张量的数据类型不一致",
    "network": "网络错误",
    "auth": "没有登录或无权访问",
    "os_limits": "达到系统限制",
    "time_limit": "达到时限",
    "terminated": "被外部终止（SIGTERM）",
    "interrupted": "被 Ctrl-C 中断",
    "hangup": "终端已关闭（SIGHUP）",
    "native_crash": "原生代码崩溃",
    "hang": "卡住不动",
    "config": "参数或配置有误",
    "multiprocessing": "多进程用法有误",
    "code_error": "程序出错",
    "unknown": "原因不明",
    "none": "成功",
}


def cause_text(cause: str, language: Language) -> str:
    """Return what a cause is called, such as ``GPU memory ran out`` for ``gpu_oom``."""
    names = _CHINESE if language == "zh" else _ENGLISH
    return names.get(cause, cause)
