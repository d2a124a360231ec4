-- Learners seed.lo + 1 to seed.hi, with three lessons each; or, with seed.base = 1, the patients of the measured teams.
-- Every 20th learner is a patient, ten in a team; every tenth (k % 10 = 7) is a guest who did nothing.
-- Ranges can be made at once: an item's id comes from its learner's number. A team must be in one range: the other would wait.
-- Triggers and foreign keys are off: the rows are made to fit each other, and checking 50 million would take an hour.
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';
CREATE TEMP TABLE ln AS
  SELECT row_number() OVER (ORDER BY t.position, le.position) - 1 AS n, le.id AS lesson, le.quiz_id AS quiz, e.id AS edition,
    (SELECT id FROM lessons_step s WHERE s.edition_id = e.id ORDER BY position DESC LIMIT 1) AS last_step
  FROM lessons_lesson le JOIN lessons_therapy t ON t.id = le.therapy_id
  JOIN lessons_edition e ON e.lesson_id = le.id AND e.state = 'published' AND e.language = 'en' WHERE le.quiz_id IS NOT NULL;
CREATE TEMP TABLE who AS
  SELECT k, 1000000 + k AS uid, k % 20 = 0 AS patient, 1000000 + k / 20 AS pid, 1000000 + k / 200 AS team,
    900000000 + k / 200 AS nurse, k / 20 AS p, now() - make_interval(days => ((k * 7919) % 400)::int, secs => ((k * 104729) % 86400)::int) AS at
  FROM generate_series(current_setting('seed.lo')::bigint + 1, current_setting('seed.hi')::bigint) k
  WHERE current_setting('seed.base') = '0';
INSERT INTO who
  SELECT 100000000 + j, 500000 + j, true, 500000 + j, team, nurse, j,
    now() - make_interval(days => (j * 7 % 90)::int, secs => (j * 104729 % 86400)::int)
  FROM seed_team, generate_series(first, last) j WHERE current_setting('seed.base') = '1';
ANALYZE ln;
ANALYZE who;

INSERT INTO people_user (id, password, last_login, is_superuser, first_name, last_name, email, is_staff, is_active, date_joined, username)
  SELECT uid, '!' || md5(k::text) || 'abcdefgh', at, false, '', '', '', false, true, at, NULL FROM who;
INSERT INTO people_careteam (id, name, day_phone, night_phone, fever, zone)
  SELECT DISTINCT team, 'Team ' || team, '555-010-0100', '555-011-0100', '100.4 °F (38 °C)', 'America/New_York'
  FROM who WHERE patient AND team >= 1000000 ON CONFLICT DO NOTHING;
INSERT INTO people_user (id, password, is_superuser, first_name, last_name, email, is_staff, is_active, date_joined, username)
  SELECT DISTINCT nurse, '!x', false, 'Nurse', nurse::text, '', true, true, now() - interval '2 years', 'nurse' || nurse
  FROM who WHERE patient AND team >= 1000000 ON CONFLICT DO NOTHING;
INSERT INTO people_membership (care_team_id, nurse_id, lead, started)
  SELECT DISTINCT team, nurse, false, now() - interval '2 years' FROM who WHERE patient AND team >= 1000000 ON CONFLICT DO NOTHING;
INSERT INTO people_patient (id, user_id, care_team_id, label, reference, ended_why, invitation, sort_key)
  SELECT pid, uid, team, 'Patient ' || chr((65 + p % 26)::int) || chr((65 + (p / 26) % 26)::int) || ' ' || p, 'MRN' || p, '',
    gen_random_uuid(), 'patient ' || chr((97 + p % 26)::int) || chr((97 + (p / 26) % 26)::int) || ' ' || p FROM who WHERE patient;
INSERT INTO people_accesscode (user_id, selector, secret, token, by_id, made, expires, used, last_used)
  SELECT uid, lpad(to_hex(CASE WHEN k > 100000000 THEN k - 84000000 ELSE k END), 6, '0'), md5('x' || k) || md5('y' || k), md5('t' || k) || md5('u' || k), nurse, at,
    now() + interval '300 days', at, at FROM who WHERE patient;
INSERT INTO people_session (session_key, session_data, expire_date, user_id)
  SELECT md5('s' || k), (SELECT words FROM seed_text), now() + make_interval(days => (k * 31 % 365)::int), uid FROM who;

CREATE TEMP TABLE did AS
  SELECT who.*, j, ln.* FROM who, generate_series(0, 2) j
  JOIN ln ON true WHERE k % 10 <> 7 AND ln.n = (who.k + j * 5) % (SELECT count(*) FROM ln);
ANALYZE did;
INSERT INTO progress_reading (learner_id, edition_id, furthest_id, started, moved, finished)
  SELECT uid, edition, last_step, at, at, at + interval '6 minutes' FROM did;
CREATE TEMP TABLE att AS
  SELECT gen_random_uuid() AS id, uid, quiz, at + interval '7 minutes' + j * interval '9 minutes' AS at, k, j FROM did;
INSERT INTO quizzes_attempt (id, learner_id, kind, quiz_id, language, started, finished, helped)
  SELECT id, uid, 'check', quiz, 'en', at, at + interval '4 minutes', false FROM att;
CREATE TEMP TABLE asked AS
  SELECT q.quiz_id AS quiz, q.position, r.id AS revision, r.critical, r.question_id AS question
  FROM quizzes_quizitem q JOIN quizzes_revision r ON r.question_id = q.question_id AND r.state = 'published' AND r.language = 'en';
ANALYZE asked;
-- Of a hundred first answers, 17 are wrong and 3 "I am not sure"; a safety question is asked again until it is right.
CREATE TEMP TABLE it AS
  SELECT (att.k * 3 + att.j) * 50 + a.position AS id, att.id AS attempt, att.uid, att.at, a.position, a.revision, a.critical, a.question,
    (att.k * 31 + att.j * 17 + a.position * 7) % 100 AS dice, (att.k + a.position) % 3 AS variant
  FROM att JOIN asked a ON a.quiz = att.quiz;
INSERT INTO quizzes_attemptitem (id, attempt_id, position, revision_id) SELECT id, attempt, position, revision FROM it;
CREATE TEMP TABLE resp AS
  SELECT id, 1 AS number, CASE WHEN dice < 17 THEN 'wrong' WHEN dice < 20 THEN 'unsure' ELSE 'right' END AS mark, revision,
    at + position * interval '25 seconds' AS at FROM it
  UNION ALL SELECT id, 2, CASE WHEN dice < 2 THEN 'wrong' ELSE 'right' END, revision, at + interval '3 minutes'
    FROM it WHERE critical AND dice < 20
  UNION ALL SELECT id, 3, 'right', revision, at + interval '200 seconds' FROM it WHERE critical AND dice < 2;
INSERT INTO quizzes_response (item_id, number, given, mark, at)
  SELECT r.id, r.number, g.given, r.mark, r.at FROM resp r JOIN seed_given g ON g.revision = r.revision AND g.mark = r.mark;
INSERT INTO quizzes_card (learner_id, question_id, stability, difficulty, last, due, in_a_row)
  SELECT uid, question, CASE WHEN dice < 20 THEN 0.4 ELSE 3.1 END, 5.3, at::date, at::date + CASE WHEN dice < 20 THEN 1 ELSE 3 END,
    (dice >= 20)::int FROM it;

INSERT INTO assignments_assignment (patient_id, lesson_id, due, note, by_id, made)
  SELECT pid, ln.lesson, current_date + (p % 21 - 10)::int, '', nurse, now() - interval '15 days'
  FROM who JOIN ln ON ln.n IN (k % (SELECT count(*) FROM ln), (k + 5) % (SELECT count(*) FROM ln), (k + 7) % (SELECT count(*) FROM ln))
  WHERE patient;
INSERT INTO assignments_reminder (patient_id, address, pending, confirmed, asked)
  SELECT pid, 'p' || pid || '@example.org', '', now() - interval '20 days', 0 FROM who WHERE patient AND p % 10 < 3;
INSERT INTO people_auditevent (at, who, what, team, patient, count)
  SELECT at + i * interval '3 days', nurse, CASE WHEN i % 5 = 0 THEN 'patient.seen' ELSE 'list.seen' END, team,
    CASE WHEN i % 5 = 0 THEN pid END, 10 FROM who, generate_series(1, 20) i WHERE patient;
INSERT INTO progress_contact (patient_id, nurse_id, at, note, number)
  SELECT pid, nurse, at + interval '5 days', '', 1 FROM who WHERE patient AND p % 2 = 0;
INSERT INTO progress_teachback (patient_id, question_id, topic, outcome, to_whom, language, barriers, note, nurse_id, at, number, place)
  SELECT pid, (SELECT min(id) FROM quizzes_question) + p % 70, 'A topic', 'own-words', 'patient', 'English', '[]', '', nurse,
    at + interval '6 days', 1, 1 FROM who WHERE patient AND p % 3 = 0;
INSERT INTO visits_myquestion (learner_id, text, position, added, shared)
  SELECT uid, 'What should I ask ' || i || '?', i, at, CASE WHEN patient AND k % 60 = 0 THEN at END
  FROM who, generate_series(1, 2) i WHERE k % 10 = 0;
DROP TABLE ln, who, did, att, asked, it, resp;
