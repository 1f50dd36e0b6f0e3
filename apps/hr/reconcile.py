"""What must hold between clock, time cards, pay, cost objects and the general ledger."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.reconcile import Invariant, register

register(
    Invariant(
        "labour-distribution-equals-pay",
        _("What cost objects bear of a pay slip is its gross and the employer's cost"),
        """
        SELECT s.company_id, s.number, s.status, s.gross + s.employer_cost AS cost,
               coalesce(sum(d.amount), 0) AS distributed
          FROM hr_payslip s LEFT JOIN hr_labourdistribution d ON d.pay_slip_id = s.id
         GROUP BY s.id
        HAVING coalesce(sum(d.amount), 0)
               <> CASE WHEN s.status = 'posted' THEN s.gross + s.employer_cost ELSE 0 END
        """,
    ),
    Invariant(
        "pay-slip-adds-up",
        _("A pay slip's sums are those of its lines, and a run's those of its slips"),
        """
        SELECT s.company_id, s.number, s.gross, s.deductions, s.net, s.employer_cost
          FROM hr_payslip s
          LEFT JOIN LATERAL (
            SELECT coalesce(sum(amount) FILTER (WHERE kind = 'earning'), 0) AS gross,
                   coalesce(sum(amount) FILTER (WHERE kind = 'deduction'), 0) AS deductions,
                   coalesce(sum(amount) FILTER (WHERE kind = 'employer_cost'), 0) AS employer
              FROM hr_payslipline l WHERE l.slip_id = s.id) l ON true
         WHERE (s.gross, s.deductions, s.employer_cost) <> (l.gross, l.deductions, l.employer)
            OR s.net <> s.gross - s.deductions
        UNION ALL
        SELECT r.company_id, r.number, r.gross, r.deductions, r.net, r.employer_cost
          FROM hr_payrun r LEFT JOIN hr_payslip s ON s.run_id = r.id
         GROUP BY r.id
        HAVING (r.gross, r.net, r.employer_cost)
            <> (coalesce(sum(s.gross), 0), coalesce(sum(s.net), 0),
                coalesce(sum(s.employer_cost), 0))
        """,
    ),
    Invariant(
        "pay-run-equals-entry",
        _("A posted pay run's entry charges its gross and the employer's cost"),
        """
        SELECT r.company_id, r.number, r.status, r.gross + r.employer_cost AS cost,
               coalesce(sum(l.amount), 0) AS charged
          FROM hr_payrun r
          LEFT JOIN django_content_type t ON t.app_label = 'hr' AND t.model = 'payrun'
          LEFT JOIN finance_journalentry e ON e.source_type_id = t.id AND e.source_id = r.id
                                          AND e.purpose <> 'payment'
          LEFT JOIN finance_journalline l ON l.entry_id = e.id AND l.cost_object_id IS NOT NULL
         GROUP BY r.id
        HAVING coalesce(sum(l.amount), 0)
               <> CASE WHEN r.status = 'posted' THEN r.gross + r.employer_cost ELSE 0 END
        """,
    ),
    Invariant(
        "time-cards-hold-booked-labour",
        _("An approved time card holds the labour booked on its days, order by order"),
        """
        SELECT c.company_id, c.number, both_sides.cost_object_id,
               sum(both_sides.booked) AS booked, sum(both_sides.on_card) AS on_card
          FROM hr_timecard c
          JOIN LATERAL (
            SELECT b.cost_object_id, b.minutes AS booked, 0 AS on_card FROM hr_labourbooking b
             WHERE b.employee_id = c.employee_id AND b.date BETWEEN c.starts_on AND c.ends_on
            UNION ALL
            SELECT l.cost_object_id, 0, l.minutes FROM hr_timecardline l
             WHERE l.card_id = c.id AND l.origin = 'production') AS both_sides ON true
         WHERE c.status <> 'open'
         GROUP BY c.id, both_sides.cost_object_id
        HAVING sum(both_sides.booked) <> sum(both_sides.on_card)
        """,
    ),
    Invariant(
        "paid-time-is-on-cards",
        _("The minutes that a pay slip pays are those of its time cards"),
        """
        SELECT s.company_id, s.number, coalesce(j.minutes, 0) AS paid, coalesce(c.minutes, 0)
               AS on_cards
          FROM hr_payslip s
          LEFT JOIN LATERAL (
            SELECT sum((row->>'minutes')::numeric) AS minutes
              FROM jsonb_array_elements(s.time) AS row) j ON true
          LEFT JOIN LATERAL (
            SELECT sum(l.minutes) AS minutes FROM hr_timecard c
              JOIN hr_timecardline l ON l.card_id = c.id
             WHERE c.pay_slip_id = s.id AND l.is_paid) c ON true
         WHERE s.status <> 'reversed' AND coalesce(j.minutes, 0) <> coalesce(c.minutes, 0)
        """,
    ),
    Invariant(
        "contracts-record-time",
        _("Time is recorded of whoever has a contract, and of nobody else"),
        """
        SELECT e.company_id, e.code, e.is_time_recorded FROM hr_employee e
         WHERE e.is_time_recorded
               <> EXISTS (SELECT FROM hr_contract c WHERE c.employee_id = e.id)
        """,
    ),
    Invariant(
        "leave-balance-in-limit",
        _("No leave balance is below what its type may be overdrawn by"),
        """
        SELECT l.company_id, e.code AS employee, t.code AS leave_type, sum(l.days) AS balance
          FROM hr_leaveentry l
          JOIN hr_leavetype t ON t.id = l.leave_type_id AND t.needs_balance
          JOIN hr_employee e ON e.id = l.employee_id
         GROUP BY l.company_id, e.id, t.id
        HAVING sum(l.days) < -t.overdraft
        """,
    ),
    Invariant(
        "leave-granted-equals-requests",
        _("Granted days leave the balance once"),
        """
        SELECT r.company_id, r.number, r.status, r.days, coalesce(sum(l.days), 0) AS entered
          FROM hr_leaverequest r
          LEFT JOIN django_content_type t ON t.app_label = 'hr' AND t.model = 'leaverequest'
          LEFT JOIN hr_leaveentry l ON l.source_type_id = t.id AND l.source_id = r.id
         GROUP BY r.id
        HAVING coalesce(sum(l.days), 0)
               <> CASE WHEN r.status IN ('approved', 'taken') THEN -r.days ELSE 0 END
        """,
    ),
    Invariant(
        "expenses-owed-equal-ledger",
        _("What the ledger owes employees for expenses is posted and not yet paid"),
        """
        SELECT company_id, sum(owed) AS owed, sum(ledger) AS ledger
          FROM (SELECT c.company_id, c.total AS owed, 0 AS ledger
                  FROM hr_expenseclaim c WHERE c.status = 'posted'
                UNION ALL
                SELECT l.company_id, 0, -l.amount
                  FROM finance_journalline l
                  JOIN finance_journalentry e ON e.id = l.entry_id
                  JOIN django_content_type t ON t.id = e.source_type_id
                   AND t.app_label = 'hr' AND t.model = 'expenseclaim'
                  JOIN finance_postingrule p ON p.account_id = l.account_id
                   AND p.role = 'employee_payable' AND p.category_id IS NULL
                   AND p.reason_id IS NULL) AS both_sides
         GROUP BY company_id HAVING sum(owed) <> sum(ledger)
        """,
    ),
)
