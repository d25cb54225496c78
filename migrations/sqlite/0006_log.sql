-- What happened, who hears it durably, and what has to be done.

-- The append-only log. An entry says who did it, the entry that caused it, and whom it is for: `staff` is the staff
-- that may hear it and `outside` whoever else, each null for nobody (`live::bus::audience` has the ids that stand for
-- many). `before` and `after` are where its conversation stood, which narrows the staff. Bodies are joined at reading.
create table event (
  workspace_id    blob not null references workspace (id),
  seq             integer not null,
  kind            text not null,
  at              text not null,
  actor           text not null,
  actor_id        blob,
  cause           integer,
  staff           blob,
  outside         blob,
  conversation_id blob,
  contact_id      blob,
  message_id      blob,
  team_before     blob,
  assignee_before blob,
  team_after      blob,
  assignee_after  blob,
  facts           text not null check (json_valid(facts)),
  primary key (workspace_id, seq)
) strict, without rowid;
create index event_by_age on event (at);
create index event_for_staff on event (workspace_id, staff, seq) where staff is not null;
create index event_for_outside on event (workspace_id, outside, seq) where outside is not null;

-- What hears the log durably, and how far it has come.
create table consumer (
  name         text not null,
  workspace_id blob not null references workspace (id),
  seq          integer not null,
  primary key (name, workspace_id)
) strict, without rowid;

-- Entries that a consumer could not deal with, set aside so that it goes on. `again`: somebody asked for another try.
create table dead_letter (
  name         text not null,
  workspace_id blob not null references workspace (id),
  seq          integer not null,
  id           blob not null,
  kind         text not null,
  error        text not null,
  tries        integer not null,
  again        integer not null default 0,
  at           text not null,
  primary key (name, workspace_id, seq)
) strict, without rowid;
create unique index dead_letter_by_id on dead_letter (id);

-- What has to be done later: written with its cause, done once. One of a kind for each key; `lease` is who is at it.
create table job (
  id           blob primary key,
  workspace_id blob not null references workspace (id),
  kind         text not null,
  key          text not null,
  payload      text not null check (json_valid(payload)),
  cause        integer,
  due_at       text not null,
  created_at   text not null,
  tries        integer not null default 0,
  tried_at     text,
  lease        blob,
  leased_until text,
  error        text,
  dead_at      text
) strict;
create unique index job_by_name on job (workspace_id, kind, key);
create index job_by_due on job (kind, due_at) where dead_at is null;
create index job_dead on job (dead_at) where dead_at is not null;
