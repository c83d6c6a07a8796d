"""Words the simulated answers are made of, and the small grammar that joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

SUBJECTS = (
    "The customer",
    "The report",
    "The second quarter",
    "The night shift",
    "Our northern depot",
    "The contract",
    "The migration plan",
    "The committee",
    "The pilot group",
    "The maintenance window",
    "The supplier",
    "The new checkout page",
)
VERBS = (
    "describes",
    "postponed",
    "confirms",
    "does not mention",
    "puts a figure on",
    "asks for",
    "is silent about",
    "explains",
    "contradicts",
    "accounts for",
)
OBJECTS = (
    "the late delivery of two pallets",
    "a refund for the duplicate charge",
    "the drop in returning visitors",
    "an outage that lasted eleven minutes",
    "the change of address made in March",
    "a shorter notice period",
    "the missing safety certificate",
    "three open questions about storage",
    "the cost of moving to the new region",
    "a recall of the older model",
    "the difference between the two invoices",
    "staffing during the holiday weeks",
)
TAILS = (
    "without naming a date",
    "and gives two reasons for it",
    "although the appendix says otherwise",
    "because the earlier estimate was too low",
    "before anything else is decided",
    "as agreed on the telephone",
    "in plain words",
    "at roughly a tenth of the budget",
    "while the rest stays as it was",
)
HEADINGS = ("What happened", "Why it matters", "Numbers", "Open questions", "Next steps", "Background")
LABELS = ("billing", "delivery", "technical", "account", "praise", "spam", "other")
NAMES = ("Amara Okafor", "Jens Lindqvist", "Chiara Bianchi", "Łukasz Wójcik", "Nguyễn Minh", "Zoë Brontë")
PLACES = ("Gdańsk", "Curitiba", "Aarhus", "Nagoya", "Málaga", "Tromsø")
TRANSLATIONS = (
    "荷物は火曜日に届く予定でしたが、まだ倉庫にあります。明日の朝、もう一度確認いたします。",
    "合同的第二部分说明了付款的期限。如果逾期，双方应在十天之内协商新的日期。",
    "배송이 늦어진 이유는 창고 이전 때문입니다. 불편을 드려 죄송합니다.",
    "La facture a été réglée en deux fois ; la différence de 12,40 € n'a pas encore été remboursée.",
    "Die Lieferung verzögert sich um zwei Tage, weil die Straße über den Paß gesperrt ist.",
    "El señor Ibáñez pidió que le enviáramos el recibo a su nueva dirección en Logroño.",
    "Zażółcona kartka leżała na biurku; nikt nie pamiętał, kto ją tam położył.",
    "Η παραγγελία έφτασε ολόκληρη, αλλά το τιμολόγιο έλειπε από το κουτί.",
    "وصل الطرد في الموعد، لكن الفاتورة كانت باسم عميل آخر.",
    "Đơn hàng đã được giao đúng hẹn, nhưng thiếu một món phụ kiện.",
)
CODE = (
    "def running_mean(values: list[float], width: int) -> list[float]:\n"
    "    total = sum(values[:width])\n"
    "    means = [total / width]\n"
    "    for gone, come in zip(values, values[width:]):\n"
    "        total += come - gone\n"
    "        means.append(total / width)\n"
    "    return means\n",
    "SELECT region, count(*) AS orders, sum(amount) AS total\n"
    "FROM orders\n"
    "WHERE created_at >= date '2026-10-01' AND status <> 'void'\n"
    "GROUP BY region\n"
    "HAVING count(*) > 100\n"
    "ORDER BY total DESC;\n",
    "export async function retry<T>(work: () => Promise<T>, times = 3): Promise<T> {\n"
    "  for (let n = 1; ; n++) {\n"
    "    try { return await work(); }\n"
    "    catch (problem) { if (n === times) throw problem; }\n"
    "  }\n"
    "}\n",
    "fn longest_run(bits: &[bool]) -> usize {\n    bits.split(|bit| !bit).map(<[bool]>::len).max().unwrap_or(0)\n}\n",
)


def sentence(random: Random) -> str:
    """One sentence."""
    tail = " " + random.choice(TAILS) if random.random() < 0.7 else ""
    return f"{random.choice(SUBJECTS)} {random.choice(VERBS)} {random.choice(OBJECTS)}{tail}."


def paragraph(random: Random, sentences: int) -> str:
    """Several sentences in a row."""
    return " ".join(sentence(random) for _ in range(sentences))


def markdown(random: Random, sections: int) -> str:
    """A summary with headings, paragraphs and lists."""
    parts = []
    for heading in random.sample(HEADINGS, sections):
        parts.append(f"## {heading}\n\n{paragraph(random, random.randint(3, 6))}")
        if random.random() < 0.5:
            points = "\n".join(f"- **{random.choice(SUBJECTS)}**: {sentence(random)}" for _ in range(3))
            parts.append(points)
    return "\n\n".join(parts)
