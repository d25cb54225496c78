-- Who did what, for years: the audit trail. No statement changes or deletes a row.

-- Where each chain begins (nothing is kept up to there) and ends.
create table audit_head (
  workspace_id uuid primary key references workspace (id),
  n            bigint not null,
  digest       bytea not null,
  start_n      bigint not null default 0,
  start_digest bytea not null
);

-- A chain for each workspace: `digest` is SHA-256 of the row before, of what is fixed and of `person_digest`. What is
-- personal stands in `person` alone: emptied with its salt, the chain still holds. A row refers to the head, which is
-- locked while it is added, and so waits for nobody who holds the workspace's row.
create table audit (
  workspace_id  uuid not null references audit_head (workspace_id),
  n             bigint not null,
  at            timestamptz not null,
  action        text not null,
  actor         text not null,
  actor_id      uuid,
  -- The session through which it was done.
  through       uuid,
  subject       text,
  subject_id    uuid,
  facts         jsonb not null,
  person        jsonb,
  salt          bytea,
  person_digest bytea not null,
  digest        bytea not null,
  primary key (workspace_id, n)
);
create index audit_of_actor on audit (workspace_id, actor_id, n) where actor_id is not null;
create index audit_of_subject on audit (workspace_id, subject_id, n) where subject_id is not null;
