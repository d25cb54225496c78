//! Who reads along: a supervisor's stream, which hears everything, is opened again after every crash with the last
//! id that was heard, and is folded into screens at the end.

use super::wire::{Caller, Wire};
use crate::{
    desk::{conversation::ops, state::Desk},
    model::conversation::ForReader,
    model::{
        event::{News, StaffEvent},
        id::ConversationId,
        thread::StaffThread,
    },
    test::Person,
};
use std::{collections::BTreeMap, io, net::SocketAddr, time::Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub struct Reader {
    who: Caller,
    at: SocketAddr,
    pub events: Vec<StaffEvent>,
    /// The last id; whoever waits for it watches.
    last: watch::Sender<String>,
    /// How often the stream had to be opened.
    pub opened: u32,
}

impl Reader {
    /// From the log's very beginning.
    pub fn new(who: &Caller, at: SocketAddr, epoch: &str) -> Reader {
        Reader {
            who: who.clone(),
            at,
            events: vec![],
            last: watch::Sender::new(format!("{epoch}.0")),
            opened: 0,
        }
    }

    pub fn last(&self) -> watch::Receiver<String> {
        self.last.subscribe()
    }

    pub async fn listen(mut self, until: CancellationToken) -> Reader {
        while !until.is_cancelled() {
            let _ = self.once(&until).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self
    }

    async fn once(&mut self, until: &CancellationToken) -> io::Result<()> {
        let last = self.last.borrow().clone();
        let wire = Wire::to(self.at).stream(&self.who, Some(&last)).await?;
        let mut ears = wire.ears();
        self.opened += 1;
        loop {
            let heard = tokio::select! {
                heard = ears.within(Duration::from_secs(40)) => heard,
                () = until.cancelled() => return Ok(()),
            };
            let Ok(Some(heard)) = heard else {
                return Ok(());
            };
            assert_ne!(heard.name, "reset", "the place in the log holds");
            if let Some(id) = heard.id {
                self.events
                    .push(serde_json::from_value(heard.data).unwrap());
                self.last.send_replace(id);
            }
        }
    }

    /// Each event was heard once, in the order of the log.
    pub fn in_order(&self) {
        let seqs = self.events.iter().map(|e| e.cursor.as_ref().unwrap().seq);
        assert!(seqs.is_sorted_by(|a, b| a < b));
    }

    /// The screens that follow from the events alone.
    pub fn screens(&self) -> BTreeMap<ConversationId, StaffThread> {
        let mut screens: BTreeMap<ConversationId, StaffThread> = BTreeMap::new();
        for event in &self.events {
            if let News::Created(new) = &event.news {
                let screen = StaffThread {
                    seen: ForReader {
                        conversation: new.conversation.clone(),
                        unread_count: 0,
                        queue_position: None,
                    },
                    messages: vec![],
                    more: false,
                    me: self.who.id,
                    cursor: event.cursor.clone().unwrap(),
                };
                screens.insert(new.conversation_id, screen);
            } else if let Some(id) = event.news.conversation() {
                screens.get_mut(&id).expect("it was created").apply(event);
            }
        }
        screens
    }

    /// Every event has its state and every state its events: the screens equal what is fetched now. How many.
    pub async fn equals(&self, desk: &Desk) -> usize {
        let me = Person::new(desk, self.who.token.clone(), self.who.id);
        let staff = me.staff().await;
        let screens = self.screens();
        for (id, screen) in &screens {
            let fresh = ops::opened_for_test(&staff, *id).await.unwrap().thread;
            let newest = screen.messages.len() - fresh.messages.len();
            assert!(fresh.more || newest == 0, "{id} has messages not told");
            assert_eq!(screen.messages[newest..], fresh.messages, "{id}");
            assert_eq!(screen.seen.conversation, fresh.seen.conversation, "{id}");
            assert_eq!(screen.seen.unread_count, fresh.seen.unread_count, "{id}");
        }
        screens.len()
    }
}
