"""Signs of an end from outside: schedulers, signals, crashes of native code."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

ENDING_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.VERDICT,
        "time_limit",
        ("due to time limit", r"DUE TO TIME LIMIT"),
        (
            "walltime|wall time|wall clock|wallclock|wall-",
            r"(?i)wall ?-?(?:time|clock)(?: time)?.{0,60}(?:exceed|limit reached|expired)|exceed\w{0,80}.{0,40}wall ?-?(?:time|clock)",
        ),
        ("term_runlimit|term_cpulimit|term_deadline", r"TERM_(?:RUN|CPU)LIMIT|TERM_DEADLINE"),
        (
            "run time limit|run limit|runlimit|runtime limit",
            r"(?i)reach(?:ing|ed) (?:LSF )?run ?(?:time )?limit",
        ),
        ("deadlineexceeded", r"\bDeadlineExceeded\b"),
        ("longer than specified deadline", r"longer than specified deadline"),
        (
            "time limit|timelimit",
            r"(?i)(?:job|task|step).{0,60}(?:exceeded|reached|hit|over).{0,20}time ?limit|time limit (?:exhausted|exceeded|reached)",
        ),
        ("timeout", r"^\d+(?:[._]\w{1,120})?\s.{0,120}\bTIMEOUT\b|\b(?:State|JobState)[=: ]{1,120}TIMEOUT\b"),
        ("user defined signal", r"^User defined signal 2"),
        ("cpu time limit", r"CPU time limit exceeded"),
        ("sending signal", r"^timeout: sending signal \w{1,120} to command"),
        ("h_rt|hard wallclock", r"exceeded hard (?:wallclock|h_rt)"),
        (
            "超时|时间限制|时限",
            r"(?:作业|任务|运行)(?:运行)?(?:时间)?(?:超时|超过.{0,10}时间限制|达到.{0,8}时限)",
        ),
    ),
    *signs(
        Place.VERDICT,
        "terminated",
        (
            "due to preemption|due to node|due to job requeue",
            r"DUE TO (?:PREEMPTION|NODE FAILURE|JOB REQUEUE)",
        ),
        (
            "evicted",
            r"(?:\bstatus|\breason|\bpod|\bReason|\bStatus|\bPod)\b.{0,60}\bEvicted\b|^\s*Evicted\b|\bWarning\s+Evicted",
        ),
        ("was low on resource", r"node was low on resource"),
        ("node_fail", r"\bNODE_FAIL\b"),
        (
            "preempt",
            r"(?:JobState|State)[=: ]{1,120}PREEMPTED|(?i:\b(?:job|instance|vm|pod|task|spot|node|machine)\b.{0,60}\b(?:was |is being |has been |got |being )?preempt(?:ed|ion notice|ing))",
        ),
        (
            "spot instance|spot interrup|spot termin|spot recl",
            r"(?i)spot (?:instance )?(?:interruption|termination|reclaim)",
        ),
        (
            "term_owner|term_preempt|term_admin|term_requeue|term_force",
            r"TERM_(?:OWNER|PREEMPT|ADMIN|REQUEUE_\w{1,120}|FORCE_OWNER)",
        ),
        ("cancelled", r"^\d+(?:[._]\w{1,120})?\s.{0,120}\bCANCELLED by \d+"),
        (
            "is down|being drained|notready|not ready|node failed",
            r"(?i)node \S{1,120} (?:is )?(?:being drained|not ?ready|failed|down)\b.{0,60}(?:kill|evict|requeue|terminat|job)",
        ),
        ("taintmanager|taint", r"TaintManagerEviction|DeletionByTaintManager"),
        ("抢占", r"(?:作业|任务|实例).{0,10}被?抢占"),
    ),
    *signs(Place.EXCEPTION, "interrupted", ("", r"^KeyboardInterrupt\b"), ("", r"got signal: 2$")),
    *signs(Place.EXCEPTION, "hangup", ("", r"got signal: 1$")),
    *signs(
        Place.EXCEPTION,
        "terminated",
        ("", r"got signal: 15$"),
        (
            "",
            r"^[\w.]{0,80}(?:NodeDiedError|Preempt\w{1,120}|SigtermException|SIGTERMException|JobCancelled\w{0,80})\b",
        ),
    ),
    *signs(
        Place.EXCEPTION, "time_limit", ("", r"^[\w.]{0,80}(?:TimeLimit\w{0,80}|WalltimeExceeded\w{0,80})\b")
    ),
    *signs(
        Place.FAULT,
        "native_crash",
        (
            "fatalerror",
            r"^FatalError: `?(?:Segmentation fault|Illegal instruction|Process abort|Floating|Access)",
        ),
        ("fatal python error", r"Fatal Python error: (?!.*(?:init|Cannot recover))"),
        (
            "killed by signal",
            r"worker.{0,60}killed by signal: (?:Segmentation fault|Aborted|Illegal|Floating)",
        ),
        (
            "): invalid|double free|corrupted size",
            r"(?:free|realloc|munmap_chunk)\(\): invalid|double free or corruption|corrupted size vs\. prev_size",
        ),
        ("corrupted size|corrupted double", r"corrupted (?:size vs|double-linked)"),
        (
            "malloc",
            r"malloc(?:_consolidate)?\(\): (?:corrupted|invalid|unaligned|memory corruption|mismatching)",
        ),
        ("stack smashing", r"stack smashing detected"),
        ("access violation", r"(?i)access violation"),
        ("exit code", r"(?i)\b0xC0000005\b"),
        ("pure virtual method", r"pure virtual method called"),
        ("unsorted|top size", r"malloc.{0,20}(?:corrupted top size|unsorted)"),
    ),
    *signs(
        Place.ENDING,
        "native_crash",
        ("segmentation fault|sigsegv", r"Segmentation fault|\bSIGSEGV\b"),
        ("illegal instruction|sigill", r"^(?:.{0,80}\s)?Illegal instruction\b|\bSIGILL\b"),
        ("floating point exception|sigfpe", r"Floating point exception|\bSIGFPE\b"),
        ("terminate called", r"^terminate called (?:after throwing|without an active)"),
        ("aborted|sigabrt", r"^(?:.{0,80}\s)?Aborted\b(?: +\(core dumped\))?|\bSIGABRT\b"),
        ("段错误|非法指令", r"段错误|非法指令"),
        ("check failed", r"^(?:F\d{4} .{0,80} )?Check failed: "),
    ),
    *signs(
        Place.ENDING,
        "shm",
        ("bus error|sigbus", r"^(?:.{0,80}\s)?Bus error\b|\bSIGBUS\b"),
        ("总线错误", "总线错误"),
    ),
    *signs(
        Place.ENDING,
        "hangup",
        ("hangup|sighup", r"^Hangup$|\bSIGHUP\b"),
        ("death signal", r"Received (?:1|Signals\.SIGHUP) death signal"),
    ),
    *signs(
        Place.ENDING,
        "interrupted",
        ("keyboardinterrupt", r"(?i)^(?:detected )?KeyboardInterrupt\b"),
        (
            "sigint|death signal",
            r"(?i)(?:received|caught|got) (?:signal )?(?:SIGINT|2 death signal|Signals\.SIGINT)",
        ),
        (
            "interrupted by|ctrl|用户中断",
            r"(?i)interrupted by (?:the )?user|(?:received|caught|pressed|stopped by) ctrl[-+ ]?c|用户中断",
        ),
        ("^c", r"^\^C"),
    ),
    *signs(
        Place.ENDING,
        "terminated",
        ("terminated|已终止", r"^Terminated\b|\d+ Terminated +|^已终止"),
        ("cancelled at", r"CANCELLED AT"),
        (
            "cancelled by|canceled by|deleted by|killed by",
            r"(?i)job \S{1,120} (?:was |has been )?(?:cancell?ed|deleted|killed) by",
        ),
        (
            "sigterm|death signal",
            r"(?i)(?:received|caught|got|handling) (?:a |signal )?(?:SIGTERM|15 death signal|Signals\.SIGTERM)|SIGTERM (?:received|caught)",
        ),
        ("signal", r"(?i)(?:received|caught|got|by) signal:? ?\(?15\b"),
        ("preempt", r"(?i)preempt(?:ed|ion)\b.{0,60}(?:checkpoint|exit|signal|notice|stop)"),
    ),
    *signs(
        Place.ENDING,
        "killed",
        (
            "killed|sigkill|已杀死",
            r"^(?:.{0,120}\s)?Killed(?:\s{2,}.*|\s*(?:\(program.*)?)$|^(?:\S{0,80}sh: )?(?:line \d+: +)?\d+ Killed\b|^已杀死",
        ),
        ("signal", r"(?i)(?:killed|terminated|interrupted|exited) (?:by|on) signal:? ?\(?9\b"),
    ),
)
