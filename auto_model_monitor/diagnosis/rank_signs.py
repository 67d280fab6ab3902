"""Signs of processes that could not reach each other."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

RANK_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.FAULT,
        "port_in_use",
        ("address already in use|eaddrinuse", r"(?i)EADDRINUSE|address already in use"),
        ("winerror", r"\[WinError 10048\]"),
        ("only one usage of each socket", r"Only one usage of each socket address"),
        ("already in use", r"(?i)\bport (?P<port>\d{2,5}) (?:is |was )?already (?:in use|used|occupied)"),
        ("地址已在使用", r"地址已在使用"),
    ),
    *signs(
        Place.FAULT,
        "hang",
        ("watchdog", r"(?i)watchdog (?:thread )?got stuck|watchdog thread is stuck"),
        ("heartbeat monitor timed out", r"(?i)heartbeat monitor timed out"),
        ("dataloader timed out", r"DataLoader timed out after (?P<seconds>[\d.]+) seconds"),
        ("timeout (", r"^Timeout \((?P<seconds>\d+:\d\d:\d\d(?:\.\d+)?)\)!$"),
        ("blocked for more than", r"blocked for more than (?P<seconds>\d+) seconds"),
    ),
    *signs(
        Place.FAULT,
        "comm_timeout",
        ("collective operation timeout", r"(?i)caught collective operation timeout"),
        ("timed out waiting", r"Timed out waiting \d+ ?ms for (?:recv|send) operation"),
        ("wait timeout", r"(?i)wait timeout after \d+ ?ms"),
        ("pair closure", r"Application timeout caused pair closure"),
        ("monitoredbarrier", r"failed to pass monitoredBarrier in"),
        ("barrier timed out", r"(?i)barrier timed out"),
        ("notify", r"(?i)(?:notify wait|wait execution of the notify register) time(?:s |d )?out"),
        ("missing ranks", r"(?i)missing ranks:"),
        ("waiting for remainder of ranks", r"waiting for remainder of ranks"),
        (
            "timed out",
            r"(?i)(?:collective|all_?reduce|all_?gather|broadcast|reduce_scatter)\w* .{0,80}timed out",
        ),
    ),
    *signs(
        Place.FAULT,
        "comm_failure",
        ("nccl", r"nccl(?:System|Remote|Internal|UnhandledCuda|InvalidUsage)Error|NCCL error|NCCL failure"),
        ("nccl warn", r"NCCL WARN .{0,120}(?:fail|timed out|closed by|[Nn]o route|unreachable|status=)"),
        ("connectfullmesh", r"Gloo connectFullMesh failed"),
        ("client socket has", r"client socket has (?:failed to connect|timed out after)"),
        ("connection closed by peer", r"(?i)connection closed by (?:remote )?peer"),
        (
            "connection reset by peer",
            r"(?i)(?:gloo|nccl|tcp/pair|store|rank).{0,160}Connection reset by peer",
        ),
        ("rendezvous", r"Rendezvous(?:Connection|Timeout|Closed)Error"),
        ("distnetworkerror|diststoreerror|distbackenderror", r"Dist(?:Network|Store|Backend)Error"),
        ("waiting for clients", r"waiting for clients\. \d+/\d+ clients joined"),
        ("remote process exited", r"(?i)remote process exited|remote peer (?:exited|closed)"),
        ("socketstartconnect", r"socketStartConnect: Connect to"),
        ("hccl|hcom", r"(?i)(?:hccl|hcom).{0,120}(?:fail|error|timeout)"),
        ("ei", r"\bEI000[46]\b"),
        ("lost communication", r"ORTE has lost communication"),
        ("tcp connection", r"unable to complete a TCP connection"),
        (
            "horovod has been shut down|horovodinternalerror",
            r"Horovod has been shut down|HorovodInternalError",
        ),
        ("failed to connect to all addresses", r"failed to connect to all addresses"),
        ("coordination service", r"(?i)coordination service.{0,120}(?:error|fail|unavailable|disconnect)"),
    ),
)
