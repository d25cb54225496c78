//! # Deskbell, a self-hosted support desk: the map
//!
//! One crate, two targets: `ssr` is the server, `hydrate` the browser, linked into three modules: `hydrate-desk` is
//! the inbox, `hydrate-admin` the administration and one's own sessions, `hydrate-chat` the widget's frame alone.
//! What stands before the app (home, guide, doors, links, 404) is still: HTML, forms, no module. `ls src/desk` is the
//! product's menu.
//!
//! | floor | what it is | runs |
//! |---|---|---|
//! | [`words`] | every sentence, in its reader's language | both |
//! | [`model`] | the words: what a conversation, a message, an event *is*, and who may do what | both |
//! | `base` | the cellar: configuration, database and writer, secrets, limits | server |
//! | [`live`] | how news travels: the log, the bus and its streams; the browser's listener and outbox | both |
//! | [`kit`] | buttons, fields, dialogs, time, loading: no product words | both |
//! | [`desk`] | what the product does, one slice per thing | both |
//! | [`app`] | pages, routes, frames: only composition | both |
//! | `serve` | the process: every URL that is not a page, background work, shutdown | server |
//!
//! A floor uses only those above it in this table. In `desk` a slice calls only slices listed before it; what must
//! happen further down is *heard* from the log by a durable consumer (`live::bus::consumer`; `routing` and `keeping` are), so
//! that `conversation` does not know that routing exists and a crash between the two loses nothing. `tidy` tests
//! these rules. `src/bench` is a program of its own that measures the finished binary through its doors; it uses
//! nothing of this house.
//!
//! # What holds the house up
//!
//! **Writing.** One writer per SQLite file (a few lanes per node on PostgreSQL) lends its connection to verbs, each
//! in a savepoint, and commits for all of them at once; [`Tx::commit`](base::db::Tx::commit) returns after the synced
//! commit, so a 2xx is never a promise that can be broken. The hot verb, saying something, is written for many at
//! once (`conversation::ops::say`). Unsafe requests run to their end even if the client goes away. `seq` comes from a
//! counter row per workspace, taken last, never cached: it is the order of commits. State and event are one
//! transaction, and the log is the outbox: it holds ids and small facts, bodies are joined at reading. An entry says
//! who did it ([`model::actor`]), what set it off, and whom it is for. What has to be done later is a job, written in
//! the transaction of its cause (`base::jobs`). A `client_id` is unique per person and stored with a hash of the
//! request, so a retry finds its message, whatever happened since. Counts are rows. One open conversation per widget
//! and contact is a constraint. A typed address is nobody's until it is verified. Secrets, the epoch and links live
//! in the database.
//!
//! **Hearing.** The audience is stamped on the entry ([`model::event::Audience`]): live it is a pure match; replay
//! finds entries by audience through an index, and where a conversation stands now decides. What leaves for a
//! customer is another Rust type than what leaves for staff. A stream subscribes first and reads the database second;
//! wake-ups are hints. An unknown or trimmed cursor is `reset`, in place. Typing and presence have no id. Online is
//! "set to online" and "heard from within two minutes". Revocation travels as internal events that are told to
//! nobody.
//!
//! **Who is asking** is the first argument of every verb, and it is proof: `account::ops::who`. The API takes bearer
//! tokens only (two exceptions); pages take `__Host-` cookies, one per widget for visitors, partitioned. A token
//! carries its workspace; the host name decides only where there is none. Links with a token have one purpose: GET
//! shows a button, POST consumes. Nobody is always 401; "not yours" and "no such thing" are the same bytes.
//!
//! # Where is …?
//!
//! The legal moves: [`model::conversation::Status::after`]. Who hears what: [`model::event::Audience::sight`] and
//! `live::bus::log::Entry`. The fold that keeps a screen current: [`model::thread::Thread::apply`]; what holds an open
//! thread or a list on a page: [`desk::conversation::view::open`] and [`rows`](desk::conversation::view::rows). Every
//! limit: [`model::limits`] and `base::limits`. How the browser reads what it is sent: [`model::wire`]; how it asks:
//! [`live::door`]. Every page, its module and who may open it: [`app::pages`]. Every sentence: `src/locales`, said by
//! [`tr!`]; why something was refused: [`model::refusal`]. The
//! REST doors: `rest.rs` of each slice; the pages' doors: `api.rs`. Who did what: `live::audit`, written beside the log and read by `keeping`.
//! The SQL: `ops/store.rs`, `live/audit`, `live/bus/{log,rows}.rs`. Headers and cookies: `serve`, `account::ops::who`. What breaks the desk on purpose and
//! counts what was lost: `proof`, in tests only, with the fail points of `base::fail`, and
//! `end2end/{mutants,fuzz,schema}`. Who may do what at which door, in one table: `src/proof/strangers.txt`.
#![recursion_limit = "512"]

pub mod app;
#[cfg(feature = "ssr")]
pub mod base;
pub mod desk;
pub mod kit;
pub mod live;
pub mod model;
#[cfg(any(test, fuzzing))]
#[path = "proof/parsers.rs"]
pub mod parsers;
#[cfg(test)]
mod proof;
#[cfg(feature = "ssr")]
pub mod serve;
#[cfg(feature = "hydrate")]
mod start;
#[cfg(test)]
mod test;
#[cfg(test)]
mod tidy;
pub mod words;
