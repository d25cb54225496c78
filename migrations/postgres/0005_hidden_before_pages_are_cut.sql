-- What customers may see is known before a page is cut: a message says whether it is shown outside, an entry of the
-- log whether it is told to staff alone, and a conversation when it changed last as its customer sees it.
alter table message add column shown boolean not null default false;
update message set shown = true where kind = 'text' or event ->> 'type' in ('joined', 'ended');

alter table event add column inside boolean not null default false;
update event set inside = true where kind in ('session.revoked', 'person.changed', 'widget.changed', 'workspace.changed')
  or (kind = 'message.created' and message_id in (select id from message where not shown));
drop index event_by_contact;
create index event_by_contact on event (workspace_id, contact_id, seq) where not inside;

alter table conversation add column public_revision bigint not null default 0;
update conversation set public_revision = revision, staff_read_seq = coalesce((select max(m.seq) from message m
  where m.conversation_id = conversation.id and m.shown and m.seq <= conversation.staff_read_seq), 0);

-- What is nobody's is not active, and everything that waits for anybody has its place in the queue.
insert into tally (workspace_id, team_id, assignee_id, status, n)
  select workspace_id, team_id, assignee_id, 'waiting', n from tally
  where status = 'active' and assignee_id = '00000000-0000-0000-0000-000000000000' and n <> 0
  on conflict (workspace_id, team_id, assignee_id, status) do update set n = tally.n + excluded.n;
update tally set n = 0 where status = 'active' and assignee_id = '00000000-0000-0000-0000-000000000000';
update conversation set status = 'waiting' where status = 'active' and assignee_id is null;
update conversation set snoozed_from = 'waiting' where status = 'snoozed' and assignee_id is null;
update conversation set waiting_since = last_at where status = 'waiting' and assignee_id is null and waiting_since is null;
