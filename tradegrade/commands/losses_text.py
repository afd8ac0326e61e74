"""Expected losses and provisions in words and columns, for a person."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal

from models.bands import GRADES
from models.explain.words import Text
from models.losses.expected import LossBook
from models.losses.provisions import Provision
from models.losses.words import (
    NOT_SET_OFF,
    WRITTEN_OFF,
    bucket_text,
    difference_text,
    history_text,
    horizon_text,
    lgd_texts,
)
from models.policy.sections import LossSection

SHOWN = 10  # customers


def loss_lines(book: LossBook, rule: LossSection, lang: str) -> Iterator[str]:
    """Yield a book's expected losses: its sum, grades by bucket, provisions, where it comes from.

    Parameters
    ----------
    book : LossBook
        From `models.losses.expected.expected_losses`.
    rule : LossSection
        The policy's that it was reckoned with.
    lang : str
        ``zh`` or ``en``.
    """
    yield Text(
        f"截至{book.facts.as_of}的预期损失（{book.facts.currency}）："
        f"{_money(book.total('expected_loss'))}，敞口{_money(book.total('exposure'))}，{len(book.customers):,}户；"
        f"模型{book.model_version}，政策{book.policy_version}",
        f"Expected loss as of {book.facts.as_of} ({book.facts.currency}): "
        f"{_money(book.total('expected_loss'))} of an exposure of "
        f"{_money(book.total('exposure'))}, {len(book.customers):,} customers; model "
        f"{book.model_version}, policy {book.policy_version}",
    ).of(lang)  # fmt: skip
    yield horizon_text(book).of(lang)
    for told in lgd_texts(book.facts.lgd, rule):
        yield told.of(lang)
    yield ""
    yield Text(
        "按等级与账龄的预期损失（余额）", "Expected loss (outstanding) by grade and ageing"
    ).of(lang)
    yield from _aligned(_cells(book, lang))
    yield ""
    yield Text(
        "坏账准备：余额与三种计提", "Provisions: what is outstanding, provided in three ways"
    ).of(lang)
    yield from _aligned(_matrix(book, lang))
    yield history_text(book, rule).of(lang)
    yield difference_text(book).of(lang)
    yield ""
    yield from _beside(book, lang)
    yield from _largest(book, lang)


def _cells(book: LossBook, lang: str) -> Iterator[list[str]]:
    codes = book.facts.buckets.codes
    total = Text("合计", "total").of(lang)
    yield ["", *(bucket_text(code).of(lang) for code in codes), total]
    for grade in GRADES:
        cells = [cell for cell in book.cells if cell.grade == grade]
        pairs = [(cell.expected_loss, cell.outstanding) for cell in cells]
        yield [grade, *(f"{_money(a)} ({_money(b)})" for a, b in (*pairs, _sums(pairs)))]
    sums = [
        _sums(
            [(cell.expected_loss, cell.outstanding) for cell in book.cells if cell.bucket == code]
        )
        for code in codes
    ]
    yield [total, *(f"{_money(a)} ({_money(b)})" for a, b in (*sums, _sums(sums)))]


def _matrix(book: LossBook, lang: str) -> Iterator[list[str]]:
    yield [
        "",
        Text("余额", "outstanding").of(lang),
        Text("政策", "policy").of(lang),
        Text("历史", "history").of(lang),
        Text("模型", "model").of(lang),
    ]
    matrices = (book.by_policy, book.by_history, book.by_model)
    for lines in zip(*(matrix.lines for matrix in matrices), strict=True):
        yield [
            bucket_text(lines[0].code).of(lang),
            _money(lines[0].outstanding),
            *(_provision(line, lang) for line in lines),
        ]
    totals = [_amount(matrix.total, lang) for matrix in matrices]
    yield [Text("合计", "total").of(lang), _money(book.outstanding), *totals]


def _beside(book: LossBook, lang: str) -> Iterator[str]:
    written, credit = book.total("written_off"), book.total("unallocated_credit")
    yield Text(
        f"未结余额中已确认坏账：{_money(written)}。{WRITTEN_OFF.zh}",
        f"Open and given up before: {_money(written)}. {WRITTEN_OFF.en}",
    ).of(lang)
    yield Text(
        f"未核销到发票的款项：{_money(credit)}。{NOT_SET_OFF.zh}",
        f"Unallocated credit: {_money(credit)}. {NOT_SET_OFF.en}",
    ).of(lang)


def _largest(book: LossBook, lang: str) -> Iterator[str]:
    ordered = sorted(book.customers, key=lambda line: (-line.expected_loss, line.customer_id))
    shown = [line for line in ordered if line.expected_loss > 0][:SHOWN]
    if not shown:
        return
    yield ""
    yield Text("预期损失最大的客户", "The largest expected losses").of(lang)
    already = Text("（已违约）", " (in default)").of(lang)
    for line in shown:
        more = already if line.in_default else ""
        yield (
            f"  {line.customer_id}  {line.grade}  {line.default_probability:.2%}{more} × "
            f"{_money(line.exposure)} × {line.lgd:.1%} = {_money(line.expected_loss)}"
        )


def _sums(pairs: Sequence[tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
    nothing = Decimal("0.00")
    return sum((a for a, _ in pairs), nothing), sum((b for _, b in pairs), nothing)


def _provision(line: Provision, lang: str) -> str:
    amount = _amount(line.amount, lang)
    return amount if line.rate is None else f"{amount} ({line.rate:.2%})"


def _amount(amount: Decimal | None, lang: str) -> str:
    return Text("未知", "unknown").of(lang) if amount is None else _money(amount)


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}"


def _aligned(rows: Iterator[list[str]]) -> Iterator[str]:
    """Yield rows as lines of columns: the first to the left, the others to the right."""
    table = list(rows)
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for row in table:
        first, *others = zip(row, widths, strict=True)
        cells = [_padded(*first, left=True), *(_padded(*other, left=False) for other in others)]
        yield f"  {'  '.join(cells)}".rstrip()


def _padded(cell: str, wide: int, *, left: bool) -> str:
    blank = " " * (wide - _width(cell))
    return cell + blank if left else blank + cell


def _width(text: str) -> int:
    """Return the columns that a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
