//! Whether the books are in order: what was acknowledged is stored, once, and rows that say the same thing in two
//! places agree.

use super::people::{Crowd, Kept};
use crate::base::db::{Conn, args};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Each counts what must not be there.
const NEVER: &[(&str, &str)] = &[
    (
        "somebody vouched for without saying whose customer",
        "select count(*) from contact where (user_id is null) <> (source_id is null)",
    ),
    (
        "a message without its event",
        "select count(*) from message m where not exists (select 1 from event e where e.workspace_id = m.workspace_id and e.seq = m.seq and e.kind = 'message.created' and e.message_id = m.id and e.conversation_id = m.conversation_id)",
    ),
    (
        "an event without its message",
        "select count(*) from event e where e.kind = 'message.created' and not exists (select 1 from message m where m.id = e.message_id and m.seq = e.seq)",
    ),
    (
        "a conversation not told of exactly once",
        "select count(*) from conversation c where (select count(*) from event e where e.conversation_id = c.id and e.kind = 'conversation.created') <> 1",
    ),
    (
        "an event about no conversation",
        "select count(*) from event e where e.conversation_id is not null and not exists (select 1 from conversation c where c.id = e.conversation_id)",
    ),
    (
        "a conversation that is not as it was last told",
        "select count(*) from conversation c where (c.status = 'closed') <> ((select e.kind from event e where e.conversation_id = c.id and e.kind in ('conversation.created', 'conversation.closed', 'conversation.reopened') order by e.seq desc limit 1) = 'conversation.closed')",
    ),
    (
        "an assignee who was not told of",
        "select count(*) from conversation c where c.assignee_id is distinct from (select e.assignee_after from event e where e.conversation_id = c.id order by e.seq desc limit 1)",
    ),
    (
        "a conversation that miscounts its texts",
        "select count(*) from conversation c where c.contact_texts <> (select count(*) from message m where m.conversation_id = c.id and m.kind = 'text' and m.author_kind = 'contact') or c.staff_texts <> (select count(*) from message m where m.conversation_id = c.id and m.kind = 'text' and m.author_kind = 'agent')",
    ),
    (
        "a conversation that is not counted",
        "select count(*) from (select count(*) as n from conversation) c where c.n <> (select sum(t.n) from tally t)",
    ),
    (
        "a text stored twice",
        "select count(*) from (select body from message where client_id is not null and body like 'said %' group by body having count(*) > 1) x",
    ),
    (
        "a log with a gap, a doubled seq, or a head that is not its head",
        "select count(*) from workspace w where w.seq <> w.low_water + (select count(*) from event e where e.workspace_id = w.id) or w.seq <> (select max(e.seq) from event e where e.workspace_id = w.id)",
    ),
];

const MISCOUNTED: &str = "select count(*) from tally t where t.n <> (select count(*) from conversation c where c.workspace_id = t.workspace_id and c.status = t.status and coalesce(c.team_id, $1) = t.team_id and coalesce(c.assignee_id, $1) = t.assignee_id)";

/// Everything that has to be true whatever happened.
pub async fn in_order(conn: &mut Conn) {
    for (what, sql) in NEVER {
        let (n,): (i64,) = conn.one(sql, args![]).await.unwrap();
        assert_eq!(n, 0, "{what}");
    }
    let (n,): (i64,) = conn.one(MISCOUNTED, args![Uuid::nil()]).await.unwrap();
    assert_eq!(n, 0, "a count that does not count");
    if !conn.is_postgres() {
        let said: Vec<(String,)> = conn.all("pragma integrity_check", args![]).await.unwrap();
        assert_eq!(said, [("ok".to_owned(),)]);
        let astray = conn
            .all::<(String,)>("select \"table\" from pragma_foreign_key_check", args![])
            .await;
        assert!(astray.unwrap().is_empty(), "rows whose owner is gone");
    }
}

/// What was acknowledged after `since` is stored as it was acknowledged, and nothing else is. The log's head now.
pub async fn hold(conn: &mut Conn, crowd: &Crowd, since: i64) -> i64 {
    let sql = "select author_id, client_id, id, seq, conversation_id, body from message where client_id is not null and body like 'said %' and seq > $1 order by seq";
    let rows: Vec<(Uuid, Uuid, Uuid, i64, Uuid, String)> =
        conn.all(sql, args![since]).await.unwrap();
    let head = rows.last().map_or(since, |r| r.3);
    let mut stored = HashMap::new();
    for (author, client, id, seq, conversation, body) in rows {
        let kept = Kept {
            client,
            id,
            seq,
            conversation,
            body,
        };
        let before = stored.insert((author, client), kept);
        assert_eq!(before, None, "stored twice");
    }
    let mut known = HashSet::new();
    for writer in &crowd.writers {
        let seqs = writer.kept.iter().map(|k| k.seq);
        assert!(
            seqs.is_sorted_by(|a, b| a < b),
            "acknowledged in another order than stored"
        );
        for kept in writer.kept.iter().filter(|k| k.seq > since) {
            let key = (writer.who.id, kept.client);
            assert_eq!(stored.get(&key), Some(kept), "acknowledged, and lost");
            known.insert(key);
        }
        known.extend(writer.draft.iter().map(|d| (writer.who.id, d.client)));
    }
    let strange = stored.keys().find(|k| !known.contains(*k));
    assert_eq!(strange, None, "nobody said this");
    head
}
