"""Signs of processes that could not reach each other, and of those that waited for ever."""

from __future__ import annotations

from .cause_sign import CauseSign, Place, signs

RANK_SIGNS: tuple[CauseSign, ...] = (
    *signs(
        Place.FAULT,
        "port_in_use",
        (
            "already in use|eaddrinuse|addressinuse",
            r"(?i)EADDRINUSE|addr(?:ess)? ?(?:is )?already in use|AddressInUse",
        ),
        ("errno", r"\[Errno (?:98|48)\]|errno: 98\b"),
        ("winerror", r"\[WinError 10048\]"),
        ("only one usage of each socket", r"Only one usage of each socket address"),
        (
            "in use|already used|occupied|is used|taken",
            r"(?i)\bport:? ?(?P<port>\d{2,5}) (?:is |was |has been )?(?:already )?(?:in use|used|occupied|taken)",
        ),
        ("empty port", r"Cannot find empty port in range"),
        (
            "could not bind|failed to bind|unable to bind|cannot bind",
            r"(?i)(?:could not|failed to|unable to|cannot) bind (?:to |on )?(?:any |the )?(?:\S{1,120}:|port|address|socket)",
        ),
        (
            "another process is utilizing|gRPC server".lower(),
            r"another process is utilizing it|Could not start gRPC server",
        ),
        ("bound already", r"(?i)port have been bound already"),
        ("地址已在使用", r"地址已在使用"),
        ("端口", r"端口 ?(?P<port>\d*) ?(?:已被|被)?占用"),
    ),
    *signs(
        Place.FAULT,
        "hang",
        ("watchdog", r"(?i)watchdog(?: thread)? (?:got|is|was) stuck|watchdog hang|stuck in the watchdog"),
        ("heartbeat monitor timed out", r"(?i)heartbeat monitor timed out"),
        ("dataloader timed out", r"DataLoader timed out after (?P<seconds>[\d.]{1,120}) seconds"),
        ("timeout (", r"^Timeout \((?P<seconds>\d+:\d\d:\d\d(?:\.\d+)?)\)!"),
        (
            "no progress|no output|no heartbeat|no activity|no log",
            r"(?i)no (?:progress|output|heartbeat|activity|log)\b.{0,40}(?:for|in|within) (?:the last )?(?P<seconds>\d+) ?(?:s|sec|min|hour)",
        ),
        (
            "hung|hang detected|stuck",
            r"(?i)(?:process|training|worker|job|task|rank|step)\b.{0,60}\b(?:appears? (?:to be )?(?:hung|stuck)|is hung|has hung|hang detected|seems? (?:to be )?(?:hung|stuck)|is stuck)",
        ),
        ("gettimeouterror", r"GetTimeoutError"),
    ),
    *signs(
        Place.ASSERTION,
        "hang",
        ("blocked for more than", r"blocked for more than (?P<seconds>\d+) seconds"),
        ("soft lockup", r"soft lockup - CPU"),
    ),
    *signs(
        Place.FAULT,
        "comm_timeout",
        ("collective operation timeout", r"(?i)caught collective operation timeout"),
        ("timed out waiting", r"(?i)Timed out waiting \d+ ?ms for (?:recv|send) operation"),
        ("wait timeout", r"(?i)wait timeout after \d+ ?ms"),
        ("pair closure", r"Application timeout caused pair closure"),
        ("monitoredbarrier", r"(?i)failed to pass monitoredBarrier|monitoredBarrier.{0,80}time"),
        ("barrier", r"(?i)barrier .{0,80}timed? ?out|barrier timed? ?out|DEADLINE_EXCEEDED: .{0,80}Barrier"),
        ("got error: socket timeout", r"got error: Socket Timeout"),
        ("timeout at nccl work", r"Timeout at NCCL work"),
        ("store based barrier", r"(?i)Timed out initializing process group in store based barrier"),
        ("while waiting for send/recv", r"received errors while waiting for send/recv from rank"),
        ("stream synchronize timeout|stream sync timeout", r"(?i)stream sync(?:hronize)? timeout"),
        ("notify", r"(?i)(?:notify wait|wait execution of the notify register).{0,30}time(?:s |d )?out"),
        ("waiting for clients", r"waiting for clients\. \d+/\d+ clients joined"),
        ("missing ranks", r"(?i)missing ranks:"),
        ("waiting for remainder of ranks|stalled", r"waiting for remainder of ranks|Stalled (?:ops|ranks)"),
        (
            "timed out|timeout",
            r"(?i)(?:collective|all_?reduce|all_?gather|broadcast|reduce_?scatter|all_?to_?all|\bOpType|nccl operation|hccl op)\w{0,80}.{0,120}(?:timed out|timeout)",
        ),
        ("nccl operations have failed", r"NCCL operations have failed or timed out"),
        ("comm_task|comm_context", r"(?i)comm_task.{0,200}(?:time ?out)"),
        (
            "did not respond|did not join|did not arrive|did not reach|did not enter|have not|never",
            r"(?i)ranks? \[?[\d, ]{1,120}\]? (?:did not|have not|never) (?:respond|join|arrive|reach|enter)",
        ),
    ),
    *signs(
        Place.FAULT,
        "comm_failure",
        (
            "ncclsystem|ncclremote|ncclinternal|ncclunhandled|ncclinvalid|nccl error|nccl failure|nccl communicator|error, nccl",
            r"nccl(?:System|Remote|Internal|UnhandledCuda|InvalidUsage)Error|NCCL (?:error|failure|communicator was aborted)|unhandled (?:system|cuda) error, NCCL",
        ),
        ("unhandled system error", r"unhandled system error"),
        (
            "nccl warn",
            r"NCCL WARN .{0,160}(?:fail|timed? ?out|closed by|[Nn]o route|unreachable|status=|[Rr]efused|[Nn]o socket interface|Bootstrap)",
        ),
        ("connectfullmesh", r"(?i)connectFullMesh failed"),
        ("client socket has", r"client socket has (?:failed to connect|timed out after)"),
        ("socket timeout", r"(?:^|Error: )Socket Timeout\b"),
        (
            "connection closed by|closed by remote peer",
            r"(?i)connection closed by (?:remote |localRank )?\w{0,80}peer|socket closed by remote peer",
        ),
        (
            "connection reset by peer|connection refused|broken pipe",
            r"(?i)(?:gloo|nccl|tcp/pair|tcpstore|store|rank|c10d|socket\.cpp|mpi|horovod|hccl).{0,200}(?:Connection reset by peer|Connection refused|Broken pipe|No route to host)",
        ),
        ("connection reset by peer", r"^RuntimeError: .{0,200}Connection reset by peer"),
        (
            "rendezvous",
            r"Rendezvous(?:Connection|Timeout|Closed|State)Error|(?i:rendezvous.{0,60}(?:failed|timed out|timeout))",
        ),
        ("distnetworkerror|diststoreerror|distbackenderror", r"Dist(?:Network|Store|Backend)Error"),
        ("remote process exited|remote peer", r"(?i)remote process exited|remote peer (?:exited|closed)"),
        ("socketstartconnect|socketpoll", r"socketStartConnect: Connect to|socketPollConnect"),
        ("ibv_|got completion", r"(?i)call to ibv_\w{1,120} failed|Net ?/? ?IB ?: ?Got completion"),
        ("hccl|hcom", r"(?i)(?:hccl|hcom).{0,160}(?:fail|error|timeout)"),
        ("socket times out", r"(?i)Getting socket times out"),
        ("orte was unable|prte was unable", r"(?:ORTE|PRTE) was unable to reliably start"),
        ("lost communication", r"(?:ORTE|PRTE) has lost communication"),
        ("tcp connection", r"unable to complete a TCP connection"),
        ("mpi_err|btl_tcp", r"\bMPI_ERR_\w{1,120}|btl_tcp\w{0,80}.{0,80}(?:failed|refused)"),
        (
            "horovod has been shut down|horovodinternalerror",
            r"Horovod has been shut down|HorovodInternalError",
        ),
        (
            "failed to connect to",
            r"failed to connect to all addresses|(?i:failed to connect to (?:the )?(?:coordinator|master|rank|remote))",
        ),
        (
            "coordination service|coordinator|coordination",
            r"(?i)coordination (?:service|agent).{0,160}(?:error|fail|unavailable|disconnect|unhealthy|heartbeat)",
        ),
        ("unavailable:", r"UNAVAILABLE: .{0,160}(?:connect|peer|socket|task|heartbeat|RPC)"),
        ("bkcl", r"(?i)bkcl.{0,100}(?:fail|error)"),
        ("collective ops is aborted", r"Collective ops is aborted by"),
        ("no socket interface", r"no socket interface found"),
        (
            "init_process_group|process group",
            r"(?i)(?:failed|unable|could not).{0,30}(?:initialize|init) (?:the )?process group",
        ),
        (
            "unable to find|no network interface|no interface|no address for",
            r"(?i)(?:unable to find|no) (?:network |address for )?interface",
        ),
        ("unable to find address for", r"Unable to find address for"),
    ),
)
