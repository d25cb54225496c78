-- What grows, told to SQLite's planner. Knowing nothing it takes a workspace for ten rows and walks through all of
-- it rather than look up four ids. Written by hand and not measured (a million conversations of two workspaces), so
-- that the plans are the same in a small desk and in a large one, see "manual control of query plans" at
-- https://sqlite.org/optoverview.html; a later `analyze` would overwrite them. What makes an index or a table anew
-- writes its row anew, which a test asks for.
analyze workspace;
delete from sqlite_stat1;
drop table if exists sqlite_stat4;
insert into sqlite_stat1 (tbl, idx, stat) values
  ('contact', 'sqlite_autoindex_contact_1', '1000000 1'),
  ('contact', 'contact_of_user', '500000 250000 1'),
  ('contact', 'contact_by_email', '500000 250000 2'),
  ('session', 'sqlite_autoindex_session_1', '1000000 1'),
  ('session', 'sqlite_autoindex_session_2', '1000000 1'),
  ('session', 'session_of_agent', '1000 4'),
  ('session', 'session_of_contact', '1000000 2'),
  ('conversation', 'sqlite_autoindex_conversation_1', '1000000 1'),
  ('conversation', 'conversation_open', '10000 5000 2500 1'),
  ('conversation', 'conversation_by_last', '1000000 500000 2 1'),
  ('conversation', 'conversation_by_status', '1000000 500000 125000 2 1'),
  ('conversation', 'conversation_by_assignee', '1000000 500000 75000 10000 2 1'),
  ('conversation', 'conversation_of_contact', '1000000 2 1'),
  ('conversation', 'conversation_queue', '1000 500 1'),
  ('conversation', 'conversation_to_wake', '1000 1'),
  ('message', 'sqlite_autoindex_message_1', '10000000 1'),
  ('message', 'message_in_order', '10000000 10 1'),
  ('message', 'message_by_client', '10000000 5000000 1 1'),
  ('receipt', 'receipt', '2000000 2 1'),
  ('event', 'event', '20000000 10000000 1'),
  ('event', 'event_by_age', '20000000 2'),
  ('event', 'event_by_contact', '20000000 10000000 20 1');
analyze sqlite_schema;
