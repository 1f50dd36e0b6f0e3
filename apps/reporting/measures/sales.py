"""Figures before and after the order: pipeline, offers, promises, margin, service."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Behind, Chart, Measure, Unit, Worklist, register
from apps.reporting.measures.scope import in_sites

_OPEN = "FROM crm_opportunity o JOIN company c ON c.id = o.company_id WHERE o.status = 'open'"
_SENT = f"""
  FROM crm_quotation q JOIN company c ON c.id = q.company_id
 WHERE q.status = 'sent' AND {in_sites("q")}
"""
#: Promised lines of the month up to today, and whether all of each went out in time.
_PROMISES = f"""
SELECT bool_and(coalesce(m.in_time, 0) >= e.quantity)
  FROM crm_salesorder o JOIN company c ON c.id = o.company_id
  JOIN crm_salesorderline l ON l.order_id = o.id
  JOIN LATERAL (
       SELECT 'salesorderline' AS model, l.id
        UNION ALL
       SELECT 'salesorderlinepart', p.id FROM crm_salesorderlinepart p
        WHERE p.line_id = l.id) AS d ON true
  JOIN inventory_expectedmove e ON e.source_id = d.id
   AND e.source_type_id = (SELECT t.id FROM django_content_type t
                            WHERE t.app_label = 'crm' AND t.model = d.model)
  LEFT JOIN LATERAL (
       SELECT sum(CASE WHEN s.reverses_id IS NULL THEN s.quantity ELSE -s.quantity END) AS in_time
         FROM inventory_stockmove s LEFT JOIN inventory_stockmove b ON b.id = s.reverses_id
        WHERE s.expected_move_id = e.id AND coalesce(b.date, s.date) <= e.due_date) AS m ON true
 WHERE o.status IN ('confirmed', 'closed') AND e.due_date >= %(month)s
   AND e.due_date <= %(today)s AND {in_sites("o")}
 GROUP BY l.id
"""  # noqa: S608 - constants only
#: Revenue (income accounts in entries of invoices and credit notes) less cost of goods sold.
_MARGIN = """
SELECT l.company_id, l.partner_id, -sum(l.amount) AS amount
  FROM finance_journalline l JOIN company c ON c.id = l.company_id
  JOIN finance_account a ON a.id = l.account_id
  JOIN finance_journalentry e ON e.id = l.entry_id
 WHERE l.date >= %(month)s AND l.date <= %(today)s AND l.partner_id IS NOT NULL
   AND (a.kind = 'income' AND e.source_type_id = (
          SELECT t.id FROM django_content_type t
           WHERE t.app_label = 'finance' AND t.model = 'invoice')
        OR a.id IN (SELECT r.account_id FROM finance_postingrule r
                     WHERE r.company_id = l.company_id AND r.role = 'cogs'))
 GROUP BY 1, 2
"""

register(
    Measure(
        code="pipeline_weighted",
        title=_("Pipeline, weighted"),
        unit=Unit.MONEY,
        permission="crm.view_opportunity",
        formula=_("Value of open opportunities times the probability of their stage."),
        statement=f"""
SELECT o.currency_id, round(sum(o.value * o.probability / 100), 2), count(*),
       array_agg(o.id ORDER BY o.id) {_OPEN} GROUP BY o.currency_id
""",
        behind=Behind(view="crm-pipeline"),
        note=_("{n} opportunities"),
        icon="view_kanban",
    ),
    Measure(
        code="opportunities_won",
        title=_("Won this month"),
        unit=Unit.PERCENT,
        permission="crm.view_opportunity",
        formula=_("Opportunities won ÷ opportunities won or lost, closed this month."),
        statement="""
SELECT NULL, 100.0 * count(*) FILTER (WHERE o.status = 'won') / nullif(count(*), 0), count(*), NULL
  FROM crm_opportunity o JOIN company c ON c.id = o.company_id
 WHERE o.status IN ('won', 'lost') AND o.closed_on >= %(month)s AND o.closed_on <= %(today)s
""",
        behind=Behind(model="crm.Opportunity", query="closed_on__gte={month}"),
        note=_("{n} decided"),
        icon="emoji_events",
    ),
    Measure(
        code="quotations_sent",
        title=_("Offers with customers"),
        unit=Unit.COUNT,
        permission="crm.view_quotation",
        formula=_("Quotations that were sent and are valid still."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(q.id ORDER BY q.id) {_SENT}
   AND q.valid_until >= %(today)s
""",
        behind=Behind(model="crm.Quotation", query="status__exact=sent"),
        icon="request_quote",
    ),
    Measure(
        code="quotations_run_out",
        title=_("Offers run out"),
        unit=Unit.COUNT,
        permission="crm.view_quotation",
        formula=_("Quotations that were sent, are not decided, and whose validity has ended."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(q.id ORDER BY q.id) {_SENT}
   AND q.valid_until < %(today)s
""",
        behind=Behind(model="crm.Quotation", query="status__exact=sent&valid_until__lt={today}"),
        icon="hourglass_disabled",
        is_alarm=True,
    ),
    Measure(
        code="promises_kept",
        title=_("On time, in full"),
        unit=Unit.PERCENT,
        permission="crm.view_salesorder",
        formula=_("Order lines due this month of which all was shipped by then ÷ lines due."),
        statement=f"""
SELECT NULL, 100.0 * count(*) FILTER (WHERE is_kept) / nullif(count(*), 0), count(*), NULL
  FROM ({_PROMISES}) AS due(is_kept)
""",  # noqa: S608 - constants only
        behind=Behind(view="crm-report", view_arguments=("promises",)),
        note=_("{n} lines"),
        icon="handshake",
    ),
    Measure(
        code="my_activities_due",
        title=_("My activities due"),
        unit=Unit.COUNT,
        permission="crm.view_activity",
        formula=_("What I have planned for today or before and not done."),
        statement="""
SELECT NULL, count(*), NULL, array_agg(a.id ORDER BY a.id)
  FROM crm_activity a JOIN company c ON c.id = a.company_id
 WHERE a.status = 'planned' AND a.owner_id = %(user_id)s AND a.due_date <= %(today)s
""",
        behind=Behind(model="crm.Activity", query="status__exact=planned"),
        icon="task_alt",
        is_alarm=True,
    ),
    Measure(
        code="service_cases_open",
        title=_("Service cases open"),
        unit=Unit.COUNT,
        permission="crm.view_servicecase",
        formula=_("Cases that are open or wait for the customer."),
        statement="""
SELECT NULL, count(*), NULL, array_agg(s.id ORDER BY s.id)
  FROM crm_servicecase s JOIN company c ON c.id = s.company_id
 WHERE s.status IN ('open', 'waiting')
""",
        behind=Behind(model="crm.ServiceCase", query="status__exact=open"),
        icon="support_agent",
    ),
    Measure(
        code="complaints_open",
        title=_("Complaints open"),
        unit=Unit.COUNT,
        permission="crm.view_complaint",
        formula=_("Complaints that nobody has decided."),
        statement="""
SELECT NULL, count(*), NULL, array_agg(k.id ORDER BY k.id)
  FROM crm_complaint k JOIN company c ON c.id = k.company_id WHERE k.status = 'open'
""",
        behind=Behind(model="crm.Complaint", query="status__exact=open"),
        icon="sentiment_dissatisfied",
        is_alarm=True,
    ),
    Measure(
        code="returns_open",
        title=_("Returns under way"),
        unit=Unit.COUNT,
        permission="crm.view_return",
        formula=_("Returns requested and not closed."),
        statement=f"""
SELECT NULL, count(*), NULL, array_agg(r.id ORDER BY r.id)
  FROM crm_return r JOIN company c ON c.id = r.company_id
 WHERE r.status NOT IN ('closed', 'cancelled') AND {in_sites("r")}
""",  # noqa: S608 - constants only
        behind=Behind(model="crm.Return"),
        icon="assignment_return",
    ),
    Chart(
        code="pipeline_by_stage",
        title=_("Pipeline by stage"),
        unit=Unit.MONEY,
        kind="bar",
        permission="crm.view_opportunity",
        formula=_("Value of open opportunities by the stage they are in."),
        statement="""
SELECT dense_rank() OVER (ORDER BY s.position, s.name)::int, s.name, o.currency_id, sum(o.value)
  FROM crm_opportunity o JOIN company c ON c.id = o.company_id
  JOIN crm_opportunitystage s ON s.id = o.stage_id
 WHERE o.status = 'open' GROUP BY s.position, s.name, o.currency_id
""",
        empty=_("No opportunity is open. Convert a lead and it shows here."),
    ),
    Chart(
        code="quotations_by_age",
        title=_("Offers by age"),
        unit=Unit.COUNT,
        kind="bar",
        permission="crm.view_quotation",
        formula=_("Quotations with customers by the days since they were sent."),
        statement=f"""
SELECT place, place::text, 'offers', count(*)
  FROM (SELECT CASE WHEN %(today)s::date - q.sent_on <= 7 THEN 0
                    WHEN %(today)s::date - q.sent_on <= 30 THEN 1
                    WHEN %(today)s::date - q.sent_on <= 60 THEN 2 ELSE 3 END AS place
          {_SENT}) AS aged
 GROUP BY 1, 2, 3
""",  # noqa: S608 - constants only
        empty=_("No offer waits for an answer."),
        names={
            "offers": _("Offers"),
            "0": _("to 7 days"),
            "1": _("8–30 days"),
            "2": _("31–60 days"),
            "3": _("older"),
        },
    ),
    Chart(
        code="lost_by_reason",
        title=_("Lost by reason, this year"),
        unit=Unit.COUNT,
        kind="rank",
        permission="crm.view_opportunity",
        formula=_("Opportunities lost this year by the reason given."),
        statement="""
SELECT row_number() OVER (ORDER BY count(*) DESC, r.name)::int, coalesce(r.name, 'none'),
       'opportunities', count(*)
  FROM crm_opportunity o JOIN company c ON c.id = o.company_id
  LEFT JOIN crm_outcomereason r ON r.id = o.outcome_reason_id
 WHERE o.status = 'lost' AND o.closed_on >= date_trunc('year', %(today)s::date)
   AND o.closed_on <= %(today)s
 GROUP BY r.name
""",
        empty=_("Nothing was lost this year."),
        names={"none": _("No reason"), "opportunities": _("Opportunities")},
    ),
    Chart(
        code="margin_by_customer",
        title=_("Margin by customer, this month"),
        unit=Unit.MONEY,
        kind="rank",
        permission="crm.view_margin",
        formula=_("Posted revenue less posted cost of goods sold, by customer."),
        statement=f"""
SELECT row_number() OVER (ORDER BY m.amount DESC, p.code)::int, p.name, c.currency, m.amount
  FROM ({_MARGIN}) AS m JOIN company c ON c.id = m.company_id
  JOIN masterdata_partner p ON p.id = m.partner_id
 WHERE m.amount <> 0 ORDER BY 1 LIMIT 10
""",  # noqa: S608 - constants only
        empty=_("Nothing was sold this month."),
        is_company_wide=True,
    ),
    Worklist(
        code="activities_next",
        title=_("To do"),
        permission="crm.view_activity",
        model="crm.Activity",
        statement="""
SELECT a.id, a.subject, coalesce(p.name, ''), a.due_date, NULL::numeric
  FROM crm_activity a JOIN company c ON c.id = a.company_id
  LEFT JOIN masterdata_partner p ON p.id = a.partner_id
 WHERE a.status = 'planned' AND a.owner_id = %(user_id)s
 ORDER BY a.due_date, a.id LIMIT 8
""",
        empty=_("Nothing is planned. Plan an activity from a lead, an offer or an order."),
    ),
)
