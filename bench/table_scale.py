"""The lines of the table about signing in, PostgreSQL, several nodes and growth."""

from collections.abc import Sequence
from statistics import median

from cluster_rows import ClusterRound, Storm
from growth_rows import Growth
from postgres_rows import PostgresRound
from sign_in_rows import FLOOD, RATE, SignInCost
from table_print import Line, judge


def sign_in_table(rounds: Sequence[SignInCost]) -> list[Line]:
    """Proofs, signed reads, and a flood of sign-ins."""
    if not rounds:
        return []
    proof = median(one.proof_us for one in rounds)
    ratios = [one.read_us / one.unchecked_read_us for one in rounds]
    flood = [one.flooded_p99 / one.calm_p99 for one in rounds]
    grown = max(one.memory_peak - one.memory_before for one in rounds)
    checked, bare = median(one.read_us for one in rounds), median(one.unchecked_read_us for one in rounds)
    reads = f"{checked:.0f} us against {bare:.0f} us"
    answered = sum(one.flooded_sign_ins for one in rounds)
    chat = f"chat at {RATE:g}/s: p99 {median(one.calm_p99 for one in rounds):.2f} ms alone"
    return [
        Line("verify a proof", "<= 250 us", f"{proof:.0f} us", judge(proof, 250, at_most=True), "CPU"),
        Line(
            "signed read, times the same unchecked",
            "<= 1.6",
            f"{median(ratios):.2f} ({_list(ratios)})",
            judge(median(ratios), 1.6, at_most=True),
            f"CPU of the server: {reads}",
        ),
        Line(
            f"{FLOOD} parallel sign-ins, times the chat's p99",
            "<= 2",
            f"{median(flood):.2f} ({_list(flood)})",
            judge(median(flood), 2, at_most=True),
            f"{chat}; {answered:,} answered; memory grew by {grown / 1e6:.0f} MB",
        ),
    ]


def postgres_table(rounds: Sequence[PostgresRound]) -> list[Line]:
    """PostgreSQL against SQLite, and grouped against a commit for each message."""
    if not rounds:
        return []
    against = [one.postgres / one.sqlite for one in rounds]
    grouped = [one.postgres / one.ungrouped for one in rounds]
    rates = f"{median(one.postgres for one in rounds):,.0f}/s against {median(one.sqlite for one in rounds):,.0f}/s"
    lost = sum(one.missing for one in rounds)
    return [
        Line(
            "PostgreSQL, times SQLite",
            ">= 0.8",
            f"{median(against):.2f} ({_list(against)})",
            judge(median(against), 0.8),
            f"durable messages: {rates}; {lost} of the acknowledged missing",
        ),
        Line(
            "PostgreSQL, grouped times a commit each",
            ">= 3",
            f"{median(grouped):.2f} ({_list(grouped)})",
            judge(median(grouped), 3),
            f"{median(one.ungrouped for one in rounds):,.0f}/s with a commit each",
        ),
    ]


def cluster_table(rounds: Sequence[ClusterRound]) -> list[Line]:
    """Two nodes against one, and from one to the other."""
    if not rounds:
        return []
    ratios = [one.two_nodes.per_cpu_second / one.one_node.per_cpu_second for one in rounds]
    walls = [one.two_nodes.per_second / one.one_node.per_second for one in rounds]
    p50, p99 = median(one.across_p50 for one in rounds), median(one.across_p99 for one in rounds)
    each = f"{median(one.two_nodes.per_cpu_second for one in rounds):,.0f} against "
    each += f"{median(one.one_node.per_cpu_second for one in rounds):,.0f}"
    both = f"{median(one.two_nodes.per_second for one in rounds):,.0f}/s against "
    both += f"{median(one.one_node.per_second for one in rounds):,.0f}/s"
    across = "entry at node A to client of node B, 1,000/s over NATS"
    return [
        Line(
            "two nodes, times one: wide fan-out, a core for each",
            ">= 1.6",
            f"{median(ratios):.2f} ({_list(ratios)})",
            judge(median(ratios), 1.6),
            f"deliveries for each CPU second of the busiest node: {each}",
        ),
        Line(
            "the same, nodes, database and generator on this machine",
            "",
            f"{median(walls):.2f} ({_list(walls)})",
            "",
            f"deliveries to operators: {both}",
        ),
        Line(f"{across}: p50", "<= 3 ms", f"{p50:.2f} ms", judge(p50, 3, at_most=True)),
        Line(f"{across}: p99", "<= 20 ms", f"{p99:.2f} ms", judge(p99, 20, at_most=True)),
    ]


def storm_table(storms: Sequence[Storm]) -> list[Line]:
    """Return the rows of the reconnect storm."""
    if not storms:
        return []
    back = median(one.back for one in storms)
    ratios = [one.storm_p99 / one.calm_p99 for one in storms]
    return [
        Line(
            f"{storms[0].clients:,} clients dropped at once: all back",
            "<= 10 s",
            f"{back:.1f} s",
            judge(back, 10, at_most=True),
        ),
        Line(
            "the p99 of the rest meanwhile, times calm",
            "<= 3",
            f"{median(ratios):.2f} ({_list(ratios)})",
            judge(median(ratios), 3, at_most=True),
            f"{median(one.storm_p99 for one in storms):.2f} ms; at most {max(one.storm_max for one in storms):.0f} ms",
        ),
    ]


def growth_table(found: Sequence[Growth]) -> list[Line]:
    """The same reads at a hundred times the size."""
    return [
        Line(
            f"{one.database}, grown a hundredfold: {name}",
            "<= 1.5",
            f"{one.large[name] / one.small[name]:.2f}",
            judge(one.large[name] / one.small[name], 1.5, at_most=True),
            f"{one.large[name]:.2f} ms against {one.small[name]:.2f} ms",
        )
        for one in found
        for name in one.small
    ]


def _list(values: Sequence[float]) -> str:
    return " ".join(f"{value:.2f}" for value in values)
