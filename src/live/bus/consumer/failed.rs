//! What could not be done: it is tried again, set aside as a dead letter, and heard once more when an operator asks.

use super::{
    Consumer, Failing, Following, STEP,
    store::{SET_ASIDE, STILL_DEAD, TAKE_UP, advance, cursor},
    unwound,
};
use crate::base::{
    backoff,
    db::{args, fresh},
};
use crate::live::bus::log::{self, Record};
use crate::model::{
    error::{Error, Result},
    id::WorkspaceId,
    refusal::Refusal,
    time::now,
};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Tries before an entry is set aside whose error another try will not mend.
const TRIES: u32 = 10;
/// So long an entry is tried whose error may be the database's, or the network's.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

impl<C: Consumer> Following<C> {
    /// Something failed: wait, and once it is clear that waiting does not help, set the entry aside.
    pub(super) async fn failed(&mut self, workspace: WorkspaceId, error: Error) {
        let failing = self.failing.entry(workspace).or_insert_with(|| Failing {
            tries: 0,
            since: Instant::now(),
            not_before: Instant::now(),
        });
        failing.tries += 1;
        failing.not_before = Instant::now() + backoff::pause(failing.tries);
        let tries = failing.tries;
        tracing::warn!(%error, consumer = C::NAME, %workspace, tries, "what was heard could not be done and is tried again");
        let hopeless = match error.is_worth_another_try() {
            true => failing.since.elapsed() >= PATIENCE,
            false => tries >= TRIES,
        };
        if hopeless {
            match self.set_aside(workspace, &error, tries).await {
                Ok(()) => drop(self.failing.remove(&workspace)),
                Err(error) => {
                    tracing::error!(%error, consumer = C::NAME, "an entry cannot be set aside");
                }
            }
        }
    }

    /// The entry that failed becomes a dead letter, and the cursor moves behind it.
    async fn set_aside(&mut self, workspace: WorkspaceId, error: &Error, tries: u32) -> Result<()> {
        let mut tx = self.db.begin(workspace).await?;
        let Some(from) = cursor(&mut tx, C::NAME, workspace).await? else {
            return Ok(());
        };
        let after = self.after(workspace, from);
        let page = log::page(&mut tx, workspace, after, STEP).await?;
        let Some(entry) = page.into_iter().find(|entry| C::wants(entry.kind)) else {
            return Ok(());
        };
        if !advance(&mut tx, C::NAME, workspace, from, entry.seq).await? {
            return Ok(()); // another node was faster
        }
        let said = error.to_string();
        let (kind, tries) = (entry.kind.word(), i64::from(tries));
        let id: Uuid = fresh();
        tx.run(
            SET_ASIDE,
            args![id, C::NAME, workspace, entry.seq, kind, said, tries, now()],
        )
        .await?;
        tx.commit().await?;
        tracing::error!(%error, consumer = C::NAME, %workspace, seq = entry.seq, "an entry is set aside; see `deskbell jobs`");
        Ok(())
    }

    /// An entry that was set aside, once more.
    pub(super) async fn hear_again(&self, workspace: WorkspaceId, seq: i64) {
        let done = unwound(async {
            let mut tx = self.db.begin(workspace).await?;
            if tx.run(TAKE_UP, args![C::NAME, workspace, seq]).await? == 0 {
                return Ok(()); // another node was faster
            }
            let page = log::page(&mut tx, workspace, seq - 1, 1).await?;
            let entry: Vec<Record> = page.into_iter().filter(|e| e.seq == seq).collect();
            if entry.is_empty() {
                return Err(Error::conflict(Refusal::log_trimmed()));
            }
            self.consumer.hear(&mut tx, workspace, &entry).await?;
            tx.commit().await
        });
        let Err(error) = done.await else { return };
        tracing::error!(%error, consumer = C::NAME, %workspace, seq, "an entry that was set aside failed once more");
        let noted = async {
            let (again, said) = (error.is_worth_another_try(), error.to_string());
            let mut tx = self.db.begin(workspace).await?;
            tx.run(STILL_DEAD, args![C::NAME, workspace, seq, again, said])
                .await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::error!(%error, consumer = C::NAME, "that it failed could not be noted");
        }
    }
}
