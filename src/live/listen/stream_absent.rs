//! The server's twin of `stream`: nobody listens here.

use super::{Connection, Source};
use crate::model::event::Cursor;

type Hear = Box<dyn Fn(&str)>;
type Tell = Box<dyn Fn(Connection)>;

pub fn start(_: Source, _: Option<Cursor>, _: Hear, _: Tell) -> Option<u32> {
    None
}
pub fn stop(_: u32) {}
pub fn nudge(_: u32) {}
pub fn signed_out() {}
pub fn on_signed_out(_: impl Fn() + 'static) {}
