"""The words of the risk report in Chinese and English."""

from models.explain.words import Text

LABELS = {
    "title": Text("应收账款信用风险报告", "Credit risk of the receivables"),
    "as_of": Text("截至", "As of"),
    "horizon": Text("违约概率期限", "Horizon of the default probability"),
    "days": Text("天", "days"),
    "model": Text("模型版本", "Model"),
    "policy": Text("政策版本", "Policy"),
    "currency": Text("币种", "Currency"),
    "book": Text("按等级汇总", "The book by grade"),
    "grade": Text("等级", "Grade"),
    "customers": Text("客户数", "Customers"),
    "share": Text("占比", "Share"),
    "probability": Text("违约概率", "Default probability"),
    "mean_probability": Text("平均违约概率", "Mean default probability"),
    "exposure": Text("信用敞口", "Exposure"),
    "at_risk": Text("预计违约金额", "Amount at risk"),
    "at_risk_note": Text(
        "预计违约金额为违约概率乘以信用敞口，未扣除可能的收回。",
        "The amount at risk is the default probability times the exposure, before recoveries.",
    ),
    "total": Text("合计", "Total"),
    "movement": Text("等级变动", "Grades that moved"),
    "downgraded": Text("降级客户", "Downgraded"),
    "upgraded": Text("升级客户", "Upgraded"),
    "without_prior": Text("首次评级", "Graded for the first time"),
    "provisional": Text("临时定级", "Provisional"),
    "downgrades": Text("降级客户（按敞口排列）", "Downgrades, by exposure"),
    "no_downgrades": Text(
        "与上次评级相比无降级客户。", "Nobody was downgraded since the last grading."
    ),
    "largest": Text("预计违约金额最大的客户", "The largest amounts at risk"),
    "none_at_risk": Text("没有信用敞口。", "Nobody owes anything."),
    "customer": Text("客户", "Customer"),
    "from": Text("原等级", "From"),
    "to": Text("现等级", "To"),
    "score": Text("得分", "Score"),
    "reason": Text("主要原因", "Main reason"),
    "concentration": Text("集中度", "Concentration"),
    "largest_share": Text("最大单一客户占敞口比例", "Largest customer's share of the exposure"),
    "herfindahl": Text("赫芬达尔指数", "Herfindahl index of the exposure"),
}
