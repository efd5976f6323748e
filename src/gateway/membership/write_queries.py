"""Everything one member's use cases write."""

NUMBER_OF = "'M' || lpad(CAST({id} AS text), greatest(7, length(CAST({id} AS text))), '0')"
"""SQL for a member's number where the mutual gives none: the letter keeps it apart from numbers of older registers."""

INSERT_MEMBER = f"""
-- one row: the new member's id
WITH fresh AS (SELECT nextval(pg_get_serial_sequence('member', 'id')) AS id)
INSERT INTO member (id, number, given_names, first_surname, second_surname, sex, birth_date, phone, occupation,
                    municipality, language, fund_id, search_name)
SELECT id, coalesce(CAST(:number AS text), {NUMBER_OF.format(id="id")}), :given_names, :first_surname, :second_surname,
       :sex, :birth_date, :phone, :occupation, :municipality, :language, :fund_id, :search_name
FROM fresh
ON CONFLICT (mutual_id, number) DO NOTHING
RETURNING id
"""

INSERT_IDENTITY = """
-- one row: the identity's id; none where somebody has it
INSERT INTO member_identity (member_id, kind, value, is_primary, warning)
VALUES (:member_id, :kind, :value, :is_primary, :warning)
ON CONFLICT (mutual_id, kind, value) DO NOTHING
RETURNING id
"""

REPLACE_IDENTITY = """
-- no row: the member's number of this kind is another now
UPDATE member_identity SET value = :value, warning = :warning
WHERE mutual_id = current_mutual() AND member_id = :member_id AND kind = :kind
"""

DEMOTE_IDENTITIES = """
-- no row: no identity of the member is the primary one
UPDATE member_identity SET is_primary = false
WHERE mutual_id = current_mutual() AND member_id = :member_id AND is_primary
"""

PROMOTE_IDENTITY = """
-- no row: the identity of this kind is the primary one
UPDATE member_identity SET is_primary = true
WHERE mutual_id = current_mutual() AND member_id = :member_id AND kind = :kind
"""

INSERT_ENROLMENT = """
-- one row: the enrolment's id
INSERT INTO enrolment (member_id, payroll_id, valid_from, start_reason, actor)
VALUES (:member_id, :payroll_id, :valid_from, :reason, :actor)
RETURNING id
"""

OVERLAPPING_ENROLMENT = """
-- at most one row: when the member stands in the payroll on or after a day
SELECT valid_from, valid_to FROM enrolment
WHERE mutual_id = current_mutual() AND member_id = :member_id AND payroll_id = :payroll_id
  AND (valid_to IS NULL OR valid_to > :day)
ORDER BY valid_from LIMIT 1
"""

OPEN_ENROLMENTS = """
-- one row per payroll the member stands in on or after a day
SELECT id, payroll_id, valid_from, valid_to FROM enrolment
WHERE mutual_id = current_mutual() AND member_id = :member_id AND (valid_to IS NULL OR valid_to > :day)
ORDER BY id FOR UPDATE
"""

END_ENROLMENTS = """
-- no row: the member's enrolments end before a day
UPDATE enrolment SET valid_to = :day, end_reason = :reason, ended_at = now(), ended_by = :actor
WHERE mutual_id = current_mutual() AND member_id = :member_id AND valid_from < :day
  AND (valid_to IS NULL OR valid_to > :day)
"""

INSERT_WAGE = """
-- one row: the wage's id
INSERT INTO member_wage (member_id, valid_from, wage_minor, currency, reason, actor)
VALUES (:member_id, :valid_from, :wage_minor, :currency, :reason, :actor)
RETURNING id
"""

NEXT_VERSION = """
-- one row: the member's new version
UPDATE member SET version = version + 1 WHERE mutual_id = current_mutual() AND id = :member_id RETURNING version
"""

UPDATE_MEMBER = """
-- one row: the member's new version, after a change
UPDATE member SET given_names = :given_names, first_surname = :first_surname, second_surname = :second_surname, sex = :sex,
       birth_date = :birth_date, phone = :phone, occupation = :occupation, municipality = :municipality,
       language = :language, fund_id = :fund_id, search_name = :search_name, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id RETURNING version
"""

INSERT_CHANGE = """
-- no row: what a member's row was before a change
INSERT INTO member_change (member_id, version, before, actor, reason)
VALUES (:member_id, :version, CAST(:before AS jsonb), :actor, :reason)
"""

SET_STATUS = """
-- one row: the member's new version, after a step of her life cycle
UPDATE member SET status = :status, status_reason = :reason, version = version + 1
WHERE mutual_id = current_mutual() AND id = :id RETURNING version
"""

INSERT_LEAVE = """
-- one row: the leave's id
INSERT INTO leave (member_id, kind, valid_from, valid_to, reason, actor)
VALUES (:member_id, :kind, :valid_from, :valid_to, :reason, :actor)
RETURNING id
"""

OVERLAPPING_LEAVE = """
-- at most one row: a leave of the member that has a day in common
SELECT kind, valid_from, valid_to FROM leave
WHERE mutual_id = current_mutual() AND member_id = :member_id
  AND daterange(valid_from, valid_to) && daterange(:valid_from, :valid_to)
LIMIT 1
"""

END_LEAVES = """
-- no row: the member's leaves end before a day; one that had not begun is void
UPDATE leave SET valid_to = greatest(valid_from, CAST(:day AS date))
WHERE mutual_id = current_mutual() AND member_id = :member_id AND (valid_to IS NULL OR valid_to > :day)
"""

INSERT_DEPENDANT = """
-- one row: the dependant's id
INSERT INTO dependant (member_id, category, relation, given_names, first_surname, second_surname, sex, birth_date,
                       identity_kind, identity_value, is_student, is_disabled, together_since, has_common_children, rule,
                       eligible_until, search_name, valid_from, valid_to, actor)
VALUES (:member_id, :category, :relation, :given_names, :first_surname, :second_surname, :sex, :birth_date,
        :identity_kind, :identity_value, :is_student, :is_disabled, :together_since, :has_common_children, :rule,
        :eligible_until, :search_name, :valid_from, :valid_to, :actor)
RETURNING id
"""

END_DEPENDANT = """
-- no row: a dependant's cover ends before a day
UPDATE dependant SET valid_to = greatest(valid_from, CAST(:day AS date)), end_reason = :reason, ended_at = now(),
       ended_by = :actor
WHERE mutual_id = current_mutual() AND id = :id
"""

END_DEPENDANTS_OF = """
-- no row: the cover of all a member's dependants ends before a day
UPDATE dependant SET valid_to = greatest(valid_from, CAST(:day AS date)), end_reason = :reason, ended_at = now(),
       ended_by = :actor
WHERE mutual_id = current_mutual() AND member_id = :member_id AND (valid_to IS NULL OR valid_to > :day)
"""

INSERT_FUND = """
-- one row: the fund's id; none where the code is in use
INSERT INTO fund (code, name, treasurer) VALUES (:code, :name, :treasurer)
ON CONFLICT (mutual_id, code) DO NOTHING RETURNING id
"""

INSERT_PAYROLL = """
-- one row: the payroll's id; none where the employer has the code
INSERT INTO payroll (code, name, employer_number) VALUES (:code, :name, :employer_number)
ON CONFLICT (mutual_id, employer_number, code) DO NOTHING RETURNING id
"""

DUE_STEPS = """
-- one row per member whose leave has begun or ended without her status saying so, locked in the order of ids
SELECT m.id, m.status, EXISTS (
    SELECT FROM leave l WHERE l.mutual_id = m.mutual_id AND l.member_id = m.id
      AND l.valid_from <= :today AND (l.valid_to IS NULL OR l.valid_to > :today)) AS away
FROM member m
WHERE m.mutual_id = current_mutual() AND m.status IN ('active', 'on_leave')
  AND (m.status = 'on_leave' OR m.id IN (
        SELECT member_id FROM leave WHERE mutual_id = current_mutual()
          AND valid_from <= :today AND (valid_to IS NULL OR valid_to > :today)))
ORDER BY m.id FOR UPDATE OF m
"""

SET_STATUSES = """
-- no row: many members take the same step
UPDATE member SET status = :status, status_reason = NULL, version = version + 1
WHERE mutual_id = current_mutual() AND id = ANY (:ids) AND status = ANY (:sources)
"""

END_BY_RULE = """
-- one row per cover whose rule ended it by today and whose end is not in the history yet
UPDATE dependant SET end_reason = :reason, ended_at = now(), ended_by = :actor
WHERE mutual_id = current_mutual() AND ended_at IS NULL AND eligible_until < :today AND valid_to = eligible_until + 1
RETURNING id, member_id, rule, valid_to
"""

NEXT_VERSIONS = """
-- no row: many members have a new version
UPDATE member SET version = version + 1 WHERE mutual_id = current_mutual() AND id = ANY (:ids)
"""

ENDED_ON = """
-- at most one row: the member's place in the payroll that ends before exactly this day
SELECT id FROM enrolment WHERE mutual_id = current_mutual() AND member_id = :member_id AND payroll_id = :payroll_id AND valid_to = :day
"""

END_PLACE = """
-- no row: the member's place in one payroll ends before a day
UPDATE enrolment SET valid_to = :day, end_reason = :reason, ended_at = now(), ended_by = :actor
WHERE mutual_id = current_mutual() AND member_id = :member_id AND payroll_id = :payroll_id AND valid_from < :day
  AND (valid_to IS NULL OR valid_to > :day)
"""

INSERT_PAYROLL_WAGE = """
-- one row: the wage's id
INSERT INTO payroll_wage (member_id, payroll_id, valid_from, wage_minor, currency, reason, actor)
VALUES (:member_id, :payroll_id, :valid_from, :wage_minor, :currency, :reason, :actor)
RETURNING id
"""
