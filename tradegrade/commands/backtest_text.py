"""A backtest in words and columns, for a person, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from models.explain.words import Text

Document = Mapping[str, Any]
KINDS = {
    "bad_debt": Text("坏账", "bad debt"),
    "bankruptcy": Text("破产", "bankruptcy"),
    "days_past_due": Text("逾期满90天", "90 days past due"),
}
VERDICTS = {
    "warned": Text("已预警", "warned"),
    "missed": Text("漏报", "missed"),
    "not_gradable": Text("无法评级", "not gradable"),
}
WHY_NONE = {
    "not_known": Text("尚不为账本所知", "not known yet"),
    "no_exposure": Text("无敞口", "no exposure"),
    "in_default": Text("已违约", "in default already"),
}


def backtest_lines(document: Document, lang: str) -> Iterator[str]:
    """Yield a backtest: its summary, every event, and what became of each grade.

    Parameters
    ----------
    document : mapping
        From `training.backtest_document.backtest_document`.
    lang : str
        ``zh`` or ``en``.
    """
    yield Text(
        f"{document['quarter']}（{document['from']}至{document['to']}）的违约事件，"
        f"模型{document['model_version']}，政策{document['policy_version']}",
        f"Defaults of {document['quarter']} ({document['from']} to {document['to']}), model "
        f"{document['model_version']}, policy {document['policy_version']}",
    ).of(lang)
    yield document["note"][lang]
    yield ""
    yield from _summary(document["summary"], lang)
    for event in document["events"]:
        yield _event(event, lang)
    yield ""
    yield from _grades(document, lang)


def _summary(summary: Document, lang: str) -> Iterator[str]:
    if not summary["events"]:
        yield Text("本季度没有违约事件。", "There is no default event in this quarter.").of(lang)
        return
    yield Text(
        f"{summary['events']:,}起事件，{summary['customers']:,}户，金额{summary['amount']}",
        f"events {summary['events']:,}, customers {summary['customers']:,}, amount "
        f"{summary['amount']}",
    ).of(lang)
    for kind in summary["kinds"]:
        yield f"  {KINDS[kind['kind']].of(lang)}: {_part(kind, lang)}"
    yield Text(
        "此前所持等级：C、D为已预警，A、B为漏报",
        "Grades held before: C or D warned, A or B missed",
    ).of(lang)
    for line in summary["lags"]:
        yield from _lag(line, lang)
    yield Text("仅计每户的首起事件", "Of each customer's first event alone").of(lang)
    for line in summary["first_events"]:
        yield from _lag(line, lang)
    yield Text(
        "90天前等级的首要原因（已预警/漏报）",
        "Strongest reason for the grade 90 days before (warned/missed)",
    ).of(lang)
    for reason in summary["reasons"]:
        told = f"{reason['warned']}/{reason['missed']}"
        yield f"  {told:>7}  {reason['label'][lang]} ({reason['reason']})"
    yield ""


def _lag(line: Document, lang: str) -> Iterator[str]:
    days = Text(f"{line['days_before']}天前", f"{line['days_before']} days before").of(lang)
    parts = [f"{told.of(lang)} {_part(line[name], lang)}" for name, told in VERDICTS.items()]
    yield f"  {days}: {'; '.join(parts)}"
    why = [f"{WHY_NONE[name].of(lang)} {n}" for name, n in line["why_none"].items() if n]
    if why:
        yield f"    {VERDICTS['not_gradable'].of(lang)}: {', '.join(why)}"


def _part(part: Document, lang: str) -> str:
    amount = Text(f"金额{part['amount']}", f"amount {part['amount']}").of(lang)
    return f"{part['events']:,} ({part['share']:.1%}, {amount})"


def _event(event: Document, lang: str) -> str:
    amount = "" if event["amount"] is None else f" {event['amount']}"
    held = [
        f"{Text(f'{days}天前', f'{days} days before').of(lang)} {_held(one, lang)}"
        for days, one in event["held"].items()
    ]
    return (
        f"{event['day']} {event['customer_id']} {KINDS[event['kind']].of(lang)}{amount}: "
        f"{', '.join(held)} | {VERDICTS[event['verdict']].of(lang)}"
    )


def _held(held: Document, lang: str) -> str:
    if held["grade"] is None:
        return f"({WHY_NONE[held['why_none']].of(lang)})"
    return f"{held['grade']} {held['score']:.1f} ({held['default_probability']:.2%})"


def _grades(document: Document, lang: str) -> Iterator[str]:
    yield Text(
        f"{document['graded_on']}所持等级在其后{document['horizon_days']}天内的违约率，对照当日所述概率"
        "（有敞口且未违约的客户）",
        f"Default rate within {document['horizon_days']} days by the grade held on "
        f"{document['graded_on']}, beside the probability told (customers exposed and not in "
        "default)",
    ).of(lang)
    for line in document["grades"]:
        if not line["customers"]:
            yield f"  {line['grade']}: " + Text("无客户", "nobody").of(lang)
            continue
        yield f"  {line['grade']}: " + Text(
            f"{line['customers']:,}户，违约{line['defaults']:,}户，"
            f"违约率{line['default_rate']:.2%}，所述概率{line['default_probability']:.2%}",
            f"customers {line['customers']:,}, defaults {line['defaults']:,}, rate "
            f"{line['default_rate']:.2%}, told {line['default_probability']:.2%}",
        ).of(lang)
