//! One step through the log of one workspace: what is heard is done, and the cursor moves on with it.

use super::{
    Consumer, Following, STEP,
    store::{START_AT, advance, cursor},
};
use crate::base::db::args;
use crate::live::bus::log::{self, Record};
use crate::model::{error::Result, id::WorkspaceId};

/// Entries nobody wanted that may stand between the cursor in the database and how far was read.
const AHEAD: i64 = 1_000;

impl<C: Consumer> Following<C> {
    /// Hear what is new and end where a process that dies would: after everything but the commit.
    #[cfg(test)]
    pub async fn dies_before_its_commit(&self, workspace: WorkspaceId) -> bool {
        let mut tx = self.db.begin(workspace).await.unwrap();
        let from = cursor(&mut tx, C::NAME, workspace).await.unwrap().unwrap();
        let page = log::page(&mut tx, workspace, from, STEP).await.unwrap();
        let wanted: Vec<Record> = page.into_iter().filter(|e| C::wants(e.kind)).collect();
        let Some(last) = wanted.last() else {
            return false;
        };
        let moved = advance(&mut tx, C::NAME, workspace, from, last.seq)
            .await
            .unwrap();
        self.consumer
            .hear(&mut tx, workspace, &wanted)
            .await
            .unwrap();
        moved
    }

    /// What was read up to, where the cursor stands at `from`.
    pub(super) fn after(&self, workspace: WorkspaceId, from: i64) -> i64 {
        let read = self.read.get(&workspace);
        read.map_or(from, |read| from.max(*read))
    }

    /// One step; `true` if there may be more to hear. After a failure one entry at a time, so that it is known which.
    pub(super) async fn step(&mut self, workspace: WorkspaceId) -> Result<bool> {
        let most = match self.failing.contains_key(&workspace) {
            true => 1,
            false => usize::MAX,
        };
        let mut snapshot = self.db.snapshot().await?;
        let Some(from) = cursor(&mut snapshot, C::NAME, workspace).await? else {
            drop(snapshot);
            return self.start(workspace).await;
        };
        let after = self.after(workspace, from);
        let page = log::page(&mut snapshot, workspace, after, STEP).await?;
        drop(snapshot);
        let Some(last) = page.last().map(|entry| entry.seq) else {
            return Ok(false);
        };
        let whole = page.len() as i64 == STEP;
        let mut wanted = page.into_iter().filter(|entry| C::wants(entry.kind));
        let heard: Vec<Record> = wanted.by_ref().take(most).collect();
        let left = wanted.next().is_some();
        let to = match heard.last() {
            Some(entry) if left => entry.seq,
            _ => last,
        };
        if heard.is_empty() && to - from < AHEAD {
            self.read.insert(workspace, to);
            return Ok(whole);
        }
        let mut tx = self.db.begin(workspace).await?;
        if !advance(&mut tx, C::NAME, workspace, from, to).await? {
            return Ok(true); // another node was faster
        }
        let mut more = whole || left;
        if !heard.is_empty() {
            more |= self.consumer.hear(&mut tx, workspace, &heard).await?;
        }
        tx.commit().await?;
        self.read.insert(workspace, to);
        Ok(more)
    }

    async fn start(&self, workspace: WorkspaceId) -> Result<bool> {
        let mut tx = self.db.begin(workspace).await?;
        let head = log::head(&mut tx, workspace).await?;
        tx.run(START_AT, args![C::NAME, workspace, head.seq])
            .await?;
        self.consumer.start(&mut tx, workspace).await?;
        tx.commit().await?;
        Ok(true)
    }
}
