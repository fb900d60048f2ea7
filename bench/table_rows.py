"""From single runs to the lines of the table: medians of the rounds, ratios of the same round, goals beside them."""

from collections.abc import Callable, Sequence
from statistics import median

from desk_rows import DeskStart, Start
from durable_rows import FAST_RATE, OVERLOAD, SLOW_RATE, STEADY, Run
from generator_rows import GeneratorRun
from loader_rows import LoaderSeen
from memory_rows import Memory
from stack_peers import FASTAPI_ORM, NODE_WS_GROUP, NODE_WS_SPREAD, SOCKETIO_COMMIT
from table_print import Line, judge

OURS, ONE_WORKSPACE, SPREAD = "Crumbless", "Crumbless, one workspace", "Crumbless, 2,000 conversations"

_RATIO_GOALS: dict[str, tuple[float | None, float]] = {
    FASTAPI_ORM.name: (36, 36),
    SOCKETIO_COMMIT.name: (8, 8),
    NODE_WS_GROUP.name: (1.25, 1.35),
}
_SIZE_GOALS = {"loader": 3000, "frame": 30_000, "desk": 90_000}
_MEMORY_GOAL, _MEMORY_AIM = 30_000, 4_000


def generator_table(runs: Sequence[GeneratorRun]) -> list[Line]:
    """The generator's ceiling: how much it sends to a floor server, and how late it is."""
    lines: list[Line] = []
    for kind in dict.fromkeys(run.kind for run in runs):
        same = [run.counts for run in runs if run.kind == kind]
        reached = f"{median(one.complete_per_second for one in same):,.0f}/s"
        lag = f"generator busy {median(one.pump_cpu_share for one in same):.0%} of its core"
        if kind != "closed":
            lag += f", late p99 {median(one.lag_ms.p99 for one in same):.2f} ms"
            lag += f"; to operator p50 {median(one.operator_ms.p50 for one in same):.2f} ms"
        lines.append(Line(f"generator and C floor, {kind}", "", reached, "", lag))
    return lines


def durable_table(runs: Sequence[Run]) -> list[Line]:
    """Latency, saturation, ratios, overload, one workspace, start."""
    return [
        *_latency(runs, SLOW_RATE, (1.0, 0.6), (5, 3)),
        *_latency(runs, FAST_RATE, None, (20, 10)),
        *_saturation(runs),
        *_spread(runs),
        *_steady(runs),
        *_overload(runs),
        *_one_workspace(runs),
        *_start(runs),
    ]


def _of(runs: Sequence[Run], stack: str, kind: str) -> list[Run]:
    return sorted((run for run in runs if run.stack == stack and run.kind == kind), key=lambda run: run.round)


def _disk(runs: Sequence[Run]) -> str:
    per_second = [run.disk_per_second for run in runs]
    p50 = median(run.disk_p50_ms for run in runs)
    others = median(run.others for run in runs)
    disk = f"raw fdatasync {min(per_second):,.0f}-{max(per_second):,.0f}/s, p50 {p50:.2f} ms"
    return f"{disk}; others used {others:.0%} of the machine"


def _loss(runs: Sequence[Run]) -> str:
    acked, missing = sum(run.counts.acked for run in runs), sum(run.missing for run in runs)
    extra, doubled = sum(run.extra for run in runs), sum(run.counts.duplicates for run in runs)
    return f"{acked:,} acknowledged, {missing} missing, {extra} not acknowledged in the file, {doubled} delivered twice"


def _list(values: Sequence[float], form: str = ",.0f") -> str:
    return " ".join(format(value, form) for value in values)


def _latency(runs: Sequence[Run], rate: int, p50: tuple[float, float] | None, p99: tuple[float, float]) -> list[Line]:
    same = _of(runs, OURS, f"open {rate}")
    if not same:
        return []
    lines: list[Line] = []
    what, disk = f"send to operator, {rate:,}/s, durable", _disk(same)
    picks: list[tuple[str, tuple[float, float] | None, Callable[[Run], float]]] = [
        ("p50", p50, lambda run: run.counts.operator_ms.p50),
        ("p99", p99, lambda run: run.counts.operator_ms.p99),
    ]
    for name, goal, pick in picks:
        values = [pick(run) for run in same]
        reached = f"{median(values):.2f} ms ({_list(values, '.2f')})"
        if goal is None:
            lines.append(Line(f"{what}: {name}", "", reached, "", disk))
        else:
            verdict = judge(median(values), *goal, at_most=True)
            lines.append(Line(f"{what}: {name}", f"<= {goal[0]:g} ms ({goal[1]:g})", reached, verdict, disk))
    return lines


def _saturation(runs: Sequence[Run]) -> list[Line]:
    ours = _of(runs, OURS, "saturation")
    if not ours:
        return []
    rates = [run.counts.complete_per_second for run in ours]
    verdict = judge(median(rates), 10_000)
    beside = f"{median(run.cpu_us_per_message for run in ours):.0f} us of CPU each; {_disk(ours)}"
    lines = [
        Line("saturation: durable messages", ">= 10,000/s", f"{median(rates):,.0f}/s ({_list(rates)})", verdict, beside)
    ]
    for peer, (goal, aim) in _RATIO_GOALS.items():
        lines += _ratio(ours, _of(runs, peer, "saturation"), peer, goal, aim)
    lines.append(Line("saturation: stored", "0 missing", _loss(ours), judge(-sum(run.missing for run in ours), 0)))
    return lines


def _ratio(ours: Sequence[Run], theirs: Sequence[Run], peer: str, goal: float | None, aim: float) -> list[Line]:
    """Ratios are taken inside each round: between rounds the machine may change, within one both met the same."""
    if not theirs:
        return []
    pairs = zip(ours, theirs, strict=True)
    ratios = [one.counts.complete_per_second / other.counts.complete_per_second for one, other in pairs]
    rates = [run.counts.complete_per_second for run in theirs]
    beside = f"{median(rates):,.0f}/s ({_list(rates)}), {median(run.cpu_us_per_message for run in theirs):.0f} us"
    wanted = f"(>= {aim:g})" if goal is None else f">= {goal:g} ({aim:g})"
    verdict = judge(median(ratios), aim if goal is None else goal, aim)
    return [Line(f"times {peer}", wanted, f"{median(ratios):.2f} ({_list(ratios, '.2f')})", verdict, beside)]


def _spread(runs: Sequence[Run]) -> list[Line]:
    ours, theirs = _of(runs, SPREAD, "saturation"), _of(runs, NODE_WS_SPREAD.name, "saturation")
    if not ours:
        return []
    rates = [run.counts.complete_per_second for run in ours]
    beside = f"{median(run.cpu_us_per_message for run in ours):.0f} us of CPU each; {_disk(ours)}"
    return [
        Line("spread: 2,000 conversations in turn", "", f"{median(rates):,.0f}/s ({_list(rates)})", "", beside),
        *_ratio(ours, theirs, f"{NODE_WS_SPREAD.name}", 1.0, 1.0),
    ]


def _steady(runs: Sequence[Run]) -> list[Line]:
    sustained, full = _of(runs, OURS, "sustained"), _of(runs, OURS, "saturation")
    if not sustained:
        return []
    rates = [run.counts.complete_per_second for run in sustained]
    share = median(
        one.counts.complete_per_second / other.counts.complete_per_second
        for one, other in zip(sustained, full, strict=True)
    )
    return [
        _steady_line(_of(runs, OURS, "steady"), "saturation"),
        Line(
            "sustained: one message of each visitor on its way",
            "",
            f"{median(rates):,.0f}/s ({_list(rates)})",
            "",
            f"{share:.0%} of saturation; {median(run.cpu_us_per_message for run in sustained):.0f} us of CPU each",
        ),
        _steady_line(_of(runs, OURS, "steady in turn"), "the sustained rate"),
    ]


def _steady_line(same: Sequence[Run], of: str) -> Line:
    p99, p50 = ([getattr(run.counts.operator_ms, name) for run in same] for name in ("p99", "p50"))
    worst = max(run.counts.operator_ms.max for run in same)
    beside = f"p50 {median(p50):.1f} ms, worst {worst:.0f} ms; {_disk(same)}"
    reached = f"{median(p99):.1f} ms ({_list(p99, '.1f')})"
    goal = judge(median(p99), 20, at_most=True)
    return Line(f"send to operator at {STEADY:.0%} of {of}: p99", "<= 20 ms", reached, goal, beside)


def _overload(runs: Sequence[Run]) -> list[Line]:
    over, full = _of(runs, OURS, "overload"), _of(runs, OURS, "saturation")
    if not over:
        return []
    pairs = zip(over, full, strict=True)
    shares = [one.counts.operator_per_second / other.counts.complete_per_second for one, other in pairs]
    refused: dict[str, int] = {}
    for run in over:
        for code, count in run.counts.refusals.items():
            refused[code] = refused.get(code, 0) + count
    words = ", ".join(f"{count:,} {code}" for code, count in refused.items()) or "none needed"
    closes = {code for run in over for code in run.counts.closes}
    p50 = median(run.counts.operator_ms.p50 for run in over)
    silent = sum(run.counts.sent - run.counts.acked - run.counts.refused for run in over)
    return [
        Line(
            f"overload, {OVERLOAD:g} x saturation offered: delivered",
            ">= 95 % of it",
            f"{median(shares):.0%} ({_list(shares, '.2f')})",
            judge(median(shares), 0.95),
            f"to operator p50 {p50:,.0f} ms; {_disk(over)}",
        ),
        Line("overload: stored", "0 missing", _loss(over), judge(-sum(run.missing for run in over), 0)),
        Line(
            "overload: refused in words",
            "0 without answer",
            f"{words}; {silent:,} without answer",
            judge(-silent, 0),
            f"streams closed: {', '.join(sorted(closes)) or 'none'}",
        ),
    ]


def _one_workspace(runs: Sequence[Run]) -> list[Line]:
    same = _of(runs, ONE_WORKSPACE, "saturation")
    if not same:
        return []
    rates = [run.counts.complete_per_second for run in same]
    operators = median(run.counts.operator_per_second for run in same)
    beside = f"{operators:,.0f} deliveries/s to operators; {median(run.cpu_us_per_message for run in same):.0f} us each"
    return [Line("one workspace, all 20 operators see all", "", f"{median(rates):,.0f}/s ({_list(rates)})", "", beside)]


def _start(runs: Sequence[Run]) -> list[Line]:
    starts = [run.first_answer for run in {run.round: run for run in runs if run.stack == OURS}.values()]
    if not starts:
        return []
    reached = f"{median(starts):.2f} s ({_list(starts, '.2f')})"
    return [Line("start to first answer", "<= 1 s", reached, judge(median(starts), 1.0, at_most=True))]


def memory_table(runs: Sequence[Memory]) -> list[Line]:
    """Bytes per idle connection, ours with the goal, the peers beside it."""
    lines: list[Line] = []
    for stack in sorted(dict.fromkeys(run.stack for run in runs), key=lambda name: name != OURS):
        same = [run for run in runs if run.stack == stack]
        each = [run.bytes_each for run in same]
        reached = f"{median(each):,.0f} B ({_list(each)})"
        beside = f"{same[0].connections:,} connections; before them {median(run.before for run in same) / 1e6:.0f} MB"
        ours = stack == OURS
        goal = "<= 30 KB (4)" if ours else ""
        verdict = judge(median(each), _MEMORY_GOAL, _MEMORY_AIM, at_most=True) if ours else ""
        lines.append(Line(f"idle connection: {stack}", goal, reached, verdict, beside))
    return lines


def size_table(sizes: dict[str, int]) -> list[Line]:
    """Gzipped bytes of what the browser fetches."""
    return [
        Line(
            f"{name}, script and style",
            f"<= {goal / 1000:g} kB gzip",
            f"{sizes[name]:,} B",
            judge(sizes[name], goal, at_most=True),
        )
        for name, goal in _SIZE_GOALS.items()
        if name in sizes
    ]


def loader_table(seen: Sequence[LoaderSeen]) -> list[Line]:
    """Return the loader's rows: the worst of the loads for counts, the median for time."""
    if not seen:
        return []
    requests, writes = max(one.requests for one in seen), max(one.writes for one in seen)
    frame = max(one.frame_requests for one in seen)
    times = [one.main_thread_ms for one in seen]
    return [
        Line("loader: requests", "1", str(requests), judge(requests, 1, at_most=True)),
        Line("loader: writes to the device", "0", str(writes), judge(writes, 0, at_most=True)),
        Line(
            "loader: main thread",
            "<= 5 ms",
            f"{median(times):.2f} ms ({_list(times, '.2f')})",
            judge(median(times), 5, at_most=True),
        ),
        Line("frame: requests to a usable text box", "<= 4", str(frame), judge(frame, 4, at_most=True)),
    ]


def desk_table(seen: Sequence[DeskStart]) -> list[Line]:
    """How the desk starts warm, with the cold start of the same rounds beside it."""
    if not seen:
        return []

    def of(kind: Start) -> list[DeskStart]:
        return [one for one in seen if one.kind == kind]

    cold, warm = of("cold"), of("warm")
    requests, size = max(one.requests for one in warm), max(one.bytes for one in warm)
    cold_requests, cold_size = max(one.requests for one in cold), median(one.bytes for one in cold)
    times = [one.paint_ms for one in warm]
    cold_times = [one.paint_ms for one in cold]
    ratio = median(after.paint_ms / before.paint_ms for before, after in zip(cold, warm, strict=True))
    return [
        Line(
            "desk, warm: requests", "<= 2", str(requests), judge(requests, 2, 1, at_most=True), f"cold {cold_requests}"
        ),
        Line("desk, warm: bytes", "< 5,000", f"{size:,}", judge(size, 4_999, at_most=True), f"cold {cold_size:,.0f}"),
        Line(
            "desk, warm: first paint of the list",
            "",
            f"{median(times):.0f} ms ({_list(times)})",
            "",
            f"cold {median(cold_times):.0f} ms ({_list(cold_times)}); warm is {ratio:.2f} of cold",
        ),
    ]
