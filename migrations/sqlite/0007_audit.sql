-- Who did what, for years: the audit trail. No statement changes or deletes a row.

-- Where each chain begins (nothing is kept up to there) and ends.
create table audit_head (
  workspace_id blob primary key references workspace (id),
  n            integer not null,
  digest       blob not null,
  start_n      integer not null default 0,
  start_digest blob not null
) strict, without rowid;

-- A chain for each workspace: `digest` is SHA-256 of the row before, of what is fixed and of `person_digest`. What is
-- personal stands in `person` alone: emptied with its salt, the chain still holds. A row refers to the head, which is
-- locked while it is added, and so waits for nobody who holds the workspace's row.
create table audit (
  workspace_id  blob not null references audit_head (workspace_id),
  n             integer not null,
  at            text not null,
  action        text not null,
  actor         text not null,
  actor_id      blob,
  -- The session through which it was done.
  through       blob,
  subject       text,
  subject_id    blob,
  facts         text not null check (json_valid(facts)),
  person        text check (json_valid(person)),
  salt          blob,
  person_digest blob not null,
  digest        blob not null,
  primary key (workspace_id, n)
) strict, without rowid;
create index audit_of_actor on audit (workspace_id, actor_id, n) where actor_id is not null;
create index audit_of_subject on audit (workspace_id, subject_id, n) where subject_id is not null;
