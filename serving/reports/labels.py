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
    "losses": Text("预期损失（按等级与账龄）", "Expected losses by grade and ageing"),
    "expected_loss": Text("预期损失", "Expected loss"),
    "outstanding": Text("余额", "Outstanding"),
    "losses_note": Text(
        "每格上为预期损失，下为余额。预期损失为违约概率乘以违约敞口再乘以违约损失率；"
        "已违约客户的概率为100%。违约敞口为余额加政策计入的订单与未用额度，减去认可的担保。",
        "In each cell the expected loss, and below it what is outstanding. The expected loss is "
        "the default probability times the exposure at default times the loss given default; the "
        "probability of a customer in default is 100%. The exposure at default is what is "
        "outstanding, with the policy's shares of orders and unused limits, less recognised "
        "guarantees.",
    ),
    "lgd": Text("违约损失率", "Loss given default"),
    "provisions": Text("坏账准备（按账龄）", "Provisions by ageing"),
    "bucket": Text("账龄", "Ageing"),
    "by_policy": Text("按政策比例", "At the policy's rates"),
    "by_history": Text("按历史损失率", "At historical rates"),
    "by_model": Text("按模型", "By the model"),
    "model_minus_policy": Text("模型减政策", "Model less policy"),
    "unknown": Text("未知", "unknown"),
    "written_off": Text("未结余额中已确认坏账", "Open and given up before"),
    "unallocated": Text("未核销到发票的款项", "Unallocated credit"),
    "concentration": Text("集中度", "Concentration"),
    "largest_share": Text("最大单一客户占敞口比例", "Largest customer's share of the exposure"),
    "herfindahl": Text("赫芬达尔指数", "Herfindahl index of the exposure"),
}
