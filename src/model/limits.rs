//! Every limit on what people may send, on one page. Characters are Unicode scalar values.
//! The reference (`/api/docs`) prints these; the forms show them while typing.

use super::{
    error::{Error, Result},
    refusal::Refusal,
};

/// Characters in a message or a note.
pub const MESSAGE: usize = 10_000;
/// Characters in the name of a person, a widget, a workspace, a team.
pub const NAME: usize = 100;
/// Bytes in an email address (RFC 5321, 4.5.3.1.3).
pub const EMAIL: usize = 254;
/// Bytes in an outside URL.
pub const URL: usize = 2_048;
/// Bytes in the name of a host (RFC 1035, 2.3.4, written out).
pub const HOST: usize = 253;
/// Links and pieces of code in a text that are shown as such; what comes after them is shown as it was typed. Nobody
/// writes more, and a page of texts made of nothing else still is a page that a browser draws at once.
pub const MARKS: usize = 50;
/// Characters in a welcome or offline message, and in a reference's label.
pub const SENTENCE: usize = 500;
/// Entries in a widget's list of domains.
pub const DOMAINS: usize = 50;
/// Plain letters of a text that are seen before somebody asks for the rest; what is heavier to draw counts more.
pub const SEEN: usize = 2_000;
/// Characters of the last message that a row of a list shows.
pub const PREVIEW: usize = 160;
/// Characters of all messages together on one page of a thread that our own screens ask for; the newest always comes.
pub const SCREEN: usize = 60_000;
/// Bytes in the address of a page, with its query.
pub const ADDRESS: usize = 4_096;
/// Bytes in a JSON body or a posted form.
pub const BODY: usize = 64 * 1024;
/// Bytes in an uploaded file; told to widgets already, used once files can be sent.
pub const FILE: usize = 5 * 1024 * 1024;
/// Characters in a password, least and most (the most bounds the hashing work).
pub const PASSWORD: (usize, usize) = (10, 200);
/// Entries on one page of a list: default and most.
pub const PAGE: (usize, usize) = (50, 100);

/// How many entries somebody wants on a page.
///
/// Errors: [`Error::Invalid`] at `limit` where it is not 1 to the most.
pub fn page(limit: Option<usize>) -> Result<usize> {
    let limit = limit.unwrap_or(PAGE.0);
    if (1..=PAGE.1).contains(&limit) {
        Ok(limit)
    } else {
        Err(Error::field("limit", Refusal::number_between(1, PAGE.1)))
    }
}

/// Seconds between two `ping`s on a stream.
pub const PING_SECONDS: u64 = 15;
/// Days: a staff session unused, a staff session in all, a visitor's session unused, an invitation.
pub const STAFF_IDLE_DAYS: i64 = 14;
pub const STAFF_DAYS: i64 = 90;
pub const VISITOR_IDLE_DAYS: i64 = 400;
pub const INVITATION_DAYS: i64 = 7;
/// Days that a link to one thread stays good, and that whoever came by it may read there.
pub const GUEST_DAYS: i64 = 30;
/// Minutes that a set-up, reset or sign-in link stays good.
pub const LINK_MINUTES: i64 = 60;
/// Wrong passwords for one account from unknown devices, and the minutes they count.
pub const TRIES: i64 = 10;
pub const TRIES_MINUTES: i64 = 15;
/// Seconds without a stream or a request after which an agent no longer counts as online.
pub const ONLINE_SECONDS: i64 = 120;
/// Days that the event log is kept.
pub const LOG_DAYS: i64 = 30;
