//! Stories of the log and its streams: nothing is missed, nothing is heard twice, nobody hears what is not theirs.

mod nodes;
mod resume;
mod revoked;

use crate::test::{Ears, Person};
use uuid::Uuid;

fn seq(id: &str) -> i64 {
    id.split('.').nth(1).unwrap().parse().unwrap()
}

/// The bodies of the messages up to and with `last`.
async fn bodies(ears: &mut Ears, last: &str) -> Vec<String> {
    let mut heard = vec![];
    loop {
        let event = ears.until("message.created").await;
        let body = event.data["data"]["message"]["body"]
            .as_str()
            .unwrap()
            .to_owned();
        let end = body == last;
        heard.push(body);
        if end {
            return heard;
        }
    }
}

async fn chatter(ada: &Person, conversation: Uuid, from: usize, to: usize) {
    for n in from..to {
        ada.says(conversation, &n.to_string()).await;
    }
}
