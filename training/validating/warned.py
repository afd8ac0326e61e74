"""What a reader of a validation must know before its figures, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from models.explain.words.text import Text
from training.statistics.monotonicity import Audit
from training.validating.months import Months
from training.validating.risks import Calibration
from training.validating.steadiness import Spread

WEAK = 0.5  # a test with less power passes more often than not what it should find


def warnings_of(
    months: Months,
    calibration: Calibration,
    spreads: Sequence[Spread],
    audits: Sequence[Audit],
    *,
    least_defaults: int,
    defaults: int,
    record_found: bool,
) -> tuple[Text, ...]:
    """Return the warnings, the gravest first.

    Parameters
    ----------
    months, calibration, spreads, audits
        Parts of the validation.
    least_defaults : int
        Fewer rows that defaulted make a figure little more than a guess.
    defaults : int
        Rows that defaulted.
    record_found : bool
        Whether the workspace has the record of the training.
    """
    return tuple(
        [
            *_violated(audits),
            *_thin(defaults, least_defaults, calibration),
            *_learned(months, record_found),
            *_powerless(calibration, spreads),
        ]
    )


def _violated(audits: Sequence[Audit]) -> Iterator[Text]:
    wrong = [audit.feature for audit in audits if audit.violations]
    if wrong:
        yield Text(
            f"模型违反了{len(wrong)}个特征的单调方向：{'、'.join(wrong)}。",
            f"The model breaks the direction of {len(wrong)} features: {', '.join(wrong)}.",
        )


def _thin(defaults: int, least: int, calibration: Calibration) -> Iterator[Text]:
    if defaults < least:
        yield Text(
            f"所验证的样本只有{defaults}个违约，少于{least}个：各项数字不足为凭。",
            f"The judged rows have {defaults} defaults, fewer than {least}: the figures are little "
            "more than a guess.",
        )
    if calibration.defaults < least <= defaults:
        yield Text(
            f"观察期互不重叠的月末只有{calibration.defaults}个违约，少于{least}个：校准检验不足为凭。",
            f"The month-ends whose horizons do not overlap have {calibration.defaults} defaults, "
            f"fewer than {least}: the tests of calibration are little more than a guess.",
        )


def _learned(months: Months, record_found: bool) -> Iterator[Text]:
    if months.learned:
        yield Text(
            f"模型曾用其中{len(months.learned)}个月末拟合或校准：这些月份的结果偏乐观。",
            f"The model was fitted or calibrated on {len(months.learned)} of these month-ends: "
            "there the figures are too good.",
        )
    elif months.learned_path:
        yield Text(
            f"等级路径的{len(months.path)}个月末中，模型曾用{len(months.learned_path)}个拟合或校准："
            "迁移与预警提前量可能偏乐观。",
            f"Of the {len(months.path)} month-ends over which grades are followed the model was "
            f"fitted or calibrated on {len(months.learned_path)}: migration and lead time may look "
            "too good.",
        )
    if not record_found:
        yield Text(
            "工作区没有该模型的训练记录：违约定义取默认设置，也不知道模型学过哪些月份。",
            "The workspace has no record of this model's training: the packaged definition of "
            "default is used, and the months that the model learned from are not known.",
        )


def _powerless(calibration: Calibration, spreads: Sequence[Spread]) -> Iterator[Text]:
    weak = [
        line.grade
        for line in (*calibration.grades, *calibration.notches)
        if line.power is not None and line.power < WEAK
    ]
    if weak:
        yield Text(
            f"在{'、'.join(weak)}上，即使实际违约率为预测的两倍，二项检验也多半发现不了：通过不说明校准良好。",
            f"In {', '.join(weak)} the binomial test would more likely than not miss a true rate "
            "of twice what was told: passing there says little.",
        )
    for name, found in zip(
        (Text("等级", "grades"), Text("细分等级", "notches")), spreads, strict=True
    ):
        if found.rise.cannot_fail:
            yield Text(
                f"{name.zh}的集中度检验无论如何不会失败（最小p值{found.rise.smallest_p:.3f}）：请看指数与最大占比。",
                f"The test of a risen concentration of the {name.en} cannot fail whatever happens "
                f"(its smallest p is {found.rise.smallest_p:.3f}): look at the index and the "
                "largest share.",
            )
